/** The stream and the store as signals: what components read of the incoming alerts. */
import { batch, computed, effect } from "@preact/signals";
import { AlertStream, type Status, type StreamView } from "../api/alert_stream.ts";
import { all, browser, listen } from "../api/browser.ts";
import { alerts } from "../api/client.ts";
import { RangePages, type RangeState } from "../api/range_pages.ts";
import { calendar } from "../domain/format.ts";
import type { Row, RuleTrouble, ServerFrame, Timeline, Top } from "../domain/frames.ts";
import type { Late } from "../domain/late_arrivals.ts";
import { AlertStore, type FreezeReason, type MissedRange, type Numbers } from "./alert_store.ts";
import { fresh, onReset } from "./fresh.ts";
import { announce, countArrivals } from "./live_region.ts";
import { painter } from "./paint_scheduler.ts";
import * as query from "./query.ts";

const ROWS = 400;
const RECONNECTED_FOR_MS = 8_000;
/** Pages that are loaded in search of the alert that a link opens. */
const PAGES_SEARCHED = 20;

/** The list as it is shown. */
export interface List {
  /** OLDEST first. */
  rows: readonly Row[];
  /** The number of new rows that are not shown yet. */
  waiting: number;
  /** Whether the oldest waiting rows are no longer loaded. */
  overflowed: boolean;
  /** Whether the list is frozen while the user reads it. */
  frozen: boolean;
  /** Whether the gateway has answered the filter. */
  complete: boolean;
}

let store: AlertStore;
let stream: AlertStream;
let past: RangePages;
/** The live window, also while a range of the past is shown. */
let liveWindow: string;
let repaint: () => void;

onReset(() => {
  store = new AlertStore();
  liveWindow = "15m";
  stream = new AlertStream(browser, { status: changed, frame: receive }, view());
  repaint = painter(paint, (ms) => stream.painted(ms));
  past = new RangePages(alerts, pastChanged);
});

export const status = fresh<Status>(() => ({ is: "connecting" }));
export const numbers = fresh<Numbers>(() => store.numbers);
/** Timeline and top values as the stream sends them: of all alerts up to now, or up to the pause. */
export const streamed = fresh<{
  timeline: Timeline | null;
  top: Top;
  complete_since: Partial<Record<string, number>>;
}>(() => ({ timeline: null, top: {}, complete_since: {} }));
export const window_s = fresh<number | null>(() => null);
export const lag = fresh<{ ms: number | null; lagging: boolean; pending: number; broken: string }>(() => ({
  ms: null,
  lagging: false,
  pending: 0,
  broken: "",
}));
/** What is wrong with the rules, from the last frame that says so. */
export const ruleTrouble = fresh<RuleTrouble>(() => ({}));
/** Whether the list shows new alerts or a range of the past. */
export const mode = computed<"live" | "range">(() => (query.range.value.live ? "live" : "range"));
/** The state of the rows of a past range. */
export const rangeState = fresh<RangeState>(() => ({ is: "live" }));
/** Whether the gateway has no capacity for the search at the moment. */
export const busy = fresh(() => false);
/** Alerts that arrive long after their events; null if there were none for half a minute. */
export const late = fresh<Late | null>(() => null);
export const list = fresh<List>(() => ({ rows: [], waiting: 0, overflowed: false, frozen: false, complete: false }));
export const pausedAt = fresh<number | null>(() => null);
/** Whether rows were recently left out because there were too many for a screen. */
export const omitted = fresh(() => false);
export const missed = fresh<MissedRange | null>(() => null);
/** What arrived after a reconnect, for a few seconds. `alerts` is null if the number is unknown. */
export const reconnected = fresh<{ alerts: number | null; away_ms: number } | null>(() => null);
/** The clock, once a second. */
export const now = fresh(() => Date.now());
/** The current day, as `calendar` writes it. */
export const today = computed(() => calendar(now.value));
/** When the last frame arrived. */
export const lastFrameAt = fresh<number | null>(() => null);

function pastChanged(): void {
  batch(() => {
    rangeState.value = past.state;
    if (mode.peek() === "range") paint();
  });
  findOpen();
}

/** What the gateway shall send now. */
function view(): StreamView {
  const visible = document.visibilityState === "visible";
  const range = query.range.peek();
  if (range.live) liveWindow = range.window;
  const [filter, fold] = [query.filter.peek(), query.fold.peek()];
  return { window: liveWindow, filter, rows: visible ? ROWS : 0, visible, fold };
}

