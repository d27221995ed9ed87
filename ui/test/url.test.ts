import { describe, expect, it } from "vitest";
import { parse, print } from "../src/filter.ts";
import cases from "../src/filter-cases.json";
import type { Filter } from "../src/protocol.ts";
import { read, write } from "../src/url.ts";

describe("read", () => {
  it("reads filter and open alert", () => {
    expect(read("?sev=critical,high&ns=payments,ml-batch&proc=-/usr/bin/fluent-bit&q=curl&open=a1b2")).toEqual({
      filter: {
        sev: ["critical", "high"],
        ns: ["payments", "ml-batch"],
        proc: ["-/usr/bin/fluent-bit"],
        q: "curl",
      },
      open: "a1b2",
      problems: [],
    });
  });

  it("reads an empty query as no filter", () => {
    expect(read("")).toEqual({ filter: {}, open: null, problems: [] });
    expect(read("?ns=&q=%20")).toEqual({ filter: {}, open: null, problems: [] });
  });

  it("reports a severity that does not exist and keeps the good one", () => {
    const { filter, problems } = read("?sev=critical,urgent");
    expect(filter).toEqual({ sev: ["critical"] });
    expect(problems).toEqual([{ text: "sev=urgent", reason: expect.any(String) }]);
  });

  it("reports an open quotation mark in the text", () => {
    expect(read('?q="reverse').problems).toHaveLength(1);
  });

  it.each([
    ["ns", Array.from({ length: 65 }, (_, index) => `n${index}`).join(","), "at most 64 values"],
    ["pod", "x".repeat(513), "at most 512 characters"],
    ["q", "x".repeat(513), "at most 512 characters"],
    ["q", "a ".repeat(17), "at most 16 words"],
  ])("reports what the gateway would refuse in %s", (name, text, reason) => {
    const { filter, problems } = read(`?sev=high&${name}=${encodeURIComponent(text)}`);
    expect(problems).toEqual([{ text: expect.any(String), reason: expect.stringContaining(reason) }]);
    expect(filter).toEqual({ sev: ["high"] });
  });

  it("joins a parameter that stands twice", () => {
    expect(read("?ns=a&ns=b,a").filter).toEqual({ ns: ["a", "b"] });
  });
});

describe("write", () => {
  it("is readable", () => {
    const filter: Filter = { sev: ["critical"], proc: ["-/usr/bin/fluent-bit"], q: "curl" };
    expect(write({ filter, open: null }, "")).toBe("?sev=critical&proc=-/usr/bin/fluent-bit&q=curl");
  });

  it("keeps parameters that it does not know", () => {
    const search = write({ filter: { ns: ["b"] }, open: null }, "?range=15m&ns=a&cols=time,alert&open=1");
    expect(search).toBe("?ns=b&range=15m&cols=time%2Calert");
    expect(write({ filter: {}, open: null }, "?ns=a")).toBe("");
  });

  it.each(cases.match.map(({ filter }) => filter as Filter))("reads back %j", (filter) => {
    const again = read(write({ filter, open: null }, ""));
    expect(again.problems).toEqual([]);
    expect(again.filter).toEqual(filter.q === "" ? {} : filter);
  });

  it.each(['a"b', '"', '"a, b"', "a\\", 'a\\"b c\\', " a ", "//host/share", "a\nb", '\\\\"', "-x"])(
    "the value %j reads back, asked for or left out, from the address and from the box",
    (value) => {
      for (const filter of [{ target: [`-${value}`, "z"] }, value.startsWith("-") ? {} : { target: [value, "z"] }]) {
        expect(sorted(read(write({ filter, open: null }, "")).filter)).toEqual(sorted(filter));
        expect(sorted(parse(print(filter)).filter)).toEqual(sorted(filter));
      }
    },
  );

  it.each([{ target: ["a&b=c#d", "100%", "ü +", "-x, y"] }, { q: "a&b=c#d + 100% ü" }, { q: '"a  b" c' }])(
    "survives hostile text: %j",
    (filter) => {
      expect(read(write({ filter, open: "x&sev=low" }, "")).filter).toEqual(filter);
    },
  );
});

function sorted(filter: Filter): Filter {
  return { target: [...(filter.target ?? [])].sort() };
}
