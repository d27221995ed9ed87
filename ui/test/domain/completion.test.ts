import { describe, expect, it } from "vitest";
import { complete, tally, type Values } from "../../src/domain/completion.ts";
import { FIELDS, parse } from "../../src/domain/filter.ts";

const known: Values = (field) =>
  field === "namespace"
    ? [
        ["payments", 40],
        ["ml-batch", 9],
        ["kube system", 3],
        ["-odd", 2],
        ["my-payments", 1],
      ]
    : [];

function labels(text: string, asked = false): string[] | undefined {
  return complete(text, text.length, known, asked)?.choices.map(({ label }) => label);
}

/** The text after the first choice is taken. */
function taken(text: string, caret = text.length): string {
  const found = complete(text, caret, known);
  if (found === null || found.choices[0] === undefined) return text;
  return text.slice(0, found.start) + found.choices[0].text + text.slice(found.end);
}

describe("names of fields", () => {
  it("are offered while one is begun, short or long", () => {
    expect(labels("na")).toEqual(["namespace:"]);
    expect(labels("ns")).toEqual(["namespace:"]);
    expect(labels("curl p")).toEqual(["pod:", "process:"]);
    expect(labels("-na")).toEqual(["-namespace:"]);
  });

  it("are not offered where none fits, or nothing is typed and nobody asked", () => {
    expect(labels("zzz")).toBeUndefined();
    expect(labels("")).toBeUndefined();
    expect(labels("10.0")).toBeUndefined();
    expect(labels("", true)).toEqual(FIELDS.map((field) => `${field}:`));
  });
});

describe("values", () => {
  it("are those that contain what is typed, those that begin with it first", () => {
    expect(labels("ns:")).toEqual(["payments", "ml-batch", "kube system", "-odd", "my-payments"]);
    expect(labels("namespace:PAY")).toEqual(["payments", "my-payments"]);
    expect(labels('ns:"kube s')).toEqual(["kube system"]);
    expect(labels("ns:zzz")).toEqual([]);
  });

  it("are not offered twice in one list", () => {
    expect(labels("ns:payments,")).toEqual(["ml-batch", "kube system", "-odd", "my-payments"]);
  });

  it("are not offered for an address or within a phrase", () => {
    expect(labels("http://ns")).toBeUndefined();
    expect(labels('"ns:pay')).toBeUndefined();
  });

  it("take the place of what is typed, quoted where they must be", () => {
    expect(taken("curl ns:pay x", 11)).toBe("curl ns:payments x");
    expect(taken("-ns:kube")).toBe('-ns:"kube system"');
    expect(taken("ns:payments,ml")).toBe("ns:payments,ml-batch");
    expect(parse(taken("ns:odd")).filter).toEqual({ namespace: ["\\-odd"] });
  });
});

it("counts values, most frequent first, without empty ones", () => {
  expect(tally(["a", "b", "", "b"])).toEqual([
    ["b", 2],
    ["a", 1],
  ]);
});
