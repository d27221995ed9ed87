/** Stream and store as signals: the one place where what arrives becomes what components read. */
import { batch, computed, effect, signal } from "@preact/signals";
import { type Status, Stream } from "../api/alert_stream.ts";
import { browser } from "../api/browser.ts";
import { alerts } from "../api/client.ts";
import { Past, type RangeState } from "../api/range_pages.ts";
import { calendar } from "../domain/format.ts";
import type { Row, RuleTrouble, ServerFrame, Timeline, Top } from "../domain/frames.ts";
import { type Hold, type Late, type MissedRange, type Numbers, Store } from "./alert_store.ts";
import { announce, announceArrivals } from "./live_region.ts";
import { painter } from "./paint_scheduler.ts";
import * as query from "./query.ts";

const ROWS = 400;
const BACK_FOR_MS = 8_000;

const store = new Store();

export const status = signal<Status>({ is: "connecting" });
export const numbers = signal<Numbers>(store.numbers);
/** Counts over time and what is most frequent, as the stream tells: of everything, up to now (while paused: until then). */
export const streamed = signal<{
  timeline: Timeline | null;
  top: Top;
  complete_since: Partial<Record<string, number>>;
}>({
  timeline: null,
  top: {},
  complete_since: {},
});
export const window_s = signal<number | null>(null);
export const lag = signal<{ ms: number | null; lagging: boolean; pending: number; broken: string }>({
  ms: null,
  lagging: false,
  pending: 0,
  broken: "",
});
/** What is wrong with the rules, as the gateway said last. */
export const rules = signal<RuleTrouble>({});
/** Whether the page shows what happens now, or a time that is over. */
export const mode = computed<"live" | "range">(() => (query.range.value.live ? "live" : "range"));
/** How the rows of a time that is over stand. */
export const rangeState = signal<RangeState>({ is: "live" });
/** Whether the gateway has no room for the search just now. */
export const busy = signal(false);
/** What has been coming long after it happened; null where nothing has for half a minute. */
export const late = signal<Late | null>(null);
/** The list as it stands: rows OLDEST first, and how many wait above it. */
export const list = signal<{
  rows: readonly Row[];
  waiting: number;
  overflowed: boolean;
  held: boolean;
  /** Whether the gateway has answered the filter. */
  complete: boolean;
}>({ rows: [], waiting: 0, overflowed: false, held: false, complete: false });
export const pausedAt = signal<number | null>(null);
/** Whether rows were lately left out because there were more than a screen can show. */
export const cut = signal(false);
export const missed = signal<MissedRange | null>(null);
/** What came back after a break, for a few seconds; `alerts` is null where it is not known how many. */
export const back = signal<{ alerts: number | null; away_ms: number } | null>(null);
/** The clock, once a second. */
export const now = signal(Date.now());
/** The day that it is, as `calendar` writes it. */
export const today = computed(() => calendar(now.value));
/** When the gateway was heard last. */
export const heardAt = signal<number | null>(null);

/** The window that is streamed, also while another time is looked at. */
let streamedWindow = "15m";

const stream = new Stream(browser, { status: became, frame: arrived }, wish());
const repaint = painter(paint, (ms) => stream.painted(ms));
const past = new Past(alerts, () => {
  batch(() => {
    rangeState.value = past.state;
    if (mode.peek() === "range") paint();
  });
  seekOpen();
});
function wish() {
  const visible = document.visibilityState === "visible";
  const range = query.range.peek();
  if (range.live) streamedWindow = range.window;
  const fold = query.fold.peek();
  return { window: streamedWindow, filter: query.filter.peek(), rows: visible ? ROWS : 0, visible, fold };
}

export function start(): void {
  query.watchFilter(filtered, () => {
    stream.wish(wish());
    look();
  });
  store.filter(query.filter.peek());
  effect(() => {
    // Read for its changes.
    query.fold.value;
    query.range.value;
    stream.wish(wish());
  });
  effect(() => {
    query.range.value;
    query.refreshes.value;
    look();
  });
  document.addEventListener("visibilitychange", () => {
    stream.wish(wish());
    if (document.visibilityState === "visible") stream.retryNow();
  });
  window.addEventListener("online", () => stream.retryNow());
  window.addEventListener("pagehide", () => stream.stop());
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) stream.start();
  });
  setInterval(tick, 1000);
  stream.start();
}

