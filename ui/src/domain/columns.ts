/** The columns that the list can have. The user chooses among them. */

export const COLUMNS = [
  "severity",
  "time",
  "alert",
  "process",
  "target",
  "event",
  "where",
  "container",
  "node",
  "rule",
  "technique",
] as const;
export type Column = (typeof COLUMNS)[number];

export const DEFAULT_COLUMNS: readonly Column[] = [
  "severity",
  "time",
  "alert",
  "process",
  "event",
  "where",
  "node",
  "technique",
];

export function isColumn(text: string): text is Column {
  return (COLUMNS as readonly string[]).includes(text);
}

/** Whether both name the same columns in the same order. */
export function sameColumns(one: readonly Column[], other: readonly Column[]): boolean {
  return one.length === other.length && one.every((column, index) => column === other[index]);
}
