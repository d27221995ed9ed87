/** Stream and store as signals: the one place where what arrives becomes what components read. */
import { batch, computed, signal } from "@preact/signals";
import { announce, announceArrivals } from "./announce.ts";
import { calendar } from "./format.ts";
import { browser } from "./outside.ts";
import { painter } from "./paint.ts";
import type { Row, RuleTrouble, ServerFrame } from "./protocol.ts";
import * as query from "./query.ts";
import { type Hold, type MissedRange, type Numbers, Store } from "./store.ts";
import { type Status, Stream } from "./stream.ts";

const WINDOW = "15m";
const ROWS = 400;
const BACK_FOR_MS = 8_000;

const store = new Store();

export const status = signal<Status>({ is: "connecting" });
export const numbers = signal<Numbers>(store.numbers);
export const window_s = signal<number | null>(null);
export const lag = signal<{ ms: number | null; lagging: boolean; pending: number; broken: string }>({
  ms: null,
  lagging: false,
  pending: 0,
  broken: "",
});
/** What is wrong with the rules, as the gateway said last. */
export const rules = signal<RuleTrouble>({});
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

const stream = new Stream(browser, { status: became, frame: arrived }, wish());
const repaint = painter(paint, (ms) => stream.painted(ms));

function wish() {
  const visible = document.visibilityState === "visible";
  return { window: WINDOW, filter: query.filter.peek(), rows: visible ? ROWS : 0, visible };
}

export function start(): void {
  query.watchFilter(filtered, () => stream.wish(wish()));
  store.filter(query.filter.peek());
  stream.wish(wish());
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
  });
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
    if (frame.k === "snapshot") missed.value = store.missed;
    if (frame.k === "stats") {
      announceArrivals(frame.rate);
      const { lagging, pending } = store;
      lag.value = { ms: store.lag_ms, lagging, pending, broken: frame.lag?.broken ?? "" };
      hearRules(frame.rules ?? {});
    }
  });
  if (frame.k === "snapshot" || frame.k === "alerts") {
    cut.value = store.cut(at);
    repaint();
  }
}

/** Equal words each second are no news. */
function hearRules(next: RuleTrouble): void {
  if (JSON.stringify(next) !== JSON.stringify(rules.peek())) rules.value = next;
}

function publishNumbers(): void {
  numbers.value = store.numbers;
  window_s.value = store.window_s;
}

function paint(): void {
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
