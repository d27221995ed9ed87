/** What has arrived: rows in order and without repeats, counts, and the list that the reader's place holds still. */
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
import { type Late, Lateness } from "../domain/late_arrivals.ts";
import { merge, order, place } from "../domain/row_order.ts";
import { moved } from "../domain/timeline.ts";

export const CAPACITY = 50_000;
/** The list counts as cut for this long after a frame that left rows out. */
const OMITTED_FOR_MS = 2_000;
const LAGGING_MS = 2_000;
const LAGGING_FOR_MS = 5_000;
/** Looks into every text of a row, so that the one that is searched in is there before anybody searches. */
const prepare = matcher({ q: "\u0000" });

/** Why the list stands still although nobody paused it. */
export type FreezeReason = "scrolled" | "pointer" | "open" | "selection" | "focus";

/** The numbers of the cards and of the pill. */
export interface Numbers {
  counts: Counts;
  previous: Counts | null;
  /** Counts under the filter, where the gateway says them. */
  matched: Counts | null;
  rate: Counts;
  /** Whether the gateway has said any number yet. */
  known: boolean;
}

export interface MissedRange {
  why: Gap["why"];
  alerts: number;
  /** Times of the last row before the break and of the first one after it, where there are any. */
  from_ms: number | null;
  to_ms: number | null;
}

export class AlertStore {
  readonly #capacity: number;
  #all: Row[] = [];
  #shown: Row[] = this.#all;
  #known = new Map<string, Row>();
  #filter: Filter = {};
  /** The filter under which the rows are complete; null where there is none. */
  #complete: Filter | null = {};
  #reasons = new Set<FreezeReason>();
  #frozen: readonly Row[] | null = null;
  /** Rows of the list that are not on the screen yet. */
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

  /** Counts over time, and what is most frequent: of everything, whatever the filter. */
  timeline: Timeline | null = null;
  top: Top = {};
  window_s: number | null = null;
  /** The beginning of the window by the gateway's clock, ms: what happened before is not listed. */
  since_ms = Number.NEGATIVE_INFINITY;
  /** The gateway's clock less ours, ms. */
  ahead_ms = 0;
  complete_since: Partial<Counts> = {};
  /** Whether the gateway has no room for our search just now. */
  busy = false;
  /** Messages that wait in NATS. */
  pending = 0;
  /** What could not be replayed, until it is dismissed. */
  missed: MissedRange | null = null;
  /** Alerts of the time away that this connection added; null where that cannot be told from what is older. */
  recovered: number | null = 0;

  #late = new Lateness();

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
      // Its rows say nothing: what is loaded stays until they come.
      this.#complete = null;
      this.recovered = null;
      return;
    }
    const complete = this.#complete;
    if (frame.filter && !sameFilter(frame.filter, this.#filter)) {
      // From here on the gateway chooses by that filter, until it answers ours.
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
    // Rows of another filter were not shown before, so that they are new here says nothing of their age.
    const same = keeps && sameFilter(this.#filter, complete);
    this.recovered = same && this.recovered !== null ? this.recovered + added : null;
    // A new list has nothing on the screen that could be kept still.
    if (!keeps) this.#unpainted.clear();
    this.#closeGap(before, frame.rows);
  }

  /** After a gap the snapshot may still reach back to what was there; then nothing is missing from the list. */
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

  /** What has been coming late up to now; `null` where nothing has for a while. */
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

  /** Clocks differ, so only what a frame took longer than the fastest one is known to be delay. */
  #travelled(apparent_ms: number): void {
    this.#fastest = Math.min(this.#fastest, apparent_ms);
    this.#transport_ms = apparent_ms - this.#fastest;
  }

  /** Lets go of what happened before the window. */
  #outlive(since_ms: number): void {
    this.since_ms = since_ms;
    const old = this.#all.findIndex(({ t }) => t >= since_ms);
    const gone = old < 0 ? this.#all.length : old;
    if (gone > 0) this.#drop(gone);
  }

  /** Puts rows where they belong by time and returns for how many alerts the new ones stand. */
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

  /** Lets go of so many of the oldest rows. */
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

  /** Narrows what is loaded at once; a wider filter is complete only after the gateway's next snapshot. */
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

  /** What the list holds now is on the screen: a hold keeps exactly that, so that nothing moves when it begins. */
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

  /** The rows of the list, OLDEST first; they stand still while held or paused. */
  get list(): readonly Row[] {
    return this.#frozen ?? this.#shown;
  }

  /** Whether the gateway has answered this filter, so that what is not in the list did not happen. */
  get complete(): boolean {
    return this.#complete !== null && sameFilter(this.#filter, this.#complete);
  }

  /** Rows that arrived above the list while it stood still. */
  get waiting(): number {
    if (this.#frozen === null) return 0;
    const newest = this.#frozen.at(-1);
    return newest === undefined ? this.#shown.length : this.#shown.length - place(this.#shown, newest, true);
  }

  /** Whether so many wait that the oldest of them are no longer loaded. */
  get overflowed(): boolean {
    return this.waiting >= this.#capacity;
  }

  get frozen(): boolean {
    return this.#reasons.size > 0;
  }

  frozenBy(reason: FreezeReason): boolean {
    return this.#reasons.has(reason);
  }

  /** When the page was paused, ms since 1970. */
  get paused_at(): number | null {
    return this.#paused?.at ?? null;
  }

  /** The counts; those of the moment of the pause while paused. */
  get numbers(): Numbers {
    return this.#paused?.numbers ?? this.#numbers;
  }

  /** How many alerts are loaded, whatever the filter. */
  get loaded(): number {
    return this.#all.length;
  }

  /** How far what is shown lies behind, ms; null until the gateway has said so. */
  get lag_ms(): number | null {
    return this.#pipeline_ms === null ? null : this.#pipeline_ms + this.#transport_ms;
  }

  get lagging(): boolean {
    return this.#lateSince !== null && this.#lastStats - this.#lateSince >= LAGGING_FOR_MS;
  }

  /** Whether the gateway lately left rows out because there were more than a screen can show. */
  omitted(now: number): boolean {
    return now - this.#omittedAt < OMITTED_FOR_MS;
  }
}

function sameFilter(a: Filter, b: Filter): boolean {
  return narrows(a, b) && narrows(b, a);
}
