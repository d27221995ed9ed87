/** Numbers that the stream does not have: under a filter, of a past range, and of the range before. */

import { isEmpty } from "../domain/filter.ts";
import type { Counts, Filter } from "../domain/frames.ts";
import type { Facets, TimelineAnswer } from "../domain/schemas.ts";
import { stepOf, sums } from "../domain/timeline.ts";
import type { Query } from "./client.ts";

/** What is looked at: the last seconds, or from one moment to another (ms). */
export type StatsQuery = { filter: Filter } & (
  | { live: true; window_s: number }
  | { live: false; from: number; to: number }
);

export interface RangeStats {
  /** What they are of. */
  query: StatsQuery;
  /** Without the severities of the filter, so that hidden ones are counted too; null if the stream has it. */
  timeline: TimelineAnswer | null;
  /** Under the whole filter; null if there is no answer. */
  facets: Facets | null;
  /** Of the range of the same length before, without the severities of the filter; null if unknown. */
  previous: Counts | null;
  /** Why some of it is missing. */
  why: string;
}

export interface StatsApi {
  timeline(query: Query, step_s: number, signal: AbortSignal): Promise<TimelineAnswer>;
  facets(query: Query, signal: AbortSignal): Promise<Facets>;
}

/** The clock (ms, the gateway's) and a timer that can be called off. */
export interface Clock {
  now(): number;
  later(run: () => void, ms: number): () => void;
}

/** Poll intervals under a filter, and for what hardly changes. Each query makes the gateway scan all rows. */
const FILTERED_EVERY_MS = 5_000;
const EVERY_MS = 60_000;
/** The gateway rests this many times as long as it took to answer. */
const REST = 20;

export class RangeStatsPoll {
  readonly #api: StatsApi;
  readonly #clock: Clock;
  readonly #answered: (stats: RangeStats) => void;
  #last: RangeStats | null = null;
  /** When the range before was queried last. */
  #comparedAt = Number.NEGATIVE_INFINITY;
  #open: AbortController | null = null;
  #cancel = () => {};

  constructor(api: StatsApi, clock: Clock, answered: (stats: RangeStats) => void) {
    this.#api = api;
    this.#clock = clock;
    this.#answered = answered;
  }

  /** Polls these numbers from now on; null stops. */
  watch(query: StatsQuery | null): void {
    this.#cancel();
    this.#open?.abort();
    this.#open = null;
    if (query !== null) void this.#turn(query);
  }

  async #turn(query: StatsQuery): Promise<void> {
    const own = new AbortController();
    this.#open = own;
    const begun = this.#clock.now();
    let found: RangeStats = isOf(this.#last, query) ? { ...this.#last, why: "" } : { ...NONE, query };
    const steps = [this.#timeline, this.#facets, this.#previous];
    for (const step of steps) {
      try {
        found = { ...found, ...(await step.call(this, query, begun, own.signal)) };
      } catch (error) {
        found = { ...found, why: error instanceof Error ? error.message : String(error) };
      }
      if (this.#open !== own) return;
      this.#last = found;
      this.#answered(found);
    }
    this.#open = null;
    if (!query.live && found.why === "") return;
    const took = this.#clock.now() - begun;
    const every = isEmpty(query.filter) && found.why === "" ? EVERY_MS : FILTERED_EVERY_MS;
    this.#cancel = this.#clock.later(() => void this.#turn(query), Math.max(every, took * REST));
  }

  async #timeline(query: StatsQuery, now: number, signal: AbortSignal): Promise<Partial<RangeStats>> {
    const filter = anySeverity(query.filter);
    if (query.live && isEmpty(filter)) return {};
    return { timeline: await this.#api.timeline({ ...spanOf(query, now), filter }, stepFor(query), signal) };
  }

  async #facets(query: StatsQuery, now: number, signal: AbortSignal): Promise<Partial<RangeStats>> {
    return { facets: await this.#api.facets({ ...spanOf(query, now), filter: query.filter }, signal) };
  }

  /** One bar over the whole range before. If it is not complete there is nothing to compare with. */
  async #previous(query: StatsQuery, now: number, signal: AbortSignal): Promise<Partial<RangeStats>> {
    const { from, to } = spanOf(query, now);
    const length = to - from;
    const before = { from: from - length, to: from, filter: anySeverity(query.filter) };
    const known = isOf(this.#last, query) && this.#last.previous !== null;
    if (length > MOST_MS || (known && now - this.#comparedAt < EVERY_MS)) return {};
    const answer = await this.#api.timeline(before, Math.ceil(length / 1000), signal);
    this.#comparedAt = now;
    return { previous: answer.exact ? sums(answer) : null };
  }
}

const NONE = { timeline: null, facets: null, previous: null, why: "" };
/** A bar is at most a day wide. */
const MOST_MS = 86_400_000;

/** The filter without its severities: a card shows what its severity would add. */
export function anySeverity({ sev: _, ...rest }: Filter): Filter {
  return rest;
}

export function stepFor(query: StatsQuery): number {
  return stepOf(query.live ? query.window_s : (query.to - query.from) / 1000);
}

/** The range of the query, in whole bars, so that live bars keep their place from query to query. */
export function spanOf(query: StatsQuery, now: number): { from: number; to: number } {
  if (!query.live) return { from: query.from, to: query.to };
  const step_s = stepFor(query);
  const bars = Math.floor(query.window_s / step_s);
  const end = (Math.floor(now / 1000 / step_s) + 1) * step_s;
  return { from: (end - bars * step_s) * 1000, to: end * 1000 };
}

/** Whether an answer is of what is looked at. */
export function isOf(stats: RangeStats | null, query: StatsQuery): stats is RangeStats {
  return stats !== null && JSON.stringify(stats.query) === JSON.stringify(query);
}
