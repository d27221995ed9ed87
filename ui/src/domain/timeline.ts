/** Counts over time: advancing with the clock, sums, and the heights of the bars. */
import { type Bin, type Counts, SEVERITIES, type Severity, type Timeline, zero } from "./frames.ts";

/** The approximate number of bars. */
const BARS = 150;

/** The width of a bar in seconds, for a timeline of this length. The gateway computes the same. */
export function stepOf(length_s: number): number {
  return Math.max(1, Math.floor(length_s / BARS));
}

export function lengthOf({ critical }: Timeline): number {
  return critical.length;
}

/** When bar `index` begins, in seconds since 1970. The index after the last gives the end. */
export function beginOf({ t0, step_s }: Timeline, index: number): number {
  return t0 + index * step_s;
}

/** The same timeline with other counts in these bins, and so far on that `now_s` is in its last bar. */
export function moved(timeline: Timeline, bins: readonly Bin[], now_s: number): Timeline {
  const { step_s } = timeline;
  const length = lengthOf(timeline);
  const newest = bins.reduce((latest, [second]) => Math.max(latest, second), now_s);
  const end = beginOf(timeline, length - 1);
  const steps = Math.max(0, Math.floor((Math.floor(newest / step_s) * step_s - end) / step_s));
  const next = shifted(timeline, steps);
  for (const [second, ...counts] of bins) {
    const index = Math.floor((second - next.t0) / step_s);
    if (index < 0 || index >= length) continue;
    for (const [place, severity] of SEVERITIES.entries()) next[severity][index] = counts[place] as number;
  }
  return next;
}

function shifted(timeline: Timeline, steps: number): Timeline {
  const length = lengthOf(timeline);
  const next = { ...timeline, t0: timeline.t0 + steps * timeline.step_s };
  for (const severity of SEVERITIES) {
    const kept = steps === 0 ? timeline[severity].slice() : timeline[severity].slice(steps);
    while (kept.length < length) kept.push(0);
    next[severity] = kept;
  }
  return next;
}

/** All of a timeline, by severity. */
export function sums(timeline: Timeline): Counts {
  const found = zero();
  for (const severity of SEVERITIES) found[severity] = timeline[severity].reduce((sum, n) => sum + n, 0);
  return found;
}

/** The counts of one bar. */
export function barOf(timeline: Timeline, index: number): Counts {
  const found = zero();
  for (const severity of SEVERITIES) found[severity] = timeline[severity][index] ?? 0;
  return found;
}

/** The bar of a moment, in seconds; the first or last one for a moment outside. */
export function indexAt(timeline: Timeline, second: number): number {
  const index = Math.floor((second - timeline.t0) / timeline.step_s);
  return Math.max(0, Math.min(lengthOf(timeline) - 1, index));
}

/** From the beginning of one bar to the end of another, in ms, whichever comes first. */
export function spanOf(timeline: Timeline, one: number, other: number): { from: number; to: number } {
  const [first, last] = [Math.min(one, other), Math.max(one, other)];
  return { from: beginOf(timeline, first) * 1000, to: beginOf(timeline, last + 1) * 1000 };
}

/** The most that one bar holds of these severities. */
export function highest(timeline: Timeline, shown: readonly Severity[]): number {
  let most = 0;
  for (let index = 0; index < lengthOf(timeline); index += 1) {
    most = Math.max(
      most,
      shown.reduce((sum, severity) => sum + (timeline[severity][index] ?? 0), 0),
    );
  }
  return most;
}

/** A round number that is not below `n`, for the top of an axis that is halved once. */
export function ceiling(n: number): number {
  if (n <= 2) return 2;
  const size = 10 ** Math.floor(Math.log10(n));
  return ([1, 2, 3, 4, 5, 6, 8, 10].find((step) => (step * size) % 2 === 0 && n <= step * size) ?? 10) * size;
}

/** The upper ends of the stacked bars for each severity. The highest severity is at the bottom.
 *
 * Critical alerts are never lower than `least`, or one among thousands could not be seen. Severities that are not
 * shown have no height. */
export function stacked(timeline: Timeline, shown: readonly Severity[], least: number): Record<Severity, number[]> {
  const length = lengthOf(timeline);
  const ends = { critical: [], high: [], medium: [], low: [] } as Record<Severity, number[]>;
  for (let index = 0; index < length; index += 1) {
    let end = 0;
    for (const severity of SEVERITIES) {
      const n = shown.includes(severity) ? (timeline[severity][index] ?? 0) : 0;
      end += severity === "critical" && n > 0 ? Math.max(n, least) : n;
      ends[severity].push(end);
    }
  }
  return ends;
}

/** This many sums over neighbouring values, for a small drawing. */
export function coarse(values: readonly number[], points: number): number[] {
  if (values.length <= points) return values.slice();
  return Array.from({ length: points }, (_, point) => {
    const from = Math.ceil((point * values.length) / points);
    const to = Math.ceil(((point + 1) * values.length) / points);
    return values.slice(from, to).reduce((sum, n) => sum + n, 0);
  });
}

/** A line through these values in a drawing of this size, as the `d` of a path; `least` is the height of the axis at least. */
export function line(values: readonly number[], width: number, height: number, least = 4): string {
  const most = Math.max(least, ...values);
  const step = values.length > 1 ? width / (values.length - 1) : width;
  return values
    .map((n, index) => `${index === 0 ? "M" : "L"}${near(index * step)} ${near(height - (n / most) * height)}`)
    .join("");
}

function near(n: number): string {
  return String(Math.round(n * 10) / 10);
}

export interface Change {
  /** `+18%`, `+31`, `no change` */
  text: string;
  up: boolean;
}

/** Changes of small numbers are absolute, those of large ones relative: `+3,100%` of 2 says less than `+62`. */
const SHARES_FROM = 100;

/** How a count differs from that of the range before; `null` if there is nothing to compare. */
export function change(n: number, before: number, write: (n: number) => string): Change | null {
  if (n === 0 && before === 0) return null;
  const more = n - before;
  const sign = more > 0 ? "+" : "−";
  if (more === 0) return { text: "±0", up: false };
  if (before < SHARES_FROM) return { text: `${sign}${write(Math.abs(more))}`, up: more > 0 };
  const share = Math.round((Math.abs(more) / before) * 100);
  if (share === 0) return { text: "±0%", up: false };
  return { text: share > 999 ? `×${write(Math.round(n / before))}` : `${sign}${write(share)}%`, up: more > 0 };
}

/** `6 s`, `2 min`, `1 h`: the width of a bar. */
export function stepWords(step_s: number): string {
  if (step_s < 120) return `${step_s} s`;
  if (step_s < 7200) return `${Math.round((step_s / 60) * 10) / 10} min`;
  return `${Math.round((step_s / 3600) * 10) / 10} h`;
}

const TICKS = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];
/** Room that a time below the axis takes, and half of the words, px. */
const TICK_PX = 74;
const HALF_PX = 16;

/** The labels of the time axis: round times by the chosen clock, none that would exceed a side. */
export function ticks(t0: number, length_s: number, width: number, offset_s: number): number[] {
  const wanted = (length_s / width) * TICK_PX;
  const step = TICKS.find((each) => each >= wanted) ?? (TICKS.at(-1) as number);
  const margin = (length_s / width) * HALF_PX;
  const found: number[] = [];
  let at = Math.ceil((t0 + offset_s) / step) * step - offset_s;
  for (; at <= t0 + length_s; at += step) {
    if (at >= t0 + margin && at <= t0 + length_s - margin) found.push(at);
  }
  return found;
}
