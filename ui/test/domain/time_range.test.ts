import { describe, expect, it } from "vitest";
import {
  around,
  bounds,
  DEFAULT_RANGE,
  readRange,
  sameRange,
  WINDOWS,
  windowMs,
  windowWords,
  writeRange,
} from "../../src/domain/time_range.ts";

const T = Date.UTC(2026, 10, 23, 14, 8, 12);

describe("a window", () => {
  it.each([
    ["15m", 900_000],
    ["90s", 90_000],
    ["24h", 86_400_000],
    ["1d", 86_400_000],
    ["25h", null],
    ["2d", null],
    ["0m", null],
    ["15", null],
    ["-5m", null],
    ["5m ", null],
    ["1e3s", null],
  ])("%s is %s ms", (text, ms) => {
    expect(windowMs(text)).toBe(ms);
  });

  it.each([
    ["5m", "5 min"],
    ["1h", "1 hour"],
    ["24h", "24 hours"],
    ["90m", "90 min"],
    ["45s", "45 s"],
  ])("%s is called %s", (text, words) => {
    expect(windowWords(text)).toBe(words);
  });

  it("is one of those that are offered only if it is understood", () => {
    for (const window of WINDOWS) expect(windowMs(window)).not.toBeNull();
  });
});

describe("a range", () => {
  it.each(["15m", "2026-11-23T14:00:00Z/2026-11-23T14:08:12Z", "2026-11-23T14:00:00.500Z/2026-11-23T14:08:12Z"])(
    "%s reads back",
    (text) => {
      const range = readRange(text);
      expect(typeof range === "string" ? range : writeRange(range)).toBe(text);
    },
  );

  it("is in UTC unless it says otherwise", () => {
    const wanted = { live: false, from: T, to: T + 60_000 };
    expect(readRange("2026-11-23T14:08:12/2026-11-23T14:09:12Z")).toEqual(wanted);
    expect(readRange("2026-11-23T15:08:12+01:00/2026-11-23T14:09:12.000000000Z")).toEqual(wanted);
  });

  it.each([
    "yesterday",
    "15m/",
    "/",
    "2026-11-23T14:08:12Z/now",
    "2026-11-23T14:08:12Z/2026-11-23T14:08:12Z",
    "2026-11-23T14:08:12Z/2026-11-23T14:08:11Z",
    "2026-11-23T14:08:12Z/2026-11-23T14:09:12Z/x",
    "1999-11-23T14:08:12Z/2026-11-23T14:08:12Z",
    "2026-13-45T14:08:12Z/2026-11-23T14:08:12Z",
    "2026-11-23/2026-11-24",
  ])("%s means nothing, and it says why", (text) => {
    expect(readRange(text)).toMatch(/^[A-Z].*\.$/);
  });

  it("has bounds: up to now, or its own", () => {
    expect(bounds(DEFAULT_RANGE, T)).toEqual({ from: T - 900_000, to: T });
    expect(bounds({ live: false, from: 1, to: 2 }, T)).toEqual({ from: 1, to: 2 });
  });

  it("around a moment ends now at the latest, and never before the moment", () => {
    expect(around(T, 300_000, T + 999_999)).toEqual({ live: false, from: T - 300_000, to: T + 300_000 });
    expect(around(T, 300_000, T + 1000)).toEqual({ live: false, from: T - 300_000, to: T + 1000 });
    expect(around(T, 300_000, T - 5000)).toEqual({ live: false, from: T - 300_000, to: T + 1 });
  });

  it("is the same where it is written the same", () => {
    expect(sameRange({ live: true, window: "15m" }, DEFAULT_RANGE)).toBe(true);
    expect(sameRange({ live: true, window: "1h" }, DEFAULT_RANGE)).toBe(false);
  });
});
