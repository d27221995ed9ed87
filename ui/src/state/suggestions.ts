/** The values that the search box suggests for a field. */

import { facets } from "../api/client.ts";
import { tally, type Values } from "../domain/completion.ts";
import type { Field } from "../domain/filter.ts";
import { type Row, SEVERITIES } from "../domain/frames.ts";
import type { Dimension } from "../domain/schemas.ts";
import { bounds } from "../domain/time_range.ts";
import * as live from "./live.ts";
import * as query from "./query.ts";
import * as stats from "./stats.ts";

const DIMENSIONS: Partial<Record<Field, Dimension>> = {
  event: "event",
  proc: "process",
  ns: "namespace",
  node: "node",
  wl: "workload",
  rule: "rule",
  att: "technique",
};

/** The number of newest rows that are scanned. */
const SCANNED = 3000;

/** The values of a field: from the facets, or from the loaded rows for a field without facets. */
export const known: Values = (field) => {
  if (field === "sev") return SEVERITIES.map((severity) => [severity, 0] as const);
  const dimension = DIMENSIONS[field];
  const counted = dimension === undefined ? undefined : stats.top.peek()?.[dimension];
  if (counted !== undefined) return counted.map(([value, n]) => [value, n] as const);
  return tally(rowValues(live.list.peek().rows.slice(-SCANNED), field));
};

function* rowValues(rows: readonly Row[], field: Field): Generator<string> {
  for (const row of rows) yield* valuesOf(row, field);
}

/** The values of a row's field, as a user would type them. */
function valuesOf(row: Row, field: Field): readonly string[] {
  switch (field) {
    case "proc":
      return [row.bin ?? ""];
    case "event":
      return [row.fn ?? row.event ?? ""];
    case "kind":
      return [(row.event ?? "").replace(/^process_/, "")];
    case "att":
      return row.att ?? [];
    case "rule":
      return row.rules ?? [row.rule ?? ""];
    default:
      return [row[field] ?? ""];
  }
}

const TYPING_MS = 150;
const MOST = 8;

/** Asks the gateway for values of a field when the user stops typing. None if there is no facet or no answer. */
export async function moreOf(field: Field, partial: string, signal: AbortSignal): Promise<[string, number][]> {
  const dimension = DIMENSIONS[field];
  if (dimension === undefined) return [];
  await new Promise((done) => setTimeout(done, TYPING_MS));
  if (signal.aborted) return [];
  try {
    const request = { ...bounds(query.range.peek(), Date.now()), filter: {} };
    const { top } = await facets(request, signal, { dimension, text: partial }, MOST);
    return (top[dimension] ?? []).map(([value, n]) => [value, n]);
  } catch {
    return [];
  }
}
