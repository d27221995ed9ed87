/** The rows of the list as they are shown, with repeats folded into one row, and how many alerts there are in all. */
import { computed } from "@preact/signals";
import { type FoldedRows, Folding } from "../domain/folding.ts";
import { SEVERITIES, total } from "../domain/frames.ts";
import { onReset } from "./fresh.ts";
import * as live from "./live.ts";
import * as query from "./query.ts";
import * as stats from "./stats.ts";

let folding: Folding;

onReset(() => {
  folding = new Folding();
});

/** A new value for each paint: the array of rows stays the same object while it grows. */
export const shown = computed<FoldedRows>(() => {
  const { rows } = live.list.value;
  if (!query.fold.value) return { rows, folds: false };
  folding.follow(rows);
  return { rows: folding.rows, folds: true };
});
/** The number of alerts in this range that match, listed or not; `null` if unknown. */
export const alerts = computed<{ n: number; exact: boolean } | null>(() => {
  if (!query.range.value.live) {
    const state = live.rangeState.value;
    return state.is === "ready" ? { n: total(state.counts), exact: state.exact } : null;
  }
  const { matched } = live.numbers.value;
  if (matched !== null) return { n: total(matched), exact: true };
  const { counts, known, exact } = stats.counted.value;
  if (!known || stats.stale.value) return null;
  return { n: SEVERITIES.reduce((sum, each) => sum + (query.passes(each) ? counts[each] : 0), 0), exact };
});
/** The number of rows of the whole list, for screen readers; -1 if the number of rows to come is unknown. */
export const rowCount = computed<number>(() => {
  const { rows, folds } = shown.value;
  const state = live.rangeState.value;
  if (state.is !== "ready" || !state.more) return rows.length;
  return folds || !state.exact ? -1 : total(state.counts);
});
