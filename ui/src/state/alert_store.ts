/** The alerts of the stream: rows in order and without repeats, counts, and the list that can be frozen. */
import { isEmpty, matcher, narrows } from "../domain/filter.ts";
import {
  type Alerts,
  type Counts,
  type Filter,
  type Gap,
  type Row,
  type ServerFrame,
  type Snapshot,
  type Stats,
  type Timeline,
  type Top,
  total,
  zero,
} from "../domain/frames.ts";
import { type Late, LateArrivals } from "../domain/late_arrivals.ts";
import { merge, order, place } from "../domain/row_order.ts";
import { moved } from "../domain/timeline.ts";

export const CAPACITY = 50_000;
/** Rows count as omitted for this long after a frame that left some out. */
const OMITTED_FOR_MS = 2_000;
const LAGGING_MS = 2_000;
const LAGGING_FOR_MS = 5_000;
/** Builds the searched text of a row when it arrives, so that the first search is fast. */
const prepare = matcher({ q: "\u0000" });

/** Why the list is frozen without a pause. */
export type FreezeReason = "scrolled" | "pointer" | "open" | "selection" | "focus";

/** The numbers of the cards. */
export interface Numbers {
  counts: Counts;
  previous: Counts | null;
  /** Counts under the filter, if the gateway sends them. */
  matched: Counts | null;
  rate: Counts;
  /** Whether the gateway has sent any number yet. */
  known: boolean;
}

export interface MissedRange {
  why: Gap["why"];
  alerts: number;
  /** Times of the last row before the gap and of the first one after it, if there are any. */
  from_ms: number | null;
  to_ms: number | null;
}

export class AlertStore {
  readonly #capacity: number;
  #all: Row[] = [];
  #shown: Row[] = this.#all;
  #known = new Map<string, Row>();
  #filter: Filter = {};
  /** The filter under which the rows are complete; null if they are not. */
  #complete: Filter | null = {};
  #reasons = new Set<FreezeReason>();
  #frozen: readonly Row[] | null = null;
  /** Rows of the list that are not painted yet. */
  #unpainted = new Set<Row>();
  #paused: { at: number; numbers: Numbers } | null = null;
  #numbers: Numbers = { counts: zero(), previous: null, matched: null, rate: zero(), known: false };
  #pendingGap: Gap | null = null;
  #omittedAt = Number.NEGATIVE_INFINITY;
  #lateSince: number | null = null;
  #lastStats = 0;
  #fastest = Number.POSITIVE_INFINITY;
  #transport_ms = 0;
  #pipeline_ms: number | null = null;

  /** Timeline and top values of all alerts, without the filter. */
  timeline: Timeline | null = null;
  top: Top = {};
  window_s: number | null = null;
  /** The beginning of the window by the gateway's clock, ms. Older rows are not listed. */
  since_ms = Number.NEGATIVE_INFINITY;
  /** The gateway's clock minus the browser's, ms. */
  ahead_ms = 0;
  complete_since: Partial<Counts> = {};
  /** Whether the gateway has no capacity for the search at the moment. */
  busy = false;
  /** Messages waiting in NATS. */
  pending = 0;
  /** The alerts that could not be replayed, until the user dismisses the notice. */
  missed: MissedRange | null = null;
  /** Alerts from the time without a connection that were added since; null if their number is unknown. */
  recovered: number | null = 0;

  #late = new LateArrivals();

  constructor(capacity: number = CAPACITY) {
    this.#capacity = capacity;
  }

  receive(frame: ServerFrame, at: number): void {
    switch (frame.k) {
      case "hello":
        this.#fastest = at - frame.now;
        this.ahead_ms = frame.now - at;
        this.recovered = 0;
        break;
      case "snapshot":
        this.#snapshot(frame);
        break;
      case "alerts":
        this.#alerts(frame, at);
        break;
      case "stats":
        this.#stats(frame, at);
        break;
      case "gap":
        this.#pendingGap = frame;
        break;
    }
  }

