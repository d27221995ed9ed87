import { expect, it } from "vitest";
import { asked, FACETS, has, howMany, lines } from "../../src/domain/facet_fields.ts";
import { DIMENSIONS, type TopValue } from "../../src/domain/schemas.ts";

const ENTRIES: TopValue[] = [
  ["/bin/sh", 40, "high"],
  ["/usr/bin/Curl", 10, "critical"],
  ["-odd", 1, "low"],
];

it("has a list for each dimension that the gateway counts", () => {
  expect(FACETS.map(({ dimension }) => dimension)).toEqual([...DIMENSIONS]);
});

it("shows what was counted with its share of the most frequent", () => {
  expect(lines(ENTRIES, "proc", {})).toEqual([
    { value: "/bin/sh", n: 40, worst: "high", is: "free", share: 1 },
    { value: "/usr/bin/Curl", n: 10, worst: "critical", is: "free", share: 0.25 },
    { value: "-odd", n: 1, worst: "low", is: "free", share: 0.025 },
  ]);
});

it("marks what is asked for and left out, and adds what was not counted", () => {
  const filter = { proc: ["/bin/sh", "-/usr/bin/Curl", "\\-odd", "/bin/rare"] };
  expect(lines(ENTRIES, "proc", filter).map(({ value, is, n }) => [value, is, n])).toEqual([
    ["/bin/sh", "included", 40],
    ["/usr/bin/Curl", "excluded", 10],
    ["-odd", "included", 1],
    ["/bin/rare", "included", null],
  ]);
  expect(has(filter, "proc", "-odd", false)).toBe(true);
  expect(has(filter, "proc", "odd", true)).toBe(false);
  expect(has(filter, "proc", "/usr/bin/Curl", true)).toBe(true);
  expect(asked(filter, "proc")).toBe(3);
});

it("is narrowed by a text, whatever its case", () => {
  expect(lines(ENTRIES, "proc", { proc: ["/bin/rare"] }, "CURL").map(({ value }) => value)).toEqual(["/usr/bin/Curl"]);
});

it("says how many there are", () => {
  expect(howMany(10, 1234, 0)).toBe("1,234");
  expect(howMany(7, 7, 5)).toBe("5 of 7");
  expect(howMany(10, undefined, 0)).toBe("10 or more");
  expect(howMany(3, undefined, 0)).toBe("3");
});
