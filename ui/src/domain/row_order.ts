/** The order of rows. Lists are kept oldest first, because they grow there, and shown newest first. */
import type { Row } from "./frames.ts";

/** The row at a place, 0 is the newest. */
export function rowAt(rows: readonly Row[], index: number): Row | undefined {
  return rows[rows.length - 1 - index];
}

/** The place of a row, or -1. */
export function indexOf(rows: readonly Row[], id: string | null): number {
  if (id === null) return -1;
  const found = rows.findLastIndex((row) => row.id === id);
  return found < 0 ? -1 : rows.length - 1 - found;
}

/** By time; the stream decides between alerts of the same time. */
export function order(a: Row, b: Row): number {
  return a.t - b.t || a.seq - b.seq;
}

/** Where `row` belongs in an ordered list, before its equals or (`after`) behind them. */
export function place(rows: readonly Row[], row: Row, after = false): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const compared = order(rows[middle] as Row, row);
    if (compared < 0 || (after && compared === 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Merges an ordered batch into an ordered list; only the part that is newer than the batch's oldest is moved. */
export function merge(rows: Row[], batch: readonly Row[]): void {
  const oldest = batch[0];
  if (oldest === undefined) return;
  const tail = rows.splice(place(rows, oldest, true));
  let next = 0;
  for (const row of batch) {
    while (next < tail.length && order(tail[next] as Row, row) <= 0) rows.push(tail[next++] as Row);
    rows.push(row);
  }
  while (next < tail.length) rows.push(tail[next++] as Row);
}
