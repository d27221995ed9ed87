/** Alerts that come long after they happened: catching up after an outage looks like an attack, and is none. */
import type { Alerts } from "./frames.ts";

export interface Late {
  /** How many came; at least so many where some were left out. */
  alerts: number;
  exact: boolean;
  /** The longest way of any of them, seconds. */
  most_s: number;
  /** When the first and the last of them came, and when the earliest happened; ms since 1970. */
  since: number;
  at: number;
  from_ms: number;
}

/** Alerts that come late belong together until none came for this long. */
const TOGETHER_MS = 30_000;

export class Lateness {
  #late: Late | null = null;

  arrived({ rows, left_out = 0 }: Alerts, at: number): void {
    const late = rows.filter((row) => row.late_s !== undefined && row.fn !== "existing");
    if (late.length === 0) return;
    const known = this.now(at) ?? { alerts: 0, exact: true, most_s: 0, since: at, from_ms: Number.POSITIVE_INFINITY };
    this.#late = {
      alerts: late.reduce((sum, { n = 1 }) => sum + n, known.alerts),
      exact: known.exact && left_out === 0,
      most_s: late.reduce((most, { late_s = 0 }) => Math.max(most, late_s), known.most_s),
      since: known.since,
      at,
      from_ms: late.reduce((first, { t }) => Math.min(first, t), known.from_ms),
    };
  }

  /** What has been coming late; `null` where nothing has for a while. */
  now(at: number): Late | null {
    return this.#late !== null && at - this.#late.at < TOGETHER_MS ? this.#late : null;
  }
}
