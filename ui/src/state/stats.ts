/** The numbers of the page `/runtime`: from the stream if it has them, else from queries to the gateway. */
import { computed, effect, signal } from "@preact/signals";
import { facets, timeline } from "../api/client.ts";
import { anySeverity, isOf, type RangeStats, RangeStatsPoll, type StatsQuery } from "../api/range_stats.ts";
import { isEmpty } from "../domain/filter.ts";
import { type Counts, SEVERITIES, type Severity, type Timeline, total } from "../domain/frames.ts";
import type { Dimension, TopValue } from "../domain/schemas.ts";
import { sums } from "../domain/timeline.ts";
import type { LiveAlerts } from "./live.ts";
import type { Query } from "./query.ts";

const TYPING_MS = 250;

/** The numbers of the cards. */
export interface Counted {
  counts: Counts;
  /** Of the time range of the same length before; null if unknown. */
  previous: Counts | null;
  /** Whether there are numbers at all. */
  known: boolean;
  /** Whether they are all that happened. */
  exact: boolean;
}

export class Stats {
  readonly #query: Query;
  readonly #live: LiveAlerts;
  readonly #answered = signal<RangeStats | null>(null);
  /** The filter after the user stopped typing. */
  readonly #settled = signal<Query["filter"]["value"]>({});
  readonly #visible = signal(true);

  constructor(query: Query, live: LiveAlerts) {
    this.#query = query;
    this.#live = live;
  }

  /** What the numbers are of. */
  readonly #wanted = computed<StatsQuery>(() => {
    const range = this.#query.range.value;
    const filter = this.#settled.value;
    if (!range.live) return { filter, live: false, from: range.from, to: range.to };
    const length = this.#live.window_s.value ?? 900;
    const to = this.#live.pausedAt.value;
    return to === null
      ? { filter, live: true, window_s: length }
      : { filter, live: false, from: to - length * 1000, to };
  });

  readonly #answer = computed(() => (isOf(this.#answered.value, this.#wanted.value) ? this.#answered.value : null));

  /** Whether the stream has the timeline: of everything but the severities. */
  readonly #streamed = computed(
    () => this.#live.mode.value === "live" && isEmpty(anySeverity(this.#query.filter.value)),
  );

  /** Whether the stream has the facets. */
  readonly #unfiltered = computed(() => this.#live.mode.value === "live" && isEmpty(this.#query.filter.value));

  #newestTimeline(): Timeline | null {
    return this.#streamed.value ? this.#live.streamed.value.timeline : (this.#answer.value?.timeline ?? null);
  }

  #newestTop(): Partial<Record<Dimension, TopValue[]>> | null {
    if (!this.#unfiltered.value) return this.#answer.value?.facets?.top ?? null;
    const { top } = this.#live.streamed.value;
    return Object.keys(top).length > 0 ? top : null;
  }

  /** Counts over time under the filter without its severities. */
  readonly timeline = computed(keepLast(() => this.#newestTimeline()));
  /** Whether the timeline belongs to an earlier query. */
  readonly stale = computed(() => this.#newestTimeline() === null && this.timeline.value !== null);
  /** The most frequent values under the filter. */
  readonly top = computed(keepLast(() => this.#newestTop()));
  readonly staleTop = computed(() => this.#newestTop() === null && this.top.value !== null);
  /** The number of different values. */
  readonly distinct = computed(keepLast(() => this.#answer.value?.facets?.distinct ?? null));
  /** Why numbers are missing; empty if none are. */
  readonly missing = computed(() => (this.#unfiltered.value ? "" : (this.#answer.value?.why ?? "")));

  readonly counted = computed<Counted>(() => {
    const { counts, previous, known } = this.#live.numbers.value;
    const before = this.#answer.value?.previous ?? null;
    if (this.#streamed.value) return { counts, previous: comparable(before ?? previous), known, exact: true };
    const found = this.#answer.value?.timeline ?? null;
    if (found !== null) return { counts: sums(found), previous: comparable(before), known: true, exact: found.exact };
    const last = this.timeline.value;
    return { counts: last ? sums(last) : counts, previous: null, known: last !== null, exact: true };
  });

  /** From when on (ms) all alerts of a severity are known, if that is after the beginning of the range. */
  readonly complete_since = computed<Partial<Record<Severity, number>>>(() => {
    const state = this.#live.rangeState.value;
    const begin = state.is === "ready" ? state.from : (this.timeline.value?.t0 ?? 0) * 1000;
    const known: Partial<Record<string, number | null>> =
      state.is === "ready" ? state.complete_since : this.#live.streamed.value.complete_since;
    const found: Partial<Record<Severity, number>> = {};
    for (const severity of SEVERITIES) {
      const since = known[severity];
      if (since && since > begin) found[severity] = since;
    }
    return found;
  });

  /** Queries the gateway while the page is shown. Returns a function that ends this. */
  watch(): () => void {
    const live = this.#live;
    const poll = new RangeStatsPoll({ timeline, facets }, { now: () => live.gatewayNow(), later }, (answer) => {
      this.#answered.value = answer;
    });
    const stops = [this.#settle(), this.#watchVisibility()];
    const known = computed(() => live.numbers.value.known);
    const stop = effect(() => {
      this.#query.refreshes.value;
      const wanted = this.#wanted.value;
      poll.watch(this.#visible.value && (known.value || !wanted.live) ? wanted : null);
    });
    return () => {
      for (const each of [...stops, stop]) each();
      poll.watch(null);
    };
  }

  #settle(): () => void {
    this.#settled.value = this.#query.filter.peek();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = effect(() => {
      const next = this.#query.filter.value;
      clearTimeout(timer);
      timer = setTimeout(() => {
        this.#settled.value = next;
      }, TYPING_MS);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }

  #watchVisibility(): () => void {
    const changed = () => {
      this.#visible.value = document.visibilityState === "visible";
    };
    changed();
    document.addEventListener("visibilitychange", changed);
    return () => document.removeEventListener("visibilitychange", changed);
  }
}

/** Returns the last value that there was, so that nothing blinks until the next one arrives. */
function keepLast<T>(read: () => T | null): () => T | null {
  let last: T | null = null;
  return () => {
    last = read() ?? last;
    return last;
  };
}

/** An empty range before is no basis for a comparison: most likely nothing was observed. */
function comparable(counts: Counts | null): Counts | null {
  return counts !== null && total(counts) > 0 ? counts : null;
}

function later(run: () => void, ms: number): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}
