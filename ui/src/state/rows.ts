/** The rows of the list as they are shown, with repeats as one row while that is wished, and how many alerts there are in all. */
import { computed } from "@preact/signals";
import { Folding, repeats } from "../domain/folding.ts";
import { type Row, SEVERITIES, total } from "../domain/frames.ts";
import { indexOf } from "../domain/row_order.ts";
import { list, numbers, rangeState } from "./live.ts";
import { fold, passes, range } from "./query.ts";
import { counted, stale } from "./stats.ts";

const folding = new Folding();

/** A new value with each paint: the array of rows stays the same object while it grows. */
export const listed = computed<{ rows: readonly Row[]; folds: boolean }>(() => {
  const { rows } = list.value;
  if (!fold.value) return { rows, folds: false };
  folding.follow(rows);
  return { rows: folding.rows, folds: true };
});

/** How many alerts there are of this time and filter, listed or not; `null` where that is not known. */
export const alertsIn = computed<{ n: number; exact: boolean } | null>(() => {
  if (!range.value.live) {
    const state = rangeState.value;
    return state.is === "ready" ? { n: total(state.counts), exact: state.exact } : null;
  }
  const { matched } = numbers.value;
  if (matched !== null) return { n: total(matched), exact: true };
  const { counts, known, exact } = counted.value;
  if (!known || stale.value) return null;
  return { n: SEVERITIES.filter(passes).reduce((sum, severity) => sum + counts[severity], 0), exact };
});

/** Rows of the whole list, for those who cannot see its end; -1 where it is not known how many are still to come. */
export const rowsIn = computed<number>(() => {
  const { rows, folds } = listed.value;
  const state = rangeState.value;
  if (state.is !== "ready" || !state.more) return rows.length;
  return folds || !state.exact ? -1 : total(state.counts);
});

/** The place of the row that stands for an alert, or -1. */
export function placeOf({ rows, folds }: { rows: readonly Row[]; folds: boolean }, id: string | null): number {
  const at = indexOf(rows, id);
  if (at >= 0 || id === null || !folds) return at;
  const found = rows.findLastIndex((row) => repeats(row).some((one) => one.id === id));
  return found < 0 ? -1 : rows.length - 1 - found;
}
