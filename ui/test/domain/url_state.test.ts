import { describe, expect, it } from "vitest";
import { COLUMNS, type Column } from "../../src/domain/columns.ts";
import { FIELDS, parse, print, signed } from "../../src/domain/filter.ts";
import cases from "../../src/domain/filter-cases.json";
import type { Filter } from "../../src/domain/frames.ts";
import type { Range } from "../../src/domain/time_range.ts";
import {
  DEFAULTS,
  read,
  readZone,
  type State,
  splitValues,
  write,
  writeFilter,
  writeZone,
} from "../../src/domain/url_state.ts";
import { chance } from "../support/seeded_random.ts";

function written(more: Partial<State>, previous = ""): string {
  return write({ ...DEFAULTS, ...more }, previous);
}

describe("read", () => {
  it("reads filter and open alert", () => {
    expect(read("?sev=critical,high&ns=payments,ml-batch&proc=-/usr/bin/fluent-bit&q=curl&open=a1b2")).toEqual({
      ...DEFAULTS,
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

  it("reads range, columns, folding and zone", () => {
    expect(read("?range=1h&cols=time,alert&fold=0&tz=utc")).toMatchObject({
      range: { live: true, window: "1h" },
      columns: ["time", "alert"],
      fold: false,
      zone: "utc",
      problems: [],
    });
    expect(read("?range=2026-11-23T14:00:00Z/2026-11-23T15:08:12.500Z").range).toEqual({
      live: false,
      from: Date.UTC(2026, 10, 23, 14),
      to: Date.UTC(2026, 10, 23, 15, 8, 12, 500),
    });
  });

  it("reads an empty query as no filter", () => {
    expect(read("")).toEqual({ ...DEFAULTS, problems: [] });
    expect(read("?ns=&q=%20&range=&cols=&fold=&tz=&open=")).toEqual({ ...DEFAULTS, problems: [] });
  });

  it.each([
    ["?sev=critical,urgent", "sev=urgent"],
    ["?range=yesterday", "range=yesterday"],
    ["?range=25h", "range=25h"],
    ["?range=2026-11-23T15:00:00Z/2026-11-23T14:00:00Z", "range=2026-11-23T15:00:00Z/2026-11-23T14:00:00Z"],
    ["?cols=time,colour", "cols=colour"],
    ["?fold=yes", "fold=yes"],
    ["?tz=mars", "tz=mars"],
    ['?q="curl', 'q="curl'],
  ])("says of %s what means nothing, and keeps the rest", (search, text) => {
    const { problems, ...state } = read(`${search}&ns=a`);
    expect(problems).toEqual([{ text, reason: expect.stringMatching(/\.$/) }]);
    expect(state.filter.ns).toEqual(["a"]);
  });

  it("keeps the good values beside one that means nothing", () => {
    expect(read("?sev=critical,urgent&cols=colour,time")).toMatchObject({
      filter: { sev: ["critical"] },
      columns: ["time"],
    });
  });

  it("joins a parameter that stands twice", () => {
    expect(read("?ns=a&ns=b,a").filter).toEqual({ ns: ["a", "b"] });
  });
});

describe("write", () => {
  it("is readable", () => {
    const filter: Filter = { sev: ["critical"], proc: ["-/usr/bin/fluent-bit"], q: "curl" };
    expect(written({ filter })).toBe("?sev=critical&proc=-/usr/bin/fluent-bit&q=curl");
    const range: Range = { live: false, from: Date.UTC(2026, 10, 23, 14), to: Date.UTC(2026, 10, 23, 14, 15) };
    expect(written({ range, fold: false, columns: ["time", "alert"], zone: "utc", open: "a" })).toBe(
      "?range=2026-11-23T14:00:00Z/2026-11-23T14:15:00Z&fold=0&cols=time,alert&tz=utc&open=a",
    );
  });

  it("says nothing of what is as always", () => {
    expect(written({})).toBe("");
  });

  it("keeps parameters that it does not know", () => {
    expect(written({ filter: { ns: ["b"] } }, "?colour=red&ns=a&x=1,2&open=1")).toBe("?ns=b&colour=red&x=1%2C2");
    expect(written({}, "?ns=a")).toBe("");
  });

  it.each(cases.match.map(({ filter }) => filter as Filter))("reads back %j", (filter) => {
    const again = read(written({ filter }));
    expect(again.problems).toEqual([]);
    expect(again.filter).toEqual(filter.q === "" ? {} : filter);
  });

  it.each([
    'a"b',
    '"',
    '"a, b"',
    "a\\",
    "\\-a",
    "\\\\-",
    'a\\"b c\\',
    " a ",
    "//host/share",
    "a\nb",
    '\\\\"',
    "-x",
    "-",
  ])("the value %j reads back, asked for or left out, from the address and from the box", (value) => {
    for (const excludes of [true, false]) {
      const filter = { target: [signed(value, excludes), "z"] };
      expect(sorted(read(written({ filter })).filter)).toEqual(sorted(filter));
      expect(sorted(parse(print(filter)).filter)).toEqual(sorted(filter));
    }
  });

  it.each([{ target: ["a&b=c#d", "100%", "ü +", "-x, y"] }, { q: "a&b=c#d + 100% ü" }, { q: '"a  b" c' }])(
    "survives hostile text: %j",
    (filter) => {
      expect(read(written({ filter, open: "x&sev=low" })).filter).toEqual(filter);
    },
  );

  it("reads back any state", () => {
    const roll = chance(7);
    for (let turn = 0; turn < 400; turn += 1) {
      const state = anyState(roll);
      const { problems, ...again } = read(written(state, "?colour=red"));
      expect(problems).toEqual([]);
      expect(again).toEqual(state);
    }
  });

  it("writes nothing that an address cannot hold", () => {
    const roll = chance(11);
    for (let turn = 0; turn < 200; turn += 1) {
      const search = written(anyState(roll));
      expect(search).toMatch(/^(\?[\w\-.~:/,%&=!'()*]+)?$/);
      expect(new URL(`http://a/${search}`).search).toBe(search.replaceAll("'", "%27"));
    }
  });
});

describe("the zone of a page that says no more", () => {
  it("changes nothing else", () => {
    expect(writeZone("?a=1&tz=utc&b", "local")).toBe("?a=1&b");
    expect(writeZone("", "utc")).toBe("?tz=utc");
    expect(readZone("?tz=utc")).toBe("utc");
    expect(readZone("?tz=moon")).toBe("local");
  });
});

/** The grammar that the gateway shares. */
describe("the addresses that both suites read", () => {
  it.each(cases.addresses)("$address", ({ address, filter, problems, printed }) => {
    const found = read(`?${address}`);
    expect(found.filter).toEqual(filter);
    expect(found.problems).toHaveLength(problems);
    if (printed === undefined) return;
    expect(writeFilter(found.filter).join("&")).toBe(printed);
    expect(read(`?${printed}`).filter).toEqual(filter);
  });
});

describe("splitValues", () => {
  it.each([
    ["a,b", ["a", "b"]],
    ["-a,b", ["-a", "b"]],
    ["\\-a,-\\-b", ["\\-a", "--b"]],
    ["a\\,b", ["a,b"]],
    ["a\\\\,b", ["a\\", "b"]],
    [",,-,", []],
    ["a\\", ["a\\"]],
    ["a\\b", ["a\\b"]],
  ])("%j", (text, values) => {
    expect(splitValues(text)).toEqual(values);
  });
});

const PIECES = [
  "a",
  "payments",
  ",",
  "-",
  "\\",
  '"',
  " ",
  "&",
  "=",
  "%",
  "#",
  "+",
  "ü",
  "💥",
  "/",
  ":",
  "\n",
  "\u202e",
];

function anyState(roll: (below: number) => number): State {
  const filter: Filter = {};
  for (const field of FIELDS.slice(1)) {
    if (roll(3) > 0) continue;
    const values = Array.from({ length: 1 + roll(3) }, () => signed(anyText(roll), roll(2) === 0));
    filter[field] = [...new Set(values)];
  }
  if (roll(2) === 0) filter.sev = ["critical", "-low"];
  if (roll(2) === 0) filter.q = "curl 10.0.0.1";
  const from = Date.UTC(2026, 0) + roll(1_000_000_000);
  const columns = COLUMNS.filter(() => roll(2) === 0) as Column[];
  return {
    filter,
    open: roll(2) === 0 ? anyText(roll) : null,
    range: roll(2) === 0 ? { live: true, window: "6h" } : { live: false, from, to: from + 1 + roll(100_000) },
    columns: columns.length > 0 ? columns : DEFAULTS.columns,
    fold: roll(2) === 0,
    zone: roll(2) === 0 ? "utc" : "local",
  };
}

function anyText(roll: (below: number) => number): string {
  return Array.from({ length: 1 + roll(5) }, () => PIECES[roll(PIECES.length)]).join("");
}

function sorted(filter: Filter): Filter {
  return { target: [...(filter.target ?? [])].sort() };
}
