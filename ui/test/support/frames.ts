/** Frames and rows with as little in them as a test needs. */
import type { Alerts, Hello, Row, Snapshot, Stats } from "../../src/domain/frames.ts";
import { zero } from "../../src/domain/frames.ts";

export function row(seq: number, more: Partial<Row> = {}): Row {
  return { id: `id-${seq}`, seq, t: 1_000_000 + seq * 10, sev: "low", title: `Alert ${seq}`, ...more };
}

export function rows(from: number, to: number, more: Partial<Row> = {}): Row[] {
  return Array.from({ length: to - from + 1 }, (_, index) => row(from + index, more));
}

export const hello: Hello = {
  k: "hello",
  v: 1,
  head: "e:0",
  oldest: "e:0",
  now: 1_000_000,
  limits: { rows: 400, frame_bytes: 262144 },
};

export function snapshot(to: string, more: Partial<Snapshot> = {}): Snapshot {
  return { k: "snapshot", to, window_s: 900, counts: zero(), rows: [], ...more };
}

export function alerts(from: string, to: string, more: Partial<Alerts> = {}): Alerts {
  return { k: "alerts", from, to, rows: [], ...more };
}

export function stats(more: Partial<Stats> = {}): Stats {
  return { k: "stats", t: 1000, rate: zero(), counts: zero(), ...more };
}