  #snapshot(frame: Snapshot): void {
    this.window_s = frame.window_s;
    this.complete_since = frame.complete_since ?? {};
    this.timeline = frame.timeline ?? null;
    this.top = frame.top ?? {};
    if (frame.timeline) this.#outlive(frame.timeline.t0 * 1000);
    const { previous = null, matched = null } = frame;
    this.#numbers = { ...this.#numbers, counts: frame.counts, previous, matched, known: true };
    this.busy = frame.busy === true;
    if (this.busy) {
      // A busy gateway sends no rows. The loaded ones stay until it does.
      this.#complete = null;
      this.recovered = null;
      return;
    }
    const complete = this.#complete;
    if (frame.filter && !sameFilter(frame.filter, this.#filter)) {
      // The gateway has answered an earlier filter; it will answer this one.
      this.#complete = complete !== null && narrows(frame.filter, complete) ? frame.filter : null;
      this.recovered = null;
      return;
    }
    const before = this.#all.at(-1)?.t ?? null;
    const joins = frame.rows.some((row) => this.#known.has(row.id));
    const keeps = joins && complete !== null && narrows(this.#filter, complete);
    if (!keeps) this.#clear();
    this.#complete = this.#filter;
    const added = this.#insert(frame.rows);
    // Rows of another filter were not loaded before, so a new one may be old.
    const same = keeps && sameFilter(this.#filter, complete);
    this.recovered = same && this.recovered !== null ? this.recovered + added : null;
    // Nothing of a new list is painted yet.
    if (!keeps) this.#unpainted.clear();
    this.#closeGap(before, frame.rows);
  }

  /** If the snapshot reaches back to the rows before the gap, nothing is missing from the list. */
  #closeGap(before: number | null, rows: readonly Row[]): void {
    const gap = this.#pendingGap;
    this.#pendingGap = null;
    if (gap === null) return;
    const from_ms = gap.why === "epoch" ? null : before;
    const to_ms = rows.reduce<number | null>((oldest, { t }) => Math.min(oldest ?? t, t), null);
    if (from_ms !== null && to_ms !== null && to_ms <= from_ms) return;
    this.missed = { why: gap.why, alerts: total(gap.counts ?? {}), from_ms, to_ms };
  }

  #alerts(frame: Alerts, at: number): void {
    if (frame.sent !== undefined && !frame.replay) this.#travelled(at - frame.sent);
    const added = this.#insert(frame.rows);
    if (frame.replay && this.recovered !== null) this.recovered += added;
    if ((frame.left_out ?? 0) > 0) this.#omittedAt = at;
    this.#late.arrived(frame, at);
  }

  /** The late alerts up to now; `null` if there were none for a while. */
  late(now: number): Late | null {
    return this.#late.now(now);
  }

  #stats(frame: Stats, at: number): void {
    const matched = frame.matched ?? null;
    this.#numbers = { ...this.#numbers, counts: frame.counts, matched, rate: frame.rate, known: true };
    this.#pipeline_ms = frame.lag?.pipeline_ms ?? null;
    this.pending = frame.lag?.pending ?? 0;
    if (this.timeline !== null) this.timeline = moved(this.timeline, frame.bins ?? [], frame.t);
    if (frame.top) this.top = { ...this.top, ...frame.top };
    if (this.window_s !== null) this.#outlive((frame.t - this.window_s) * 1000);
    this.#lastStats = at;
    if ((this.lag_ms ?? 0) > LAGGING_MS) this.#lateSince ??= at;
    else this.#lateSince = null;
  }

