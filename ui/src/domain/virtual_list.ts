/** Which rows of a long list are drawn, and where. Rows have a fixed height; open rows have a fixed detail below. */

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

/** The number of open rows before a row. `open` is in ascending order. */
export function before(index: number, open: readonly number[]): number {
  const found = open.findIndex((each) => each >= index);
  return found < 0 ? open.length : found;
}

/** Where row `index` begins, px from the top; `open` are the open rows in ascending order. */
export function top(index: number, open: readonly number[], { row, detail }: Measures): number {
  return index * row + before(index, open) * detail;
}

/** Height of the whole list, px. */
export function height(length: number, open: readonly number[], measures: Measures): number {
  return top(length, open, measures);
}

/** The row at `y` px from the top; a detail belongs to its row. */
export function at(y: number, open: readonly number[], { row, detail }: Measures): number {
  let details = 0;
  for (const index of open) {
    const end = (index + 1) * row + details;
    if (y < end) break;
    if (y < end + detail) return index;
    details += detail;
  }
  return Math.floor((y - details) / row);
}

/** The rows to draw for a list scrolled by `scroll` in a frame of `visible` px. */
export function viewport(
  scroll: number,
  visible: number,
  length: number,
  open: readonly number[],
  measures: Measures,
): Viewport {
  const first = Math.max(0, at(Math.max(0, scroll), open, measures) - OVERSCAN);
  const end = Math.min(length, at(scroll + visible, open, measures) + 1 + OVERSCAN);
  return { first: Math.min(first, length), end: Math.max(end, 0) };
}

/** The scroll position that shows a whole row, with its detail if that fits; the present one if it does already. */
export function reveal(
  index: number,
  scroll: number,
  visible: number,
  open: readonly number[],
  measures: Measures,
): number {
  const begin = top(index, open, measures);
  const end = begin + measures.row + (open.includes(index) ? measures.detail : 0);
  if (begin < scroll) return begin;
  return end > scroll + visible ? Math.min(begin, end - visible) : scroll;
}
