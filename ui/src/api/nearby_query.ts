/** What happened around a moment in one place, asked of the gateway: the nearest rows and a timeline. */
import { type Signal, signal } from "@preact/signals";
import type { Filter, Row, Timeline } from "../domain/frames.ts";
import { EACH_MS, LISTED, nearest } from "../domain/nearby.ts";
import { alerts, timeline as timelineOf } from "./client.ts";

export type Surroundings =
  | { is: "loading" }
  /** `timeline` is absent where the gateway did not tell. */
  | { is: "ready"; rows: Row[]; timeline: Timeline | null }
  | { is: "failed"; why: string };

const STEP_S = 15;
/** How far after the moment is looked first: rows come newest first, so that a wide look would miss the nearest. */
const NEAR_MS = [2_000, 30_000, EACH_MS];

export function surroundings(filter: Filter, t: number, now: number): Signal<Surroundings> {
  const found = signal<Surroundings>({ is: "loading" });
  void load(filter, t, now).then((loaded) => {
    found.value = loaded;
  });
  return found;
}

async function load(filter: Filter, t: number, now: number): Promise<Surroundings> {
  const until = Math.max(t + 1, Math.min(t + EACH_MS, now));
  try {
    const [before, after, timeline] = await Promise.all([
      rows(filter, t - EACH_MS, t + 1),
      rowsAfter(filter, t + 1, until),
      timelineOf({ filter, from: t - EACH_MS, to: until }, STEP_S).catch(() => null),
    ]);
    return { is: "ready", rows: nearest([...before, ...after], t), timeline };
  } catch (error) {
    return { is: "failed", why: error instanceof Error ? error.message : String(error) };
  }
}

async function rowsAfter(filter: Filter, from: number, until: number): Promise<Row[]> {
  let found: Row[] = [];
  for (const near of NEAR_MS) {
    const to = Math.min(from + near, until);
    if (to <= from) break;
    found = await rows(filter, from, to);
    if (found.length >= LISTED || to === until) break;
  }
  return found;
}

async function rows(filter: Filter, from: number, to: number): Promise<Row[]> {
  return (await alerts({ filter, from, to })).rows;
}
