/** The alerts around a moment in one place: the nearest rows and a timeline. */
import { type Signal, signal } from "@preact/signals";
import type { Filter, Row, Timeline } from "../domain/frames.ts";
import { EACH_MS, LISTED, nearest } from "../domain/nearby.ts";
import { alerts, type Failed, failed, timeline as timelineOf } from "./client.ts";

/** `timeline` is null if the gateway did not answer that request. */
export type Nearby = { is: "loading" } | { is: "ready"; rows: Row[]; timeline: Timeline | null } | Failed;

const STEP_S = 15;
/** The spans after the moment, shortest first. Rows come newest first, so a long span would miss the nearest ones. */
const SPANS_MS = [2_000, 30_000, EACH_MS];

export function nearbyAlerts(filter: Filter, t: number, now: number): Signal<Nearby> {
  const found = signal<Nearby>({ is: "loading" });
  void load(filter, t, now)
    .catch(failed)
    .then((loaded) => {
      found.value = loaded;
    });
  return found;
}

async function load(filter: Filter, t: number, now: number): Promise<Nearby> {
  const until = Math.max(t + 1, Math.min(t + EACH_MS, now));
  const [before, after, timeline] = await Promise.all([
    rows(filter, t - EACH_MS, t + 1),
    rowsAfter(filter, t + 1, until),
    timelineOf({ filter, from: t - EACH_MS, to: until }, STEP_S).catch(() => null),
  ]);
  return { is: "ready", rows: nearest([...before, ...after], t), timeline };
}

async function rowsAfter(filter: Filter, from: number, until: number): Promise<Row[]> {
  let found: Row[] = [];
  for (const span of SPANS_MS) {
    const to = Math.min(from + span, until);
    if (to <= from) break;
    found = await rows(filter, from, to);
    if (found.length >= LISTED || to === until) break;
  }
  return found;
}

async function rows(filter: Filter, from: number, to: number): Promise<Row[]> {
  return (await alerts({ filter, from, to })).rows;
}
