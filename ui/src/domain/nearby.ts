/** What else happened in the same pod or on the same node, some minutes before and after an alert. */

import { signed } from "./filter.ts";
import { type Filter, type Row, SEVERITIES, type Timeline } from "./frames.ts";
import type { Alert } from "./schemas.ts";

export const EACH_MS = 300_000;
/** Rows that are listed. */
export const LISTED = 6;

export interface Place {
  /** `Same pod`, or what else is the narrowest place that is known. */
  name: string;
  filter: Filter;
}

/** The place of an alert; `null` if the alert names none. */
export function placeOf({ namespace, pod, node }: Alert): Place | null {
  const only = (value: string) => [signed(asInRows(value), false)];
  if (pod)
    return { name: "Same pod", filter: namespace ? { ns: only(namespace), pod: only(pod) } : { pod: only(pod) } };
  if (node) return { name: "Same node", filter: { node: only(node) } };
  return null;
}

/** Characters of a name that a row, which filters look at, holds; the last one says that more was cut off. */
const NAME_CHARACTERS = 256;

function asInRows(name: string): string {
  const all = [...name];
  return all.length > NAME_CHARACTERS ? `${all.slice(0, NAME_CHARACTERS - 1).join("")}…` : name;
}

/** The rows nearest to `t`, newest first. */
export function nearest(rows: readonly Row[], t: number, most = LISTED): Row[] {
  const unique = [...new Map(rows.map((row) => [row.id, row])).values()];
  return unique
    .sort((one, other) => Math.abs(one.t - t) - Math.abs(other.t - t))
    .slice(0, most)
    .sort((one, other) => other.t - one.t || other.seq - one.seq);
}

export interface Bar {
  severity: (typeof SEVERITIES)[number];
  /** In hundredths of the drawing. */
  x: number;
  width: number;
  y: number;
  height: number;
}

/** The smallest height of what is there at all. */
const LEAST = 4;

/** Bars one upon the other, worst at the bottom, from `from` to `to`. */
export function bars(timeline: Timeline, from: number, to: number): Bar[] {
  const { t0, step_s } = timeline;
  const length = Math.max(...SEVERITIES.map((severity) => timeline[severity].length));
  const sums = Array.from({ length }, (_, index) =>
    SEVERITIES.reduce((sum, sev) => sum + (timeline[sev][index] ?? 0), 0),
  );
  const top = Math.max(1, ...sums);
  const width = (step_s * 1000 * 100) / (to - from);
  const out: Bar[] = [];
  sums.forEach((_, index) => {
    const x = ((t0 * 1000 + index * step_s * 1000 - from) * 100) / (to - from);
    let base = 100;
    for (const severity of SEVERITIES) {
      const n = timeline[severity][index] ?? 0;
      if (n === 0) continue;
      const height = Math.min(base, Math.max(LEAST, (n / top) * 100));
      base -= height;
      out.push({ severity, x, width, y: base, height });
    }
  });
  return out.filter((bar) => bar.x + bar.width > 0 && bar.x < 100);
}
