import { beforeEach, describe, expect, it } from "vitest";
import { AlertStore } from "../../src/state/alert_store.ts";
import { alerts, hello, row, rows, snapshot, stats } from "../support/frames.ts";

const NOW = 1_000_000;
const COUNTS = { critical: 1, high: 2, medium: 3, low: 4 };

let store: AlertStore;
beforeEach(() => {
  store = new AlertStore(100);
});

function arrive(...seqs: number[]): void {
  store.receive(alerts("", "", { rows: seqs.map((seq) => row(seq)) }), NOW);
  store.painted();
}
function listed(): number[] {
  return store.list.map(({ seq }) => seq);
}

describe("rows", () => {
  it("are in the order of time, whatever order they arrive in", () => {
    arrive(5, 3, 9);
    arrive(7, 1, 11);
    expect(listed()).toEqual([1, 3, 5, 7, 9, 11]);
  });

  it("of the same time are in the order of the stream", () => {
    store.receive(alerts("", "", { rows: [row(3, { t: 1 }), row(1, { t: 1 }), row(2, { t: 1 })] }), NOW);
    expect(listed()).toEqual([1, 2, 3]);
  });

  it("are unique by id", () => {
    arrive(1, 2);
    arrive(2, 3);
    expect(listed()).toEqual([1, 2, 3]);
    expect(store.loaded).toBe(3);
  });

  it("take the larger number where the same row was folded further", () => {
    arrive(1);
    store.receive(alerts("", "", { rows: [row(1, { n: 41 })] }), NOW);
    expect(store.list[0]?.n).toBe(41);
  });

  it("are bounded: the oldest go, also from a filtered list, and may come again", () => {
    store.filter({ q: "alert" });
    store.receive(alerts("", "", { rows: rows(1, 150) }), NOW);
    expect(store.loaded).toBe(100);
    expect(store.list).toHaveLength(100);
    expect(listed()[0]).toBe(51);
    arrive(50, 151);
    expect(listed()[0]).toBe(52);
    expect(store.list).toHaveLength(100);
  });
});

