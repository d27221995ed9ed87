/** The values that the search box offers for a field: from the facets, and where a field has none from the rows at hand. */

import { facets } from "../api/client.ts";
import { tally, type Values } from "../domain/completion.ts";
import type { Field } from "../domain/filter.ts";
import { type Row, SEVERITIES } from "../domain/frames.ts";
import type { Dimension } from "../domain/schemas.ts";
import { bounds } from "../domain/time_range.ts";
import { list } from "./live.ts";
import { range } from "./query.ts";
import { top } from "./stats.ts";

const DIMENSIONS: Partial<Record<Field, Dimension>> = {
  event: "event",
  proc: "process",
  ns: "namespace",
  node: "node",
  wl: "workload",
  rule: "rule",
  att: "technique",
};

/** How many of the newest rows are looked through. */
const LOOKED_AT = 3000;

export const known: Values = (field) => {
  if (field === "sev") return SEVERITIES.map((severity) => [severity, 0] as const);
  const dimension = DIMENSIONS[field];
  const counted = dimension === undefined ? undefined : top.peek()?.[dimension];
  if (counted !== undefined) return counted.map(([value, n]) => [value, n] as const);
  return tally(rowValues(list.peek().rows.slice(-LOOKED_AT), field));
};

function* rowValues(rows: readonly Row[], field: Field): Generator<string> {
  for (const row of rows) yield* valuesOf(row, field);
}

/** What a row offers for a field, as a person would ask for it. */
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

/** Values of a field that the gateway counted, once typing rests; none where it does not say, or has no facet for it. */
export async function moreOf(field: Field, partial: string, signal: AbortSignal): Promise<[string, number][]> {
  const dimension = DIMENSIONS[field];
  if (dimension === undefined) return [];
  await new Promise((done) => setTimeout(done, TYPING_MS));
  if (signal.aborted) return [];
  try {
    const query = { ...bounds(range.peek(), Date.now()), filter: {} };
    const { top } = await facets(query, signal, { dimension, text: partial }, MOST);
    return (top[dimension] ?? []).map(([value, n]) => [value, n]);
  } catch {
    return [];
  }
}
