/** Every question that the page puts to the gateway over HTTP, with the shape of its answer. An error says why, in words. */

import type { Filter } from "../domain/frames.ts";
import type { AlertsPage, Ancestry, Dimension, Facets, TimelineAnswer } from "../domain/schemas.ts";

import { writeFilter } from "../domain/url_state.ts";

/** Why there is no answer, for people. `status` is 0 where none came at all. */
export class ApiError extends Error {
  readonly status: number;

  constructor(words: string, status = 0) {
    super(words);
    this.status = status;
  }
}

/** From when (inclusive) to when (exclusive), ms since 1970, and under which filter. */
export interface Query {
  from: number;
  to: number;
  filter: Filter;
}

const PATIENCE_MS = 10_000;

/** The JSON of one of the gateway's answers. An abort by `signal` rejects as well, with the signal's own reason. */
export async function ask<T>(path: string, signal?: AbortSignal): Promise<T> {
  const late = AbortSignal.timeout(PATIENCE_MS);
  try {
    const answer = await fetch(path, {
      headers: { Accept: "application/json" },
      signal: signal ? AbortSignal.any([signal, late]) : late,
    });
    if (!answer.ok) throw new ApiError(refusal(answer.status, await answer.text()), answer.status);
    return (await answer.json()) as T;
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (error instanceof ApiError) throw error;
    if (late.aborted) throw new ApiError(`The gateway did not answer within ${PATIENCE_MS / 1000} s.`);
    throw new ApiError(
      error instanceof SyntaxError ? "The gateway's answer makes no sense." : "The gateway could not be reached.",
    );
  }
}

function refusal(status: number, text: string): string {
  const reason = reasonOf(text);
  return reason ? `The gateway answered ${status}: ${reason}` : `The gateway answered ${status}.`;
}

function reasonOf(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === "string" ? error.slice(0, 400) : "";
  } catch {
    return "";
  }
}

/** A page of the rows that are held of a time; the next one begins at the `before` of the last. */
export function alerts(
  query: Query,
  signal?: AbortSignal,
  before: string | null = null,
  limit = 200,
): Promise<AlertsPage> {
  const more = before === null ? [] : [`before=${encodeURIComponent(before)}`];
  return ask<AlertsPage>(address("alerts", query, `limit=${limit}`, ...more), signal);
}

/** What is most frequent; of one dimension only the values that hold a text, where `narrow` says so. */
export function facets(
  query: Query,
  signal?: AbortSignal,
  narrow?: { dimension: Dimension; text: string },
  limit = 10,
): Promise<Facets> {
  const more = narrow?.text ? [`narrow=${encodeURIComponent(`${narrow.dimension}:${narrow.text}`)}`] : [];
  return ask<Facets>(address("facets", query, `limit=${limit}`, ...more), signal);
}

/** How many alerts there were, step by step. */
export function timeline(query: Query, step_s: number, signal?: AbortSignal): Promise<TimelineAnswer> {
  return ask<TimelineAnswer>(address("timeline", query, `step=${step_s}`), signal);
}

/** Processes above, beside and below the one of an alert. */
export function ancestry(id: string, signal?: AbortSignal): Promise<Ancestry> {
  return ask<Ancestry>(`/api/v1/alerts/${encodeURIComponent(id)}/ancestry`, signal);
}

/** Where a download of the rows is. */
export function exportAddress(query: Query, format: "csv" | "ndjson"): string {
  return address("export", query, `format=${format}`);
}

function address(what: string, { from, to, filter }: Query, ...more: string[]): string {
  return `/api/v1/${what}?${[`from=${from}`, `to=${to}`, ...writeFilter(filter), ...more].join("&")}`;
}
