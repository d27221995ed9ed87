/** Names and widths of the list's columns, and which of the chosen ones fit. */
import { COLUMNS, type Column } from "./columns.ts";

export const COLUMN_NAMES: Record<Column, string> = {
  severity: "Severity",
  time: "Time",
  alert: "Alert",
  process: "Process",
  target: "Target",
  event: "Event",
  where: "Namespace / pod",
  container: "Container",
  node: "Node",
  rule: "Rule",
  technique: "ATT&CK",
};

/** The least width of a column, px, and the track of the grid that it gets. */
const WIDTHS: Record<Column, [least: number, track: string]> = {
  severity: [76, "76px"],
  time: [112, "112px"],
  alert: [150, "minmax(150px, 1.4fr)"],
  process: [140, "minmax(140px, 1.5fr)"],
  target: [130, "minmax(130px, 1.1fr)"],
  event: [112, "minmax(112px, .55fr)"],
  where: [130, "minmax(130px, .95fr)"],
  container: [90, "minmax(90px, .5fr)"],
  node: [76, "minmax(76px, .4fr)"],
  rule: [110, "minmax(110px, .6fr)"],
  technique: [72, "72px"],
};

/** The order in which columns are dropped if there is no room. The others stay. */
const GO_FIRST: readonly Column[] = ["container", "rule", "node", "event", "target", "technique"];

const GAP = 12;
const EDGES = 26;

/** The chosen columns that fit into `width` px; all of them if the width is unknown. */
export function fitting(columns: readonly Column[], width: number): readonly Column[] {
  let kept = columns;
  for (const least of GO_FIRST) {
    if (width <= 0 || needed(kept) <= width) break;
    kept = kept.filter((column) => column !== least);
  }
  return kept;
}

function needed(columns: readonly Column[]): number {
  return columns.reduce((sum, column) => sum + WIDTHS[column][0] + GAP, EDGES - GAP);
}

/** The tracks of the grid. If no column grows, an empty track takes the rest. */
export function tracks(columns: readonly Column[]): string {
  const all = columns.map((column) => WIDTHS[column][1]);
  return (all.some((track) => track.includes("fr")) ? all : [...all, "1fr"]).join(" ");
}

/** With a column more or less, a new one in its usual place; the last one stays. */
export function turned(columns: readonly Column[], column: Column): readonly Column[] {
  if (!columns.includes(column)) {
    const usual = COLUMNS.indexOf(column);
    const at = columns.findIndex((other) => COLUMNS.indexOf(other) > usual);
    return at < 0 ? [...columns, column] : [...columns.slice(0, at), column, ...columns.slice(at)];
  }
  return columns.length > 1 ? columns.filter((other) => other !== column) : columns;
}
