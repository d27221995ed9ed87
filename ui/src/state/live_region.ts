/** What a screen reader hears: news of alerts at most every ten seconds, answers to an action at once. */
import { signal } from "@preact/signals";
import { type Counts, zero } from "../domain/frames.ts";

const EVERY_S = 10;

/** The text of the one polite live region. */
export const spoken = signal("");

let arrivals: Counts = zero();
let seconds = 0;

export function announce(text: string): void {
  // The same words twice are news twice only if the text differs.
  spoken.value = spoken.peek() === text ? `${text}\u00a0` : text;
}

/** Adds up the alerts of each second and says after ten what is worth waking for. */
export function announceArrivals(rate: Counts): void {
  arrivals = { ...arrivals, critical: arrivals.critical + rate.critical, high: arrivals.high + rate.high };
  seconds += 1;
  if (seconds < EVERY_S) return;
  const { critical, high } = arrivals;
  if (critical + high > 0) announce(`${critical} new critical, ${high} high in ${EVERY_S} seconds.`);
  arrivals = zero();
  seconds = 0;
}
