/** Alerts that arrive long after their events. After an outage many arrive at once, which looks like an attack. */
import type { Alerts } from "./frames.ts";

export interface Late {
  /** The number of late alerts; a lower bound if some were left out. */
  alerts: number;
  exact: boolean;
  /** The longest delay, seconds. */
  most_s: number;
  /** When the first and the last of them came, and when the earliest happened; ms since 1970. */
  since: number;
  at: number;
  from_ms: number;
}

/** A pause of this length ends a group of late alerts. */
const TOGETHER_MS = 30_000;

export class LateArrivals {
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

  /** The late alerts up to now; `null` if there were none for a while. */
  now(at: number): Late | null {
    return this.#late !== null && at - this.#late.at < TOGETHER_MS ? this.#late : null;
  }
}
