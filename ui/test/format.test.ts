import { expect, it } from "vitest";
import { brief, calendar, clock, count, day, duration, fraction, moment, plural } from "../src/format.ts";

it("writes numbers with their thousands", () => {
  expect(count(41208)).toBe("41,208");
  expect(plural(1, "alert")).toBe("1 alert");
  expect(plural(2000, "alert")).toBe("2,000 alerts");
});

it.each([
  [0, "0"],
  [999, "999"],
  [1000, "1.0k"],
  [41208, "41.2k"],
  [410208, "410k"],
  [999_949, "999k"],
  [1_250_000, "1.3M"],
])("shortens %d to %s", (n, text) => {
  expect(brief(n)).toBe(text);
});

it.each([
  [-3, "0 ms"],
  [41.4, "41 ms"],
  [6000, "6 s"],
  [90_000, "90 s"],
  [900_000, "15 minutes"],
  [86_400_000, "24 hours"],
  [604_800_000, "7 days"],
])("says %d ms as %s", (ms, text) => {
  expect(duration(ms)).toBe(text);
});

it("writes a time as the reader's clock shows it", () => {
  const time = new Date(2026, 10, 23, 4, 8, 2, 41).getTime();
  expect(clock(time) + fraction(time)).toBe("04:08:02.041");
  expect(moment(time)).toMatch(/^2026-11-23 04:08:02\.041 [+-]\d\d:\d\d$/);
});

it("names the day only where it is another one", () => {
  const time = new Date(2026, 10, 3, 4, 8, 2).getTime();
  expect(day(time, "2026-11-04")).toBe("Nov 3");
  expect(day(time, "2025-11-03")).toBe("Nov 3");
  expect(day(time, calendar(time))).toBe("");
  expect(day(Number.NaN, "2026-11-04")).toBe("");
});

it("stands times that are none", () => {
  expect(clock(Number.NaN)).toBe("unknown");
  expect(moment(Number.POSITIVE_INFINITY)).toBe("unknown");
  expect(fraction(-1)).toBe(".999");
});