function tick(): void {
  batch(() => {
    now.value = Date.now();
    cut.value = store.cut(now.peek());
    late.value = store.late(now.peek());
  });
}

/** Shows the rows of the range: asks for them, or goes back to those that arrive. */
function look(): void {
  const range = query.range.peek();
  if (range.live) past.leave();
  else past.load({ from: range.from, to: range.to, filter: query.filter.peek() });
  paint();
}

/** How many pages are turned in search of the alert that a link opens. */
const SOUGHT_IN = 20;

function seekOpen(): void {
  const { state, rows } = past;
  const id = query.open.peek();
  if (id === null || state.is !== "ready" || rows.length > SOUGHT_IN * 200) return;
  if (!rows.some((row) => row.id === id)) past.more();
}

/** Asks for older rows of the range. */
export function more(): void {
  past.more();
}

/** The gateway's clock, ms since 1970. */
export function gatewayNow(): number {
  return Date.now() + store.ahead_ms;
}

function became(next: Status): void {
  // Said first: a notice that comes with it says more, and is the last word then.
  if (next.is === "live" && next.away_ms > 0) announce("Connection restored.");
  batch(() => {
    status.value = next;
    // A hidden page is sent no rows, so it cannot say how many came.
    if (next.is === "live" && next.away_ms > 0 && document.visibilityState === "visible") welcome(next.away_ms);
  });
}

function welcome(away_ms: number): void {
  const arrivals = { alerts: store.recovered, away_ms };
  back.value = arrivals;
  setTimeout(() => {
    if (back.peek() === arrivals) back.value = null;
  }, BACK_FOR_MS);
}

function arrived(frame: ServerFrame, at: number): void {
  store.receive(frame, at);
  batch(() => {
    heardAt.value = at;
    if (frame.k === "stats" || frame.k === "snapshot") publishNumbers();
    if (frame.k === "snapshot") {
      missed.value = store.missed;
      busy.value = store.busy;
    }
    if (frame.k === "alerts") late.value = store.late(at);
    if (frame.k === "stats") {
      announceArrivals(frame.rate);
      const { lagging, pending } = store;
      lag.value = { ms: store.lag_ms, lagging, pending, broken: frame.lag?.broken ?? "" };
      hearRules(frame.rules ?? {});
    }
  });
  if (frame.k === "snapshot" || frame.k === "alerts") {
    cut.value = store.cut(at);
    if (mode.peek() === "live") repaint();
  }
}

/** Equal words each second are no news. */
function hearRules(next: RuleTrouble): void {
  if (JSON.stringify(next) !== JSON.stringify(rules.peek())) rules.value = next;
}

function publishNumbers(): void {
  numbers.value = store.numbers;
  window_s.value = store.window_s;
  if (store.paused_at !== null) return;
  const { timeline, top, complete_since } = store;
  streamed.value = { timeline, top, complete_since };
}

function paint(): void {
  if (mode.peek() === "range") {
    const complete = past.state.is === "ready";
    list.value = { rows: past.rows, waiting: 0, overflowed: false, held: false, complete };
    return;
  }
  const { list: rows, waiting, overflowed, held, complete } = store;
  list.value = { rows, waiting, overflowed, held, complete };
  store.painted();
}

function filtered(): void {
  store.filter(query.filter.peek());
  paint();
}

/** Keeps the list still for a reason, or no longer. */
export function hold(reason: Hold, on: boolean): void {
  if (store.holds(reason) === on) return;
  if (on) store.hold(reason);
  else store.release(reason);
  paint();
}

export function togglePause(): void {
  if (store.paused_at === null) {
    store.pause(Date.now());
    announce("Paused.");
  } else {
    store.resume();
    announce("Resumed.");
  }
  batch(() => {
    pausedAt.value = store.paused_at;
    publishNumbers();
    paint();
  });
}

export function retryNow(): void {
  stream.retryNow();
}

export function dismissMissed(): void {
  store.missed = null;
  missed.value = null;
}