  /** Clocks differ, so the delay is the time beyond that of the fastest frame. */
  #travelled(apparent_ms: number): void {
    this.#fastest = Math.min(this.#fastest, apparent_ms);
    this.#transport_ms = apparent_ms - this.#fastest;
  }

  /** Drops rows that are older than the window. */
  #outlive(since_ms: number): void {
    this.since_ms = since_ms;
    const old = this.#all.findIndex(({ t }) => t >= since_ms);
    const gone = old < 0 ? this.#all.length : old;
    if (gone > 0) this.#drop(gone);
  }

  /** Inserts rows in order of time. Returns the number of alerts of the new ones. */
  #insert(rows: readonly Row[]): number {
    const fresh: Row[] = [];
    let alerts = 0;
    for (const row of rows) {
      const known = this.#known.get(row.id);
      if (known === undefined) {
        if (row.t < this.since_ms) continue;
        prepare(row);
        this.#known.set(row.id, row);
        fresh.push(row);
        alerts += row.n ?? 1;
      } else if ((row.n ?? 1) > (known.n ?? 1)) {
        known.n = row.n as number;
      }
    }
    fresh.sort(order);
    merge(this.#all, fresh);
    const matching = this.#shown === this.#all ? fresh : fresh.filter(matcher(this.#filter));
    if (this.#shown !== this.#all) merge(this.#shown, matching);
    if (this.#frozen === null) for (const row of matching) this.#unpainted.add(row);
    this.#trim();
    return alerts;
  }

  #trim(): void {
    const excess = this.#all.length - this.#capacity;
    if (excess > 0) this.#drop(excess);
  }

  /** Drops this many of the oldest rows. */
  #drop(n: number): void {
    for (const row of this.#all.splice(0, n)) {
      this.#known.delete(row.id);
      this.#unpainted.delete(row);
    }
    if (this.#shown === this.#all) return;
    const oldest = this.#all[0];
    this.#shown.splice(0, oldest === undefined ? this.#shown.length : place(this.#shown, oldest));
  }

  #clear(): void {
    this.#all = [];
    this.#known.clear();
    this.#narrow();
  }

  #narrow(): void {
    this.#shown = isEmpty(this.#filter) ? this.#all : this.#all.filter(matcher(this.#filter));
  }

  /** Filters the loaded rows at once. A wider filter is complete after the gateway's next snapshot only. */
  filter(filter: Filter): void {
    this.#filter = filter;
    this.#narrow();
    if (this.#frozen !== null) this.#frozen = this.#shown.slice();
  }

  freeze(reason: FreezeReason): void {
    this.#reasons.add(reason);
    this.#freeze();
  }

  unfreeze(...reasons: FreezeReason[]): void {
    for (const reason of reasons) this.#reasons.delete(reason);
    this.#thaw();
  }

  pause(at: number): void {
    this.#paused ??= { at, numbers: this.#numbers };
    this.#freeze();
  }

  resume(): void {
    this.#paused = null;
    this.#thaw();
  }

  /** The list is painted. A freeze keeps exactly what is painted, so that nothing moves when it begins. */
  painted(): void {
    if (this.#frozen === null) this.#unpainted.clear();
  }

  #freeze(): void {
    this.#frozen ??= this.#shown.filter((row) => !this.#unpainted.has(row));
    this.#unpainted.clear();
  }

  #thaw(): void {
    if (this.#paused === null && this.#reasons.size === 0) this.#frozen = null;
  }

  /** The rows of the list, OLDEST first. They do not change while frozen or paused. */
  get list(): readonly Row[] {
    return this.#frozen ?? this.#shown;
  }

  /** Whether the gateway has answered this filter, so that alerts outside the list did not happen. */
  get complete(): boolean {
    return this.#complete !== null && sameFilter(this.#filter, this.#complete);
  }

  /** The number of rows that arrived while the list was frozen. */
  get waiting(): number {
    if (this.#frozen === null) return 0;
    const newest = this.#frozen.at(-1);
    return newest === undefined ? this.#shown.length : this.#shown.length - place(this.#shown, newest, true);
  }

  /** Whether the oldest of the waiting rows are no longer loaded. */
  get overflowed(): boolean {
    return this.waiting >= this.#capacity;
  }

  get frozen(): boolean {
    return this.#reasons.size > 0;
  }

  frozenBy(reason: FreezeReason): boolean {
    return this.#reasons.has(reason);
  }

  /** When the user paused, ms since 1970. */
  get paused_at(): number | null {
    return this.#paused?.at ?? null;
  }

  /** The counts; while paused, those of the pause. */
  get numbers(): Numbers {
    return this.#paused?.numbers ?? this.#numbers;
  }

  /** The number of loaded rows, without the filter. */
  get loaded(): number {
    return this.#all.length;
  }

  /** The delay of what is shown, ms; null until the gateway reports it. */
  get lag_ms(): number | null {
    return this.#pipeline_ms === null ? null : this.#pipeline_ms + this.#transport_ms;
  }

  get lagging(): boolean {
    return this.#lateSince !== null && this.#lastStats - this.#lateSince >= LAGGING_FOR_MS;
  }

  /** Whether the gateway recently left rows out because there were too many for a screen. */
  omitted(now: number): boolean {
    return now - this.#omittedAt < OMITTED_FOR_MS;
  }
}

function sameFilter(a: Filter, b: Filter): boolean {
  return narrows(a, b) && narrows(b, a);
}
