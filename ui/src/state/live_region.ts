/** What a screen reader says: answers to an action at once, new alerts at most every ten seconds. */
import { type Counts, zero } from "../domain/frames.ts";
import { fresh, onReset } from "./fresh.ts";

const EVERY_S = 10;

/** The text of the one polite live region. */
export const text = fresh(() => "");
let arrivals: Counts;
let seconds: number;

onReset(() => {
  arrivals = zero();
  seconds = 0;
});

export function announce(next: string): void {
  // A screen reader repeats the same words only if the text differs.
  text.value = text.peek() === next ? `${next}\u00a0` : next;
}

/** Adds up the new alerts of each second. Announces critical and high ones every ten seconds. */
export function countArrivals(rate: Counts): void {
  arrivals.critical += rate.critical;
  arrivals.high += rate.high;
  seconds += 1;
  if (seconds < EVERY_S) return;
  const { critical, high } = arrivals;
  if (critical + high > 0) announce(`${critical} new critical, ${high} high in ${EVERY_S} seconds.`);
  arrivals = zero();
  seconds = 0;
}
