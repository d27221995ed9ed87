/** What a screen reader says: answers to an action at once, new alerts at most every ten seconds. */
import { signal } from "@preact/signals";
import { type Counts, zero } from "../domain/frames.ts";

const EVERY_S = 10;

export class LiveRegion {
  /** The text of the one polite live region. */
  readonly text = signal("");
  #arrivals: Counts = zero();
  #seconds = 0;

  announce(text: string): void {
    // A screen reader repeats the same words only if the text differs.
    this.text.value = this.text.peek() === text ? `${text}\u00a0` : text;
  }

  /** Adds up the new alerts of each second. Announces critical and high ones every ten seconds. */
  countArrivals(rate: Counts): void {
    this.#arrivals.critical += rate.critical;
    this.#arrivals.high += rate.high;
    this.#seconds += 1;
    if (this.#seconds < EVERY_S) return;
    const { critical, high } = this.#arrivals;
    if (critical + high > 0) this.announce(`${critical} new critical, ${high} high in ${EVERY_S} seconds.`);
    this.#arrivals = zero();
    this.#seconds = 0;
  }
}
