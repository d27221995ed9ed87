import { describe, expect, it } from "vitest";
import { isEmpty, LIMITS, limit, matcher, narrows, parse, phrases, print } from "../../src/domain/filter.ts";
import cases from "../../src/domain/filter-cases.json";
import type { Filter, Row } from "../../src/domain/frames.ts";

const rows = cases.rows as unknown as Record<string, Row>;

describe("parse", () => {
  for (const { text, filter, problems } of cases.parse) {
    it(`reads ${JSON.stringify(text)}`, () => {
      const parsed = parse(text);
      expect(parsed.filter).toEqual(filter);
      expect(parsed.problems).toHaveLength(problems);
    });
  }

  it("names the part that it could not read and says why", () => {
    expect(parse("ns:payments foo:bar").problems).toEqual([
      { text: "foo:bar", reason: expect.stringContaining("no field foo") },
    ]);
    expect(parse("sev:urgent").problems[0]?.reason).toContain("critical, high, medium, low");
  });
});

describe("print", () => {
  for (const { text, filter } of cases.parse) {
    it(`writes what reads back as the filter of ${JSON.stringify(text)}`, () => {
      const again = parse(print(filter as Filter));
      expect(again.problems).toEqual([]);
      expect(sorted(again.filter)).toEqual(sorted(filter as Filter));
    });
  }

  it("is short where nothing needs quotation marks", () => {
    expect(print({ sev: ["critical", "high"], proc: ["-/usr/bin/x"], q: 'curl "a b"' })).toBe(
      'sev:critical,high -proc:/usr/bin/x curl "a b"',
    );
  });
});

describe("limits", () => {
  const { values, characters, words } = cases.limits;
  const numbered = (n: number) => Array.from({ length: n }, (_, index) => `v${index}`);

  it("are the gateway's", () => {
    expect(LIMITS).toEqual(cases.limits);
  });

  it("let pass what is as large as they are, counted in characters", () => {
    const filter: Filter = { ns: numbered(values), pod: ["🔔".repeat(characters)], q: "x".repeat(characters) };
    expect(limit(filter)).toEqual({ filter, problems: [] });
    expect(parse(print(filter))).toEqual({ filter, problems: [] });
    expect(parse(numbered(words).join(" ")).problems).toEqual([]);
  });

  it.each<[string, string]>([
    [`ns:${numbered(values + 1).join(",")}`, "at most 64 values"],
    [`ns:${numbered(values).join(",")} -ns:x`, "at most 64 values"],
    [`pod:${"x".repeat(characters + 1)}`, "at most 512 characters"],
    [`-pod:${"x".repeat(characters)}`, "at most 512 characters"],
    ["x".repeat(characters + 1), "at most 512 characters"],
    [numbered(words + 1).join(" "), "at most 16 words"],
  ])("name what is larger and leave it out: %.20s", (text, reason) => {
    const { filter, problems } = parse(`rule:good ${text}`);
    expect(problems).toEqual([{ text: expect.any(String), reason: expect.stringContaining(reason) }]);
    expect(problems[0]?.text.length).toBeLessThan(60);
    expect(filter).toEqual({ rule: ["good"] });
  });

  it("hold for the whole filter, which must fit into a frame", () => {
    const large = numbered(values).map((value) => value.padEnd(characters, "x"));
    const { filter, problems } = limit({ ns: large, pod: large });
    expect(filter).toEqual({});
    expect(problems[0]?.reason).toContain("too long");
  });
});

describe("matcher", () => {
  for (const { filter, rows: expected } of cases.match) {
    it(`lets the right rows pass for ${JSON.stringify(filter)}`, () => {
      const matches = matcher(filter as Filter);
      const found = Object.fromEntries(Object.entries(rows).map(([name, row]) => [name, matches(row)]));
      expect(found).toEqual(expected);
    });
  }
});

describe("narrows", () => {
  const wide: Filter = { ns: ["a", "b"], proc: ["-x"], q: "cur" };
  it.each<[string, Filter, boolean]>([
    ["the same filter", wide, true],
    ["one value fewer", { ...wide, ns: ["a"] }, true],
    ["one exclusion more", { ...wide, proc: ["-x", "-y"] }, true],
    ["a longer word", { ...wide, q: "curl" }, true],
    ["one word more", { ...wide, q: "cur http" }, true],
    ["one field more", { ...wide, sev: ["low"] }, true],
    ["another value", { ...wide, ns: ["c"] }, false],
    ["no values at all", { proc: ["-x"], q: "cur" }, false],
    ["an exclusion fewer", { ns: ["a"], q: "cur" }, false],
    ["another word", { ...wide, q: "cu" }, false],
  ])("is right for %s", (_, next, expected) => {
    expect(narrows(next, wide)).toBe(expected);
  });

  it("holds for every pair of cases: what passes the narrower one passes the wider one", () => {
    for (const next of cases.match)
      for (const previous of cases.match) {
        if (!narrows(next.filter as Filter, previous.filter as Filter)) continue;
        for (const row of Object.values(rows))
          if (matcher(next.filter as Filter)(row)) expect(matcher(previous.filter as Filter)(row)).toBe(true);
      }
  });
});

it("knows the empty filter", () => {
  expect(isEmpty({})).toBe(true);
  expect(isEmpty({ ns: [], q: "" })).toBe(true);
  expect(isEmpty({ ns: ["a"] })).toBe(false);
});

it("splits free text into words and phrases", () => {
  expect(phrases('a "b c"  d')).toEqual(["a", "b c", "d"]);
});

function sorted(filter: Filter): Filter {
  return Object.fromEntries(
    Object.entries(filter).map(([key, value]) => [key, Array.isArray(value) ? [...value].sort() : value]),
  );
}
