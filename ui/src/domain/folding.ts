/** Repeats as one row: alerts of one fingerprint and severity within ten seconds. */
import type { Row } from "./frames.ts";
import { indexOf } from "./row_order.ts";

/** Repeats are gathered by the ten seconds of the clock that they fall in, so that the same alerts fold alike everywhere. */
export const WITHIN_MS = 10_000;

/** The rows that a row of the folded list stands for, with itself, oldest first. */
const gathered = new WeakMap<Row, Row[]>();

/** The rows that a row of the folded list stands for, oldest first. */
export function repeats(row: Row): readonly Row[] {
  return gathered.get(row) ?? [row];
}

/** The number of alerts of a row. It is exact even if the gateway folded some of them. */
export function alertsOf(row: Row, folds = true): number {
  return (folds ? repeats(row) : [row]).reduce((sum, { n = 1 }) => sum + n, 0);
}

/** The rows of a list, folded or not, oldest first. */
export interface FoldedRows {
  rows: readonly Row[];
  folds: boolean;
}

/** The position of the row of an alert, 0 is the newest; -1 if there is none. */
export function positionOf({ rows, folds }: FoldedRows, id: string | null): number {
  const at = indexOf(rows, id);
  if (at >= 0 || id === null || !folds) return at;
  const found = rows.findLastIndex((row) => repeats(row).some((one) => one.id === id));
  return found < 0 ? -1 : rows.length - 1 - found;
}

/** A folded list that follows a growing one: what did not change is not looked at again. */
export class Folding {
  /** The newest of each group, oldest first. */
  readonly rows: Row[] = [];
  #seen: Row[] = [];

  /** Takes the whole list, oldest first. */
  follow(rows: readonly Row[]): void {
    const dropped = this.#dropped(rows);
    const same = this.#same(rows, dropped);
    if (dropped === 0 && same === this.#seen.length && same === rows.length) return;
    const from = rows[same] ?? this.#seen[same + dropped];
    if (from !== undefined || dropped > 0) this.#again(rows, from === undefined ? rows.length : same, dropped);
    this.#seen = rows.slice();
  }

  /** How many of the oldest are no longer in the list. */
  #dropped(rows: readonly Row[]): number {
    const oldest = rows[0];
    const at = oldest === undefined ? -1 : this.#seen.indexOf(oldest);
    return at < 0 ? this.#seen.length : at;
  }

  /** The number of rows at the same position as before. */
  #same(rows: readonly Row[], dropped: number): number {
    const most = Math.min(rows.length, this.#seen.length - dropped);
    let same = 0;
    while (same < most && rows[same] === this.#seen[same + dropped]) same += 1;
    return same;
  }

  /** Folds again from the ten seconds of the first change on, and drops rows that are too old. */
  #again(rows: readonly Row[], same: number, dropped: number): void {
    const first = rows[0];
    if (first === undefined) {
      this.rows.length = 0;
      return;
    }
    const changed = Math.min(
      ...[rows[same], this.#seen[same + dropped]].map((row) => (row === undefined ? Number.POSITIVE_INFINITY : row.t)),
    );
    let from = same;
    if (Number.isFinite(changed)) {
      const begin = bucket(changed);
      while (from > 0 && bucket((rows[from - 1] as Row).t) >= begin) from -= 1;
      while (this.rows.length > 0 && bucket((this.rows.at(-1) as Row).t) >= begin) this.rows.pop();
    }
    // A group of which a part is gone still says how many alerts it stood for.
    if (dropped > 0) {
      const kept = this.rows.findIndex((row) => row.t >= first.t);
      this.rows.splice(0, kept < 0 ? this.rows.length : kept);
    }
    this.#add(rows, from);
  }

  #add(rows: readonly Row[], from: number): void {
    let groups = new Map<string, Row[]>();
    let now = Number.NaN;
    const flush = () => {
      for (const group of groups.values()) this.rows.push(lead(group));
    };
    for (let index = from; index < rows.length; index += 1) {
      const row = rows[index] as Row;
      const at = bucket(row.t);
      if (at !== now) {
        flush();
        groups = new Map();
        now = at;
      }
      const key = row.fp ? `${row.sev} ${row.fp}` : row.id;
      const group = groups.get(key) ?? [];
      group.push(row);
      // The group is at the position of its newest alert.
      groups.delete(key);
      groups.set(key, group);
    }
    flush();
  }
}

function bucket(t: number): number {
  return Math.floor(t / WITHIN_MS);
}

function lead(group: Row[]): Row {
  const newest = group.at(-1) as Row;
  if (group.length > 1) gathered.set(newest, group);
  else gathered.delete(newest);
  return newest;
}
