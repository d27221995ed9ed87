import { afterEach, describe, expect, it } from "vitest";
import {
  ago,
  apart,
  brief,
  calendar,
  clock,
  count,
  day,
  duration,
  fraction,
  moment,
  plural,
} from "../../src/domain/format.ts";
import { momentOf, zone } from "../../src/domain/time_zone.ts";

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

describe("a time by the clock that the reader chose", () => {
  const T = Date.UTC(2026, 10, 23, 23, 8, 12, 904);

  afterEach(() => {
    zone.value = "local";
  });

  it("is UTC's where that was chosen", () => {
    zone.value = "utc";
    expect(clock(T)).toBe("23:08:12");
    expect(calendar(T)).toBe("2026-11-23");
    expect(moment(T)).toBe("2026-11-23 23:08:12.904 UTC");
    expect(clock(Number.NaN)).toBe("unknown");
  });

  it("is read back from what an input shows", () => {
    for (const by of ["utc", "local"] as const) {
      zone.value = by;
      expect(momentOf(`${calendar(T)}T${clock(T)}`)).toBe(T - 904);
    }
    expect(momentOf("2026-11-23T14:08", "utc")).toBe(Date.UTC(2026, 10, 23, 14, 8));
    expect(momentOf("", "utc")).toBeNaN();
    expect(momentOf("tomorrow")).toBeNaN();
  });

  it.each([
    [0, "0 s ago"],
    [4_000, "4 s ago"],
    [240_000, "4 min ago"],
    [7_200_000, "2 h ago"],
    [259_200_000, "3 days ago"],
    [-5_000, "in 5 s"],
  ])("%d ms before now is %s", (ms, words) => {
    expect(ago(T - ms, T)).toBe(words);
  });

  it.each([
    [-4_100, "−4.1 s"],
    [200, "+200 ms"],
    [0, "+0 ms"],
    [-1_860_000, "−31 min"],
    [7_200_000, "+2 h"],
    [259_200_000, "+3 days"],
  ])("%d ms apart is %s", (ms, words) => {
    expect(apart(ms)).toBe(words);
  });
});
