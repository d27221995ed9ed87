import { describe, expect, it } from "vitest";
import type { Timeline } from "../../src/domain/frames.ts";
import * as timeline from "../../src/domain/timeline.ts";

function course(more: Partial<Timeline> = {}): Timeline {
  return { t0: 600, step_s: 6, critical: [0, 1, 0], high: [0, 0, 2], medium: [3, 0, 0], low: [10, 20, 30], ...more };
}

describe("a timeline moves on", () => {
  it("not within its last bar", () => {
    expect(timeline.moved(course(), [], 617)).toEqual(course());
  });

  it("by whole bars, with nothing in the new ones", () => {
    expect(timeline.moved(course(), [], 624)).toMatchObject({ t0: 612, low: [30, 0, 0], high: [2, 0, 0] });
  });

  it("past all that it has", () => {
    expect(timeline.moved(course(), [], 6000)).toMatchObject({ t0: 5988, low: [0, 0, 0] });
  });

  it("as far as a bin that is newer than the clock", () => {
    expect(timeline.moved(course(), [[618, 1, 0, 0, 5]], 617)).toMatchObject({ t0: 606, low: [20, 30, 5] });
  });

  it("and a late bin changes in its place", () => {
    expect(timeline.moved(course(), [[606, 2, 1, 0, 25]], 617)).toMatchObject({
      t0: 600,
      critical: [0, 2, 0],
      low: [10, 25, 30],
    });
  });

  it("and what lies before it is not its own", () => {
    expect(timeline.moved(course(), [[594, 9, 9, 9, 9]], 617)).toEqual(course());
  });

  it("as another object, so that it is seen to have changed", () => {
    const before = course();
    const after = timeline.moved(before, [[600, 1, 1, 1, 1]], 617);
    expect(after).not.toBe(before);
    expect(before).toEqual(course());
  });
});

describe("what a timeline says", () => {
  it("adds up by severity and by bar", () => {
    expect(timeline.sums(course())).toEqual({ critical: 1, high: 2, medium: 3, low: 60 });
    expect(timeline.barOf(course(), 1)).toEqual({ critical: 1, high: 0, medium: 0, low: 20 });
    expect(timeline.barOf(course(), 9)).toEqual({ critical: 0, high: 0, medium: 0, low: 0 });
  });

  it("finds the bar of a moment, and the nearest one of a moment outside", () => {
    expect([599, 600, 605, 606, 617, 700].map((second) => timeline.indexAt(course(), second))).toEqual([
      0, 0, 0, 1, 2, 2,
    ]);
  });

  it("makes a range of bars in either order, the last one whole", () => {
    expect(timeline.spanOf(course(), 2, 1)).toEqual({ from: 606_000, to: 618_000 });
    expect(timeline.spanOf(course(), 0, 0)).toEqual({ from: 600_000, to: 606_000 });
  });

  it("has a width of bars like the gateway's", () => {
    expect([60, 900, 3600, 86_400].map(timeline.stepOf)).toEqual([1, 6, 24, 576]);
  });
});

describe("the drawing", () => {
  it("stands the severities one upon the other, the worst on the ground, and shows what is asked for only", () => {
    const ends = timeline.stacked(course(), ["critical", "high", "low"], 0);
    expect(ends).toEqual({ critical: [0, 1, 0], high: [0, 1, 2], medium: [0, 1, 2], low: [10, 21, 32] });
  });

  it("makes no critical alert lower than can be seen, and raises nothing else", () => {
    const ends = timeline.stacked(course(), ["critical", "high", "medium", "low"], 4);
    expect(ends.critical).toEqual([0, 4, 0]);
    expect(ends.high).toEqual([0, 4, 2]);
  });

  it("has a round even number at the top that nothing exceeds", () => {
    expect([0, 1, 2, 3, 7, 9, 11, 99, 101, 1999, 2001, 7000].map(timeline.ceiling)).toEqual([
      2, 2, 2, 4, 8, 10, 20, 100, 200, 2000, 3000, 8000,
    ]);
    for (let n = 0; n < 3000; n += 1) {
      expect(timeline.ceiling(n)).toBeGreaterThanOrEqual(n);
      expect(timeline.ceiling(n) % 2).toBe(0);
    }
    expect(timeline.highest(course(), ["critical", "low"])).toBe(30);
    expect(timeline.highest(course(), [])).toBe(0);
  });

  it("puts times at round moments of the reader's clock, none beyond a side", () => {
    expect(timeline.ticks(610, 900, 500, 0)).toEqual([900, 1200]);
    expect(timeline.ticks(0, 86_400, 1000, 1800)).toEqual([
      5400, 12_600, 19_800, 27_000, 34_200, 41_400, 48_600, 55_800, 63_000, 70_200, 77_400, 84_600,
    ]);
    expect(timeline.ticks(0, 60, 1000, 0)).toContain(30);
  });
});

describe("a small course", () => {
  it("loses nothing when it is made coarser", () => {
    const values = Array.from({ length: 150 }, (_, index) => index);
    const found = timeline.coarse(values, 40);
    expect(found).toHaveLength(40);
    expect(found.reduce((sum, n) => sum + n, 0)).toBe((149 * 150) / 2);
    expect(timeline.coarse([1, 2], 40)).toEqual([1, 2]);
  });

  it("is a line within its frame, low where hardly anything happened", () => {
    expect(timeline.line([0, 8, 4], 10, 20)).toBe("M0 20L5 0L10 10");
    expect(timeline.line([0, 1], 10, 20)).toBe("M0 20L10 15");
    expect(timeline.line([], 10, 20)).toBe("");
  });
});

describe("a change", () => {
  const write = (n: number) => n.toLocaleString("en-US");

  it.each([
    [37, 6, "+31"],
    [2, 5, "−3"],
    [5, 5, "±0"],
    [2214, 1367, "+62%"],
    [100, 200, "−50%"],
    [1001, 1000, "±0%"],
    [41_208, 100, "×412"],
    [0, 4, "−4"],
  ])("from %d after %d is %s", (n, before, text) => {
    expect(timeline.change(n, before, write)?.text).toBe(text);
  });

  it("is none between nothing and nothing", () => {
    expect(timeline.change(0, 0, write)).toBeNull();
  });
});

it("says the width of a bar in words", () => {
  expect([1, 6, 24, 144, 576, 7200].map(timeline.stepWords)).toEqual([
    "1 s",
    "6 s",
    "24 s",
    "2.4 min",
    "9.6 min",
    "2 h",
  ]);
});
