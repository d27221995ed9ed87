/** The numbers of the page `/runtime`: of the stream where it has them, else of what the gateway was asked. */

import { computed, effect, signal } from "@preact/signals";
import { timeline as course, facets } from "../api/client.ts";
import { Asker, anySeverity, type Figures, isOf, type Look } from "../api/range_stats.ts";
import { isEmpty } from "../domain/filter.ts";
import { type Counts, SEVERITIES, type Severity, type Timeline, total } from "../domain/frames.ts";
import type { Dimension, TopValue } from "../domain/schemas.ts";
import { sums } from "../domain/timeline.ts";
import { gatewayNow, mode, numbers, pausedAt, rangeState, streamed, window_s } from "./live.ts";
import { filter, range, refreshes } from "./query.ts";

const TYPING_MS = 250;

const figures = signal<Figures | null>(null);
/** The filter once typing rests. */
const settled = signal(filter.peek());
const visible = signal(document.visibilityState === "visible");

/** What the numbers are to be of. */
const look = computed<Look>(() => {
  const shown = range.value;
  const wanted = { filter: settled.value };
  if (!shown.live) return { ...wanted, live: false, from: shown.from, to: shown.to };
  const length = window_s.value ?? 900;
  const stopped = pausedAt.value;
  if (stopped !== null) return { ...wanted, live: false, from: stopped - length * 1000, to: stopped };
  return { ...wanted, live: true, window_s: length };
});

const answer = computed<Figures | null>(() => (isOf(figures.value, look.value) ? figures.value : null));

/** Whether the stream has the numbers of all that is asked for but the severities. */
const fromStream = computed(() => mode.value === "live" && isEmpty(anySeverity(filter.value)));

/** Keeps the last value that there was, so that nothing blinks while the next one is on its way. */
function lasting<T>(read: () => T | null): () => T | null {
  let last: T | null = null;
  return () => {
    last = read() ?? last;
    return last;
  };
}

function newestCourse(): Timeline | null {
  return fromStream.value ? streamed.value.timeline : (answer.value?.course ?? null);
}

/** Counts over time under the filter without its severities. */
export const timeline = computed(lasting(newestCourse));

/** Whether what is shown is of an earlier question. */
export const stale = computed(() => newestCourse() === null && timeline.value !== null);

const everything = computed(() => mode.value === "live" && isEmpty(filter.value));

function newestTop(): Partial<Record<Dimension, TopValue[]>> | null {
  if (!everything.value) return answer.value?.facets?.top ?? null;
  return Object.keys(streamed.value.top).length > 0 ? streamed.value.top : null;
}

/** What is most frequent under the filter. */
export const top = computed(lasting(newestTop));

export const staleTop = computed(() => newestTop() === null && top.value !== null);

/** How many different values there are. */
export const distinct = computed(lasting(() => answer.value?.facets?.distinct ?? null));

/** Why numbers are missing, in words; empty where none are. */
export const missing = computed(() => (fromStream.value && everything.value ? "" : (answer.value?.why ?? "")));

export interface Counted {
  counts: Counts;
  /** Of the same length of time before; null where it is not known. */
  previous: Counts | null;
  /** Whether there are numbers at all, and whether they are all that happened. */
  known: boolean;
  exact: boolean;
}

/** The numbers of the cards. */
export const counted = computed<Counted>(() => {
  const { counts, previous, known } = numbers.value;
  const asked = answer.value?.previous ?? null;
  if (fromStream.value) return { counts, previous: something(asked ?? previous), known, exact: true };
  const found = answer.value?.course ?? null;
  if (found !== null) return { counts: sums(found), previous: something(asked), known: true, exact: found.exact };
  const last = timeline.value;
  return { counts: last ? sums(last) : counts, previous: null, known: last !== null, exact: true };
});

/** With nothing there is nothing to compare: most likely nobody looked yet. */
function something(counts: Counts | null): Counts | null {
  return counts !== null && total(counts) > 0 ? counts : null;
}

/** From when on (ms) all alerts of a severity are known, where that is later than the beginning of what is shown. */
export const complete_since = computed<Partial<Record<Severity, number>>>(() => {
  const state = rangeState.value;
  const shown = timeline.value;
  const begin = state.is === "ready" ? state.from : (shown?.t0 ?? 0) * 1000;
  const known: Partial<Record<string, number | null>> =
    state.is === "ready" ? state.complete_since : streamed.value.complete_since;
  const found: Partial<Record<Severity, number>> = {};
  for (const severity of SEVERITIES) {
    const since = known[severity];
    if (since && since > begin) found[severity] = since;
  }
  return found;
});

/** Asks for numbers while the page is looked at; answers how to stop. */
export function watchFigures(): () => void {
  const asker = new Asker({ timeline: course, facets }, { now: gatewayNow, later }, (found) => {
    figures.value = found;
  });
  const stops = [settle(), watchVisible()];
  const known = computed(() => numbers.value.known);
  const stop = effect(() => {
    refreshes.value;
    const wanted = look.value;
    asker.watch(visible.value && (known.value || !wanted.live) ? wanted : null);
  });
  return () => {
    for (const each of [...stops, stop]) each();
    asker.watch(null);
  };
}

function settle(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = effect(() => {
    const next = filter.value;
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

function watchVisible(): () => void {
  const changed = () => {
    visible.value = document.visibilityState === "visible";
  };
  document.addEventListener("visibilitychange", changed);
  return () => document.removeEventListener("visibilitychange", changed);
}

function later(run: () => void, ms: number): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}
