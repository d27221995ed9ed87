/** The lists of the most frequent values: which there are, and how they are filtered. */

import { type Field, sideOf, signed } from "./filter.ts";
import type { Filter, Severity } from "./frames.ts";
import type { Dimension, TopValue } from "./schemas.ts";

export interface Facet {
  dimension: Dimension;
  field: Field;
  title: string;
  /** One value of the list, for screen readers. */
  noun: string;
}

export const FACETS: readonly Facet[] = [
  { dimension: "event", field: "event", title: "Event types", noun: "event type" },
  { dimension: "process", field: "proc", title: "Processes", noun: "process" },
  { dimension: "namespace", field: "ns", title: "Namespaces", noun: "namespace" },
  { dimension: "node", field: "node", title: "Nodes", noun: "node" },
  { dimension: "workload", field: "wl", title: "Workloads", noun: "workload" },
  { dimension: "rule", field: "rule", title: "Rules", noun: "rule" },
  { dimension: "technique", field: "att", title: "ATT&CK techniques", noun: "technique" },
];

export interface Line {
  value: string;
  /** `null` if the filter names the value but it is not among the counted ones. */
  n: number | null;
  worst: Severity | null;
  /** Whether the filter includes or excludes it. */
  is: "free" | "included" | "excluded";
  /** Its length beside the longest, 0 to 1. */
  share: number;
}

/** The lines of a list: what was counted, most frequent first, and then what the filter names beside it. */
export function lines(entries: readonly TopValue[], field: Field, filter: Filter, narrowed = ""): Line[] {
  const values = filter[field] ?? [];
  const included = sideOf(values, false);
  const excluded = sideOf(values, true);
  const wanted = narrowed.toLowerCase();
  const fits = (value: string) => value.toLowerCase().includes(wanted);
  const is = (value: string): Line["is"] =>
    included.includes(value) ? "included" : excluded.includes(value) ? "excluded" : "free";
  const most = Math.max(1, ...entries.map(([, n]) => n));
  const counted: Line[] = entries
    .filter(([value]) => fits(value))
    .map(([value, n, worst]) => ({ value, n, worst, is: is(value), share: n / most }));
  const named = [...included, ...excluded].filter(
    (value) => !entries.some(([known]) => known === value) && fits(value),
  );
  return [...counted, ...named.map((value) => ({ value, n: null, worst: null, is: is(value), share: 0 }))];
}

/** `5 of 7`, `12`, `10 or more`: the number of included values, and of all values. */
export function howMany(shown: number, distinct: number | undefined, asked: number): string {
  const all = distinct === undefined ? (shown >= 10 ? "10 or more" : String(shown)) : distinct.toLocaleString("en-US");
  return asked > 0 ? `${asked} of ${all}` : all;
}

/** The number of included values of a field. */
export function asked(filter: Filter, field: Field): number {
  return sideOf(filter[field] ?? [], false).length;
}

/** Whether the filter has this value in this sense. */
export function has(filter: Filter, field: Field, value: string, excludes: boolean): boolean {
  return (filter[field] ?? []).includes(signed(value, excludes));
}
