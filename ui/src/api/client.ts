/** The requests to the gateway's HTTP API. */

import type { Filter } from "../domain/frames.ts";
import type { AlertsPage, Ancestry, Dimension, Facets, TimelineAnswer } from "../domain/schemas.ts";

import { writeFilter } from "../domain/url_state.ts";

/** Why there is no answer, as a sentence. */
export class ApiError extends Error {
  /** The HTTP status; 0 if there was no answer at all. */
  readonly status: number;
  /** The reason that the gateway gave; empty if it gave none. */
  readonly reason: string;

  constructor(message: string, status = 0, reason = "") {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

/** An answer that did not come, for components. */
export interface Failed {
  is: "failed";
  why: string;
}

export function failed(error: unknown): Failed {
  return { is: "failed", why: error instanceof Error ? error.message : String(error) };
}

/** A range from `from` (inclusive) to `to` (exclusive), ms since 1970, and a filter. */
export interface Query {
  from: number;
  to: number;
  filter: Filter;
}

const TIMEOUT_MS = 10_000;

/** The body of an answer as text. If `signal` aborts the request, the promise rejects with the signal's reason. */
export async function askText(path: string, signal?: AbortSignal): Promise<string> {
  const late = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const answer = await fetch(path, {
      headers: { Accept: "application/json" },
      signal: signal ? AbortSignal.any([signal, late]) : late,
    });
    const text = await answer.text();
    if (!answer.ok) throw refusal(answer.status, reasonOf(text));
    return text;
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (error instanceof ApiError) throw error;
    throw new ApiError(
      late.aborted ? `The gateway did not answer within ${TIMEOUT_MS / 1000} s.` : "The gateway could not be reached.",
    );
  }
}

/** The body of an answer, from JSON. */
export async function ask<T>(path: string, signal?: AbortSignal): Promise<T> {
  const text = await askText(path, signal);
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new ApiError("The gateway's answer is not valid.");
  }
}

function refusal(status: number, reason: string): ApiError {
  return new ApiError(`The gateway answered ${status}${reason ? `: ${reason}` : "."}`, status, reason);
}

function reasonOf(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === "string" ? error.slice(0, 400) : "";
  } catch {
    return "";
  }
}

/** Whether there is a session: only then the gateway answers with the form to sign out, else it redirects. */
export async function canSignOut(): Promise<boolean> {
  return (await fetch("/logout", { method: "HEAD", redirect: "manual" })).ok;
}

/** A page of the retained rows of a range. The next page begins at the `before` of this one. */
export function alerts(
  query: Query,
  signal?: AbortSignal,
  before: string | null = null,
  limit = 200,
): Promise<AlertsPage> {
  const more = before === null ? [] : [`before=${encodeURIComponent(before)}`];
  return ask<AlertsPage>(address("alerts", query, `limit=${limit}`, ...more), signal);
}

/** The most frequent values. `narrow` limits one dimension to the values that contain a text. */
export function facets(
  query: Query,
  signal?: AbortSignal,
  narrow?: { dimension: Dimension; text: string },
  limit = 10,
): Promise<Facets> {
  const more = narrow?.text ? [`narrow=${encodeURIComponent(`${narrow.dimension}:${narrow.text}`)}`] : [];
  return ask<Facets>(address("facets", query, `limit=${limit}`, ...more), signal);
}

/** Counts of alerts over time. */
export function timeline(query: Query, step_s: number, signal?: AbortSignal): Promise<TimelineAnswer> {
  return ask<TimelineAnswer>(address("timeline", query, `step=${step_s}`), signal);
}

/** The processes above, beside and below the process of an alert. */
export function ancestry(id: string, signal?: AbortSignal): Promise<Ancestry> {
  return ask<Ancestry>(`/api/v1/alerts/${encodeURIComponent(id)}/ancestry`, signal);
}

/** The address of a download of the rows. */
export function exportAddress(query: Query, format: "csv" | "ndjson"): string {
  return address("export", query, `format=${format}`);
}

function address(what: string, { from, to, filter }: Query, ...more: string[]): string {
  return `/api/v1/${what}?${[`from=${from}`, `to=${to}`, ...writeFilter(filter), ...more].join("&")}`;
}