describe("a snapshot", () => {
  it("replaces rows that it does not join", () => {
    arrive(1, 2, 3);
    store.receive(snapshot("e:1", { rows: rows(10, 12) }), NOW);
    expect(listed()).toEqual([10, 11, 12]);
  });

  it("joins rows that it overlaps", () => {
    store.receive(snapshot("e:1", { rows: rows(1, 5) }), NOW);
    store.receive(snapshot("e:2", { rows: rows(4, 8) }), NOW);
    expect(listed()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("replaces rows of a narrower filter, between which there are holes", () => {
    store.filter({ ns: ["a"] });
    store.receive(snapshot("e:1", { rows: [row(1, { ns: "a" }), row(9, { ns: "a" })] }), NOW);
    store.filter({});
    store.receive(snapshot("e:2", { rows: rows(8, 10) }), NOW);
    expect(listed()).toEqual([8, 9, 10]);
  });

  it("keeps rows of a wider filter", () => {
    store.receive(snapshot("e:1", { rows: [row(1, { ns: "a" }), row(2), row(3, { ns: "a" })] }), NOW);
    store.filter({ ns: ["a"] });
    store.receive(snapshot("e:2", { rows: [row(3, { ns: "a" })] }), NOW);
    expect(listed()).toEqual([1, 3]);
  });

  it("that answers an older filter brings counts but no rows", () => {
    store.filter({ ns: ["b"] });
    store.receive(snapshot("e:1", { filter: { ns: ["a"] }, rows: rows(1, 3), counts: COUNTS }), NOW);
    expect(listed()).toEqual([]);
    expect(store.numbers.counts).toEqual(COUNTS);
  });

  it("says the window and since when it is complete", () => {
    store.receive(snapshot("e:1", { window_s: 3600, complete_since: { low: 5 } }), NOW);
    expect(store.window_s).toBe(3600);
    expect(store.complete_since).toEqual({ low: 5 });
  });
});

describe("the filter", () => {
  it("narrows at once what is loaded, and widens again", () => {
    store.receive(alerts("", "", { rows: [row(1, { ns: "a" }), row(2), row(3, { ns: "a" })] }), NOW);
    store.filter({ ns: ["a"] });
    expect(listed()).toEqual([1, 3]);
    store.filter({});
    expect(listed()).toEqual([1, 2, 3]);
  });

  it("holds for what arrives later", () => {
    store.filter({ sev: ["critical"] });
    store.receive(alerts("", "", { rows: [row(1), row(2, { sev: "critical" })] }), NOW);
    expect(listed()).toEqual([2]);
    expect(store.loaded).toBe(2);
  });

  it("is complete once the gateway has answered it, and no other", () => {
    store.receive(snapshot("e:1", { rows: rows(1, 3) }), NOW);
    expect(store.complete).toBe(true);
    store.filter({ ns: ["a"] });
    expect(store.complete).toBe(false);
    store.receive(snapshot("e:2", { filter: { ns: ["b"] } }), NOW);
    expect(store.complete).toBe(false);
    store.receive(snapshot("e:3", { filter: { ns: ["a"] } }), NOW);
    expect(store.complete).toBe(true);
  });

  it("that was left and taken up again waits for its answer", () => {
    store.receive(snapshot("e:1", { rows: rows(1, 3) }), NOW);
    store.filter({ ns: ["b"] });
    store.filter({});
    store.receive(snapshot("e:2", { filter: { ns: ["b"] } }), NOW);
    expect(store.complete).toBe(false);
  });

  it("applies to a held list too", () => {
    arrive(1, 2);
    store.freeze("scrolled");
    store.filter({ q: "alert 2" });
    expect(listed()).toEqual([2]);
  });
});

describe("holding", () => {
  beforeEach(() => arrive(1, 2));

  it("keeps the list still and counts what waits", () => {
    store.freeze("open");
    arrive(3, 4, 5);
    expect(listed()).toEqual([1, 2]);
    expect(store.waiting).toBe(3);
    store.unfreeze("open");
    expect(listed()).toEqual([1, 2, 3, 4, 5]);
    expect(store.waiting).toBe(0);
  });

  it("ends only when every reason is gone", () => {
    store.freeze("open");
    store.freeze("scrolled");
    arrive(3);
    store.unfreeze("open");
    expect(store.waiting).toBe(1);
    store.unfreeze("scrolled");
    expect(store.waiting).toBe(0);
  });

  it("keeps rows that have left the ring meanwhile", () => {
    store.freeze("open");
    store.receive(alerts("", "", { rows: rows(3, 200) }), NOW);
    expect(listed()).toEqual([1, 2]);
    expect(store.overflowed).toBe(true);
  });

  it("keeps what is on the screen, without what arrived since", () => {
    store.receive(alerts("", "", { rows: [row(3), row(0)] }), NOW);
    store.freeze("pointer");
    expect(listed()).toEqual([1, 2]);
    expect(store.waiting).toBe(1);
    store.unfreeze("pointer");
    expect(listed()).toEqual([0, 1, 2, 3]);
  });

  it("of a list that was just replaced keeps the new one", () => {
    store.receive(snapshot("e:9", { rows: rows(20, 22) }), NOW);
    store.freeze("pointer");
    expect(listed()).toEqual([20, 21, 22]);
  });

  it("lets the counts run on", () => {
    store.freeze("open");
    store.receive(stats({ counts: COUNTS }), NOW);
    expect(store.numbers.counts).toEqual(COUNTS);
  });

  it("of an empty list counts everything as waiting", () => {
    store = new AlertStore();
    store.freeze("focus");
    arrive(1, 2);
    expect(store.waiting).toBe(2);
  });
});

describe("pausing", () => {
  it("stops list and counts and says since when", () => {
    store.receive(stats({ counts: COUNTS }), NOW);
    arrive(1);
    store.pause(NOW + 5);
    arrive(2, 3);
    store.receive(stats({ counts: { ...COUNTS, low: 99 } }), NOW);
    expect(listed()).toEqual([1]);
    expect(store.waiting).toBe(2);
    expect(store.numbers.counts.low).toBe(4);
    expect(store.paused_at).toBe(NOW + 5);
  });

  it("goes on with everything that arrived", () => {
    store.pause(NOW);
    arrive(1, 2);
    store.receive(stats({ counts: COUNTS }), NOW);
    store.resume();
    expect(listed()).toEqual([1, 2]);
    expect(store.numbers.counts).toEqual(COUNTS);
    expect(store.paused_at).toBeNull();
  });

  it("leaves the list held where something else holds it", () => {
    arrive(1);
    store.pause(NOW);
    store.freeze("scrolled");
    arrive(2);
    store.resume();
    expect(listed()).toEqual([1]);
    store.unfreeze("scrolled");
    expect(listed()).toEqual([1, 2]);
  });
});

describe("numbers", () => {
  it("are unknown until the gateway has said them", () => {
    expect(store.numbers.known).toBe(false);
    store.receive(snapshot("e:1", { counts: COUNTS }), NOW);
    expect(store.numbers).toMatchObject({ known: true, counts: COUNTS });
  });

  it("are the gateway's, not a count of rows", () => {
    store.receive(stats({ counts: COUNTS, rate: { ...COUNTS, low: 1011 } }), NOW);
    arrive(1, 2, 3);
    expect(store.numbers.counts).toEqual(COUNTS);
    expect(store.numbers.rate.low).toBe(1011);
  });

  it("change the timeline in place, move it on, and keep each list until it changes", () => {
    const timeline = { t0: 100, step_s: 10, critical: [0, 0], high: [0, 0], medium: [0, 0], low: [1, 2] };
    store.receive(snapshot("e:1", { timeline, top: { node: [["a", 1, "low"]], rule: [["r", 1, "low"]] } }), NOW);
    store.receive(stats({ t: 115, bins: [[100, 0, 1, 0, 1]], top: { node: [["b", 2, "high"]] } }), NOW);
    expect(store.timeline).toMatchObject({ t0: 100, high: [1, 0], low: [1, 2] });
    expect(store.top).toEqual({ node: [["b", 2, "high"]], rule: [["r", 1, "low"]] });
    store.receive(stats({ t: 121 }), NOW);
    expect(store.timeline).toMatchObject({ t0: 110, low: [2, 0] });
  });
});

describe("the window", () => {
  const timeline = { t0: 1000, step_s: 6, critical: [], high: [], medium: [], low: [] };

  it("lets go of what happened before it, as time goes on, and takes nothing older in", () => {
    store.receive(snapshot("e:3", { window_s: 900, timeline, rows: rows(1, 3, { t: 1_000_500 }) }), NOW);
    expect(store.list).toHaveLength(3);
    store.receive(stats({ t: 1902 }), NOW);
    expect(store.list).toHaveLength(0);
    store.receive(alerts("e:3", "e:4", { rows: [row(4, { t: 1_001_000 }), row(5, { t: 1_003_000 })] }), NOW);
    expect(store.list.map(({ seq }) => seq)).toEqual([5]);
  });

  it("takes nothing from a list that is held", () => {
    store.receive(snapshot("e:3", { window_s: 900, timeline, rows: rows(1, 3, { t: 1_000_500 }) }), NOW);
    store.painted();
    store.freeze("open");
    store.receive(stats({ t: 1902 }), NOW);
    expect(store.list).toHaveLength(3);
    store.unfreeze("open");
    expect(store.list).toHaveLength(0);
  });
});

describe("late alerts", () => {
  it("are counted together until none came for half a minute", () => {
    expect(store.late(NOW)).toBeNull();
    store.receive(alerts("", "e:1", { rows: [row(1, { late_s: 3600, n: 4 }), row(2)] }), NOW);
    store.receive(alerts("e:1", "e:2", { rows: [row(3, { late_s: 3480 })], left_out: 7 }), NOW + 10_000);
    expect(store.late(NOW + 39_000)).toEqual({
      alerts: 5,
      exact: false,
      most_s: 3600,
      since: NOW,
      at: NOW + 10_000,
      from_ms: row(1).t,
    });
    expect(store.late(NOW + 40_000)).toBeNull();
    store.receive(alerts("e:2", "e:3", { rows: [row(4, { late_s: 90 })] }), NOW + 50_000);
    expect(store.late(NOW + 50_000)).toMatchObject({ alerts: 1, exact: true, most_s: 90 });
  });
});

describe("search", () => {
  it("looks through fifty thousand rows in a tenth of a second", () => {
    const store = new AlertStore();
    for (let frame = 0; frame < 125; frame += 1) {
      const from = frame * 400 + 1;
      const args = "--flag=value ".repeat(12);
      const more = {
        bin: "/usr/bin/Curl",
        args,
        ns: "payments",
        pod: "ledger-api-7c9d8",
        node: "worker-03",
        fn: "tcp_connect",
      };
      store.receive(alerts("", `e:${from}`, { rows: rows(from, from + 399, more) }), NOW);
    }
    expect(store.loaded).toBe(50_000);
    const times = ["Alert 4999", "curl no-such", "worker tcp_connect"].map((q) => {
      const begun = performance.now();
      store.filter({ q });
      return performance.now() - begun;
    });
    expect(Math.min(...times)).toBeLessThan(100);
  });
});

describe("lag", () => {
  it("is unknown before the gateway has measured it", () => {
    expect(store.lag_ms).toBeNull();
  });

  it("is the pipeline's plus what the frame took longer than the fastest one", () => {
    store.receive({ ...hello, now: NOW - 400 }, NOW);
    store.receive(stats({ lag: { pipeline_ms: 41 } }), NOW);
    expect(store.lag_ms).toBe(41);
    store.receive(alerts("", "", { sent: NOW }), NOW + 450);
    expect(store.lag_ms).toBe(91);
    store.receive(alerts("", "", { sent: NOW + 1000 }), NOW + 1390);
    expect(store.lag_ms).toBe(41);
  });

  it("is said after more than 2 s for 5 s", () => {
    const late = stats({ lag: { pipeline_ms: 6000, pending: 12_400 } });
    store.receive(late, NOW);
    store.receive(late, NOW + 4999);
    expect(store.lagging).toBe(false);
    store.receive(late, NOW + 5000);
    expect(store.lagging).toBe(true);
    expect(store.pending).toBe(12_400);
    store.receive(stats({ lag: { pipeline_ms: 100 } }), NOW + 6000);
    expect(store.lagging).toBe(false);
  });
});

describe("breaks", () => {
  it("counts the alerts that a replay added, not the ones that were there", () => {
    arrive(1, 2);
    store.receive(hello, NOW);
    store.receive(alerts("", "", { replay: true, rows: [row(2), row(3), row(4, { n: 10 })] }), NOW);
    store.receive(alerts("", "", { replay: true, rows: [row(5)] }), NOW);
    expect(store.recovered).toBe(12);
    store.receive(hello, NOW);
    store.receive(alerts("", "", { replay: true, rows: [row(6)] }), NOW);
    expect(store.recovered).toBe(1);
  });

  it("counts what a snapshot adds to the list that it joins", () => {
    store.receive(snapshot("e:2", { rows: rows(1, 2) }), NOW);
    store.receive(hello, NOW);
    store.receive(snapshot("e:5", { rows: [row(2), row(3), row(4, { n: 7 })] }), NOW);
    expect(store.recovered).toBe(8);
  });

  it("gives no number where a snapshot does not join, or answers another filter", () => {
    store.receive(snapshot("e:2", { rows: rows(1, 2) }), NOW);
    store.receive(hello, NOW);
    store.receive(snapshot("e:50", { rows: rows(40, 50) }), NOW);
    expect(store.recovered).toBeNull();
    store.receive(hello, NOW);
    store.filter({ q: "alert" });
    store.receive(snapshot("e:51", { rows: rows(45, 51) }), NOW);
    expect(store.recovered).toBeNull();
  });

  it("says what could not be replayed, from the last row before it to the first after it", () => {
    arrive(1);
    store.receive({ k: "gap", from: "e:1", to: "e:9", counts: COUNTS, why: "too_far" }, NOW);
    store.receive(snapshot("e:9", { rows: rows(50, 51) }), NOW);
    expect(store.missed).toEqual({ why: "too_far", alerts: 10, from_ms: row(1).t, to_ms: row(50).t });
  });

  it("says nothing where the snapshot reaches back to what was there", () => {
    arrive(1, 2);
    store.receive({ k: "gap", from: "e:1", to: "e:9", counts: COUNTS, why: "too_far" }, NOW);
    store.receive(snapshot("e:9", { rows: rows(2, 9) }), NOW);
    expect(store.missed).toBeNull();
    expect(listed()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("names no times where it has none", () => {
    store.receive({ k: "gap", from: "e:1", to: "f:9", why: "epoch" }, NOW);
    store.receive(snapshot("f:9"), NOW);
    expect(store.missed).toEqual({ why: "epoch", alerts: 0, from_ms: null, to_ms: null });
  });

  it("says for 2 s that rows were left out", () => {
    expect(store.omitted(NOW)).toBe(false);
    store.receive(alerts("", "", { left_out: 3 }), NOW);
    expect(store.omitted(NOW + 1999)).toBe(true);
    expect(store.omitted(NOW + 2000)).toBe(false);
  });
});
