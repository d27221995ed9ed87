import { describe, expect, it } from "vitest";
import type { Timeline } from "../../src/domain/frames.ts";
import { bars, nearest, placeOf } from "../../src/domain/nearby.ts";
import { row } from "../support/frames.ts";

describe("where to look", () => {
  it("is the pod in its namespace, else the node, else nowhere", () => {
    expect(placeOf({ pod: "p", namespace: "n", node: "w" })?.filter).toEqual({ ns: ["n"], pod: ["p"] });
    expect(placeOf({ pod: "-p" })?.filter).toEqual({ pod: ["\\-p"] });
    expect(placeOf({ node: "w" })).toEqual({ name: "Same node", filter: { node: ["w"] } });
    expect(placeOf({ namespace: "n" })).toBeNull();
  });

  it("is asked for by the name that rows hold, which is cut", () => {
    expect(placeOf({ pod: "📦".repeat(256) })?.filter).toEqual({ pod: ["📦".repeat(256)] });
    expect(placeOf({ pod: "📦".repeat(257) })?.filter).toEqual({ pod: [`${"📦".repeat(255)}…`] });
  });
});

describe("the nearest rows", () => {
  it("are the nearest in time, newest first, each once", () => {
    const rows = [100, 990, 1000, 1005, 1010, 5000].map((t, at) => row(at + 1, { t }));
    expect(nearest([...rows, ...rows], 1000, 4).map(({ t }) => t)).toEqual([1010, 1005, 1000, 990]);
  });

  it("of one moment are in the order of their arrival", () => {
    expect(nearest([row(1, { t: 5 }), row(2, { t: 5 })], 5).map(({ seq }) => seq)).toEqual([2, 1]);
  });
});

describe("bars", () => {
  const timeline: Timeline = { t0: 0, step_s: 10, critical: [1, 0], high: [0, 0], medium: [0, 0], low: [99, 50] };

  it("stand one upon the other, the worst at the bottom and never too small to see", () => {
    const drawn = bars(timeline, 0, 20_000);
    expect(drawn.map(({ severity, x }) => `${severity} ${x}`)).toEqual(["critical 0", "low 0", "low 50"]);
    expect(drawn[0]).toMatchObject({ y: 96, height: 4 });
    expect((drawn[1]?.y ?? 0) + (drawn[1]?.height ?? 0)).toBe(96);
    expect(drawn.every(({ y, height }) => y >= 0 && y + height <= 100)).toBe(true);
  });

  it("outside what is shown are not drawn", () => {
    expect(bars(timeline, 30_000, 50_000)).toEqual([]);
    expect(bars({ ...timeline, critical: [], low: [], high: [], medium: [] }, 0, 1)).toEqual([]);
  });
});