/** Connects, and follows what the user asks for. Returns a function that disconnects. */
export function start(): () => void {
  const send = () => stream.view(view());
  const filtered = () => {
    store.filter(query.filter.peek());
    paint();
  };
  const settled = () => {
    send();
    load();
  };
  store.filter(query.filter.peek());
  const stop = all(
    query.watchFilter(filtered, settled),
    effect(() => {
      // Both are read so that the effect runs when they change.
      query.fold.value;
      query.range.value;
      send();
    }),
    effect(() => {
      query.range.value;
      query.refreshes.value;
      load();
    }),
    followBrowser(send),
    () => stream.stop(),
  );
  stream.start();
  return stop;
}

/** Follows the browser: tab hidden or shown, network back, page left. */
function followBrowser(send: () => void): () => void {
  const timer = setInterval(() => tick(), 1000);
  return all(
    listen(document, "visibilitychange", () => {
      send();
      if (document.visibilityState === "visible") stream.retryNow();
    }),
    listen(window, "online", () => stream.retryNow()),
    listen(window, "pagehide", () => stream.stop()),
    listen(window, "pageshow", ({ persisted }: PageTransitionEvent) => persisted && stream.start()),
    () => clearInterval(timer),
  );
}

function tick(): void {
  batch(() => {
    now.value = Date.now();
    omitted.value = store.omitted(now.peek());
    late.value = store.late(now.peek());
  });
}

/** Loads the rows of a past range, or returns to the live rows. */
function load(): void {
  const range = query.range.peek();
  if (range.live) past.leave();
  else past.load({ from: range.from, to: range.to, filter: query.filter.peek() });
  paint();
}

/** Loads older rows until the list has the alert that a link opens. */
function findOpen(): void {
  const { state, rows } = past;
  const id = query.openId.peek();
  if (id === null || state.is !== "ready" || rows.length > PAGES_SEARCHED * 200) return;
  if (!rows.some((row) => row.id === id)) past.more();
}

/** Loads older rows of the range. */
export function loadOlder(): void {
  past.more();
}

/** The gateway's clock, ms since 1970. */
export function gatewayNow(): number {
  return Date.now() + store.ahead_ms;
}

function changed(next: Status): void {
  const away_ms = next.is === "live" ? next.away_ms : 0;
  // First, because the notice that follows says more and is what a screen reader reads last.
  if (away_ms > 0) announce("Connection restored.");
  batch(() => {
    status.value = next;
    // The gateway sends no rows to a hidden page, so their number is unknown.
    if (away_ms > 0 && document.visibilityState === "visible") showReconnected(away_ms);
  });
}

function showReconnected(away_ms: number): void {
  const shown = { alerts: store.recovered, away_ms };
  reconnected.value = shown;
  setTimeout(() => {
    if (reconnected.peek() === shown) reconnected.value = null;
  }, RECONNECTED_FOR_MS);
}

function receive(frame: ServerFrame, at: number): void {
  store.receive(frame, at);
  batch(() => {
    lastFrameAt.value = at;
    if (frame.k === "stats" || frame.k === "snapshot") publishNumbers();
    if (frame.k === "snapshot") {
      missed.value = store.missed;
      busy.value = store.busy;
    }
    if (frame.k === "alerts") late.value = store.late(at);
    if (frame.k === "stats") {
      countArrivals(frame.rate);
      const { lagging, pending } = store;
      lag.value = { ms: store.lag_ms, lagging, pending, broken: frame.lag?.broken ?? "" };
      const rules = frame.rules ?? {};
      // An equal value would announce the same trouble each second.
      if (JSON.stringify(rules) !== JSON.stringify(ruleTrouble.peek())) ruleTrouble.value = rules;
    }
  });
  if (frame.k === "snapshot" || frame.k === "alerts") {
    omitted.value = store.omitted(at);
    if (mode.peek() === "live") repaint();
  }
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
    const { state, rows } = past;
    list.value = { rows, waiting: 0, overflowed: false, frozen: false, complete: state.is === "ready" };
    return;
  }
  const { list: rows, waiting, overflowed, frozen, complete } = store;
  list.value = { rows, waiting, overflowed, frozen, complete };
  store.painted();
}

/** Freezes the list for a reason, or ends that. */
export function freeze(reason: FreezeReason, on: boolean): void {
  if (store.frozenBy(reason) === on) return;
  if (on) store.freeze(reason);
  else store.unfreeze(reason);
  paint();
}

export function togglePause(): void {
  if (store.paused_at === null) store.pause(Date.now());
  else store.resume();
  announce(store.paused_at === null ? "Resumed." : "Paused.");
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
