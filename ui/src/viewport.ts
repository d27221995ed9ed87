/** Which rows of a long list are drawn, and where: fixed row heights, and open rows with a fixed detail below. */

export interface Measures {
  /** Height of a row, px. */
  row: number;
  /** Height that an open row adds, px. */
  detail: number;
}

export interface Viewport {
  first: number;
  /** Behind the last row drawn. */
  end: number;
}

/** Rows drawn above and below what is seen, so that scrolling shows no blank. */
const OVERSCAN = 6;

/** Where row `index` begins, px from the top; `open` is the index of the open row, or -1. */
export function top(index: number, open: number, { row, detail }: Measures): number {
  return index * row + (open >= 0 && index > open ? detail : 0);
}

/** Height of the whole list, px. */
export function height(length: number, open: number, measures: Measures): number {
  return top(length, open, measures);
}

/** The row at `y` px from the top. */
export function at(y: number, open: number, { row, detail }: Measures): number {
  const openEnd = (open + 1) * row;
  if (open < 0 || y < openEnd) return Math.floor(y / row);
  return y < openEnd + detail ? open : Math.floor((y - detail) / row);
}

/** The rows to draw for a list scrolled by `scroll` in a frame of `visible` px. */
export function viewport(scroll: number, visible: number, length: number, open: number, measures: Measures): Viewport {
  const first = Math.max(0, at(Math.max(0, scroll), open, measures) - OVERSCAN);
  const end = Math.min(length, at(scroll + visible, open, measures) + 1 + OVERSCAN);
  return { first: Math.min(first, length), end: Math.max(end, 0) };
}

/** Where to scroll so that a row is seen whole (with its detail where that fits); the place it has where it is. */
export function reveal(index: number, scroll: number, visible: number, open: number, measures: Measures): number {
  const begin = top(index, open, measures);
  const end = begin + measures.row + (index === open ? measures.detail : 0);
  if (begin < scroll) return begin;
  return end > scroll + visible ? Math.min(begin, end - visible) : scroll;
}
