import { afterEach, expect, it, vi } from "vitest";
import * as api from "../../src/api/client.ts";

afterEach(() => void vi.unstubAllGlobals());

let asked: string[] = [];

function answer(text: string, status = 200): void {
  asked = [];
  vi.stubGlobal("fetch", async (path: string) => {
    asked.push(path);
    return new Response(text, { status });
  });
}

const QUERY = { from: 1, to: 2, filter: { ns: ["a,b", "-c&d"], q: 'x "y z"' } };

it("encodes every value of a request", async () => {
  answer("{}");
  await api.alerts(QUERY, undefined, "1-2&x");
  await api.facets(QUERY, undefined, { dimension: "process", text: "a&b" });
  await api.timeline(QUERY, 6);
  await api.ancestry("../x?y");
  expect(asked).toEqual([
    "/api/v1/alerts?from=1&to=2&ns=a%5C,b,-c%26d&q=x%20%22y%20z%22&limit=200&before=1-2%26x",
    "/api/v1/facets?from=1&to=2&ns=a%5C,b,-c%26d&q=x%20%22y%20z%22&limit=10&narrow=process%3Aa%26b",
    "/api/v1/timeline?from=1&to=2&ns=a%5C,b,-c%26d&q=x%20%22y%20z%22&step=6",
    "/api/v1/alerts/..%2Fx%3Fy/ancestry",
  ]);
  expect(api.exportAddress(QUERY, "csv")).toBe(
    "/api/v1/export?from=1&to=2&ns=a%5C,b,-c%26d&q=x%20%22y%20z%22&format=csv",
  );
});

it.each([
  ['{"error":"from must lie before to"}', 400, "The gateway answered 400: from must lie before to"],
  ["<html>", 502, "The gateway answered 502."],
  ["<html>", 200, "The gateway's answer is not valid."],
])("says why %s is no answer", async (text, status, words) => {
  answer(text, status);
  await expect(api.ask("/x")).rejects.toThrow(words);
});

it("says that the gateway did not answer, and passes an abort on", async () => {
  vi.stubGlobal("fetch", async (_: string, { signal }: { signal: AbortSignal }) => {
    signal.throwIfAborted();
    throw new TypeError("network");
  });
  await expect(api.ask("/x")).rejects.toThrow("could not be reached");
  await expect(api.ask("/x", AbortSignal.abort())).rejects.toThrow(/abort/i);
});
