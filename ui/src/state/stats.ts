/** The numbers of the page `/runtime`: from the stream if it has them, else from queries to the gateway. */
import { computed, effect } from "@preact/signals";
import { all, browser, listen } from "../api/browser.ts";
import * as api from "../api/client.ts";
import { anySeverity, isOf, type RangeStats, RangeStatsPoll, type StatsQuery } from "../api/range_stats.ts";
import { isEmpty } from "../domain/filter.ts";
import { type Counts, type Filter, SEVERITIES, type Severity, type Timeline, total } from "../domain/frames.ts";
import type { Dimension, TopValue } from "../domain/schemas.ts";
import { sums } from "../domain/timeline.ts";
import { fresh, onReset } from "./fresh.ts";
import * as live from "./live.ts";
import * as query from "./query.ts";

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

const answered = fresh<RangeStats | null>(() => null);
/** The filter after the user stopped typing. */
const settled = fresh<Filter>(() => ({}));
const visible = fresh(() => true);

/** What the numbers are of. */
const wanted = computed<StatsQuery>(() => {
  const range = query.range.value;
  const filter = settled.value;
  if (!range.live) return { filter, live: false, from: range.from, to: range.to };
  const length = live.window_s.value ?? 900;
  const to = live.pausedAt.value;
  return to === null ? { filter, live: true, window_s: length } : { filter, live: false, from: to - length * 1000, to };
});

const answer = computed(() => (isOf(answered.value, wanted.value) ? answered.value : null));

/** Whether the stream has the timeline: of everything but the severities. */
const streamed = computed(() => live.mode.value === "live" && isEmpty(anySeverity(query.filter.value)));

/** Whether the stream has the facets. */
const unfiltered = computed(() => live.mode.value === "live" && isEmpty(query.filter.value));

function newestTimeline(): Timeline | null {
  return streamed.value ? live.streamed.value.timeline : (answer.value?.timeline ?? null);
}

function newestTop(): Partial<Record<Dimension, TopValue[]>> | null {
  if (!unfiltered.value) return answer.value?.facets?.top ?? null;
  const { top } = live.streamed.value;
  return Object.keys(top).length > 0 ? top : null;
}

/** Counts over time under the filter without its severities. */
export const timeline = computed(keepLast(() => newestTimeline()));
/** Whether the timeline belongs to an earlier query. */
export const stale = computed(() => newestTimeline() === null && timeline.value !== null);
/** The most frequent values under the filter. */
export const top = computed(keepLast(() => newestTop()));
export const staleTop = computed(() => newestTop() === null && top.value !== null);
/** The number of different values. */
export const distinct = computed(keepLast(() => answer.value?.facets?.distinct ?? null));
/** Why numbers are missing; empty if none are. */
export const missing = computed(() => (unfiltered.value ? "" : (answer.value?.why ?? "")));

export const counted = computed<Counted>(() => {
  const { counts, previous, known } = live.numbers.value;
  const before = answer.value?.previous ?? null;
  if (streamed.value) return { counts, previous: comparable(before ?? previous), known, exact: true };
  const found = answer.value?.timeline ?? null;
  if (found !== null) return { counts: sums(found), previous: comparable(before), known: true, exact: found.exact };
  const last = timeline.value;
  return { counts: last ? sums(last) : counts, previous: null, known: last !== null, exact: true };
});

/** From when on (ms) all alerts of a severity are known, if that is after the beginning of the range. */
export const complete_since = computed<Partial<Record<Severity, number>>>(() => {
  const state = live.rangeState.value;
  const begin = state.is === "ready" ? state.from : (timeline.value?.t0 ?? 0) * 1000;
  const known: Partial<Record<string, number | null>> =
    state.is === "ready" ? state.complete_since : live.streamed.value.complete_since;
  const found: Partial<Record<Severity, number>> = {};
  for (const severity of SEVERITIES) {
    const since = known[severity];
    if (since && since > begin) found[severity] = since;
  }
  return found;
});

/** Queries the gateway while the page is shown. Returns a function that ends this. */
export function watch(): () => void {
  const poll = new RangeStatsPoll(api, { now: live.gatewayNow, later: browser.later }, (answer) => {
    answered.value = answer;
  });
  const known = computed(() => live.numbers.value.known);
  return all(
    settle(),
    watchVisibility(),
    effect(() => {
      query.refreshes.value;
      const next = wanted.value;
      poll.watch(visible.value && (known.value || !next.live) ? next : null);
    }),
    () => poll.watch(null),
  );
}

function settle(): () => void {
  settled.value = query.filter.peek();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = effect(() => {
    const next = query.filter.value;
    clearTimeout(timer);
    timer = setTimeout(() => {
      settled.value = next;
    }, TYPING_MS);
  });
  return () => {
    clearTimeout(timer);
    stop();
  };
}

function watchVisibility(): () => void {
  const changed = () => {
    visible.value = document.visibilityState === "visible";
  };
  changed();
  return listen(document, "visibilitychange", changed);
}

/** Returns the last value that there was, so that nothing blinks until the next one arrives. */
function keepLast<T>(read: () => T | null): () => T | null {
  let last: T | null;
  onReset(() => {
    last = null;
  });
  return () => {
    last = read() ?? last;
    return last;
  };
}

/** An empty range before is no basis for a comparison: most likely nothing was observed. */
function comparable(counts: Counts | null): Counts | null {
  return counts !== null && total(counts) > 0 ? counts : null;
}
