/** The rows of the list as they are shown, with repeats folded into one row, and how many alerts there are in all. */
import { computed } from "@preact/signals";
import { type FoldedRows, Folding } from "../domain/folding.ts";
import { SEVERITIES, total } from "../domain/frames.ts";
import type { LiveAlerts } from "./live.ts";
import type { Query } from "./query.ts";
import type { Stats } from "./stats.ts";

export class Listing {
  readonly #query: Query;
  readonly #live: LiveAlerts;
  readonly #stats: Stats;
  readonly #folding = new Folding();

  constructor(query: Query, live: LiveAlerts, stats: Stats) {
    this.#query = query;
    this.#live = live;
    this.#stats = stats;
  }

  /** A new value for each paint: the array of rows stays the same object while it grows. */
  readonly shown = computed<FoldedRows>(() => {
    const { rows } = this.#live.list.value;
    if (!this.#query.fold.value) return { rows, folds: false };
    this.#folding.follow(rows);
    return { rows: this.#folding.rows, folds: true };
  });

  /** The number of alerts in this range that match, listed or not; `null` if unknown. */
  readonly alerts = computed<{ n: number; exact: boolean } | null>(() => {
    if (!this.#query.range.value.live) {
      const state = this.#live.rangeState.value;
      return state.is === "ready" ? { n: total(state.counts), exact: state.exact } : null;
    }
    const { matched } = this.#live.numbers.value;
    if (matched !== null) return { n: total(matched), exact: true };
    const { counts, known, exact } = this.#stats.counted.value;
    if (!known || this.#stats.stale.value) return null;
    const n = SEVERITIES.filter((severity) => this.#query.passes(severity)).reduce(
      (sum, each) => sum + counts[each],
      0,
    );
    return { n, exact };
  });

  /** The number of rows of the whole list, for screen readers; -1 if the number of rows to come is unknown. */
  readonly rowCount = computed<number>(() => {
    const { rows, folds } = this.shown.value;
    const state = this.#live.rangeState.value;
    if (state.is !== "ready" || !state.more) return rows.length;
    return folds || !state.exact ? -1 : total(state.counts);
  });
}
