/** The stream and the store as signals: what components read of the incoming alerts. */
import { batch, computed, effect, signal } from "@preact/signals";
import { AlertStream, type Status, type StreamView } from "../api/alert_stream.ts";
import { browser } from "../api/browser.ts";
import { alerts } from "../api/client.ts";
import { RangePages, type RangeState } from "../api/range_pages.ts";
import { calendar } from "../domain/format.ts";
import type { Row, RuleTrouble, ServerFrame, Timeline, Top } from "../domain/frames.ts";
import type { Late } from "../domain/late_arrivals.ts";
import { AlertStore, type FreezeReason, type MissedRange, type Numbers } from "./alert_store.ts";
import type { LiveRegion } from "./live_region.ts";
import { painter } from "./paint_scheduler.ts";
import { type Query, watchFilter } from "./query.ts";

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

export class LiveAlerts {
  readonly #query: Query;
  readonly #region: LiveRegion;
  readonly #store = new AlertStore();
  readonly #stream: AlertStream;
  /** The live window, also while a range of the past is shown. */
  #window = "15m";

  readonly status = signal<Status>({ is: "connecting" });
  readonly numbers = signal<Numbers>(this.#store.numbers);
  /** Timeline and top values as the stream sends them: of all alerts up to now, or up to the pause. */
  readonly streamed = signal<{
    timeline: Timeline | null;
    top: Top;
    complete_since: Partial<Record<string, number>>;
  }>({ timeline: null, top: {}, complete_since: {} });
  readonly window_s = signal<number | null>(null);
  readonly lag = signal<{ ms: number | null; lagging: boolean; pending: number; broken: string }>({
    ms: null,
    lagging: false,
    pending: 0,
    broken: "",
  });
  /** What is wrong with the rules, from the last frame that says so. */
  readonly ruleTrouble = signal<RuleTrouble>({});
  /** Whether the list shows new alerts or a range of the past. */
  readonly mode = computed<"live" | "range">(() => (this.#query.range.value.live ? "live" : "range"));
  /** The state of the rows of a past range. */
  readonly rangeState = signal<RangeState>({ is: "live" });
  /** Whether the gateway has no capacity for the search at the moment. */
  readonly busy = signal(false);
  /** Alerts that arrive long after their events; null if there were none for half a minute. */
  readonly late = signal<Late | null>(null);
  readonly list = signal<List>({ rows: [], waiting: 0, overflowed: false, frozen: false, complete: false });
  readonly pausedAt = signal<number | null>(null);
  /** Whether rows were recently left out because there were too many for a screen. */
  readonly omitted = signal(false);
  readonly missed = signal<MissedRange | null>(null);
  /** What arrived after a reconnect, for a few seconds. `alerts` is null if the number is unknown. */
  readonly reconnected = signal<{ alerts: number | null; away_ms: number } | null>(null);
  /** The clock, once a second. */
  readonly now = signal(Date.now());
  /** The current day, as `calendar` writes it. */
  readonly today = computed(() => calendar(this.now.value));
  /** When the last frame arrived. */
  readonly lastFrameAt = signal<number | null>(null);

  readonly #repaint = painter(
    () => this.#paint(),
    (ms) => this.#stream.painted(ms),
  );
  readonly #past = new RangePages(alerts, () => {
    batch(() => {
      this.rangeState.value = this.#past.state;
      if (this.mode.peek() === "range") this.#paint();
    });
    this.#findOpen();
  });

  constructor(query: Query, region: LiveRegion) {
    this.#query = query;
    this.#region = region;
    const listener = {
      status: (next: Status) => this.#changed(next),
      frame: (frame: ServerFrame, at: number) => this.#receive(frame, at),
    };
    this.#stream = new AlertStream(browser, listener, this.#view());
  }

  /** What the gateway shall send now. */
  #view(): StreamView {
    const visible = document.visibilityState === "visible";
    const range = this.#query.range.peek();
    if (range.live) this.#window = range.window;
    const [filter, fold] = [this.#query.filter.peek(), this.#query.fold.peek()];
    return { window: this.#window, filter, rows: visible ? ROWS : 0, visible, fold };
  }

  /** Connects, and follows what the user asks for. Returns a function that disconnects. */
  start(): () => void {
    const stream = this.#stream;
    const query = this.#query;
    const send = () => stream.view(this.#view());
    const filtered = () => {
      this.#store.filter(query.filter.peek());
      this.#paint();
    };
    const settled = () => {
      send();
      this.#load();
    };
    this.#store.filter(query.filter.peek());
    const stops = [
      watchFilter(query, filtered, settled),
      effect(() => {
        // Both are read so that the effect runs when they change.
        query.fold.value;
        query.range.value;
        send();
      }),
      effect(() => {
        query.range.value;
        query.refreshes.value;
        this.#load();
      }),
      this.#listen(send),
    ];
    stream.start();
    return () => {
      for (const stop of stops) stop();
      stream.stop();
    };
  }

  /** Follows the browser: tab hidden or shown, network back, page left. */
  #listen(send: () => void): () => void {
    const stream = this.#stream;
    const stop = new AbortController();
    const { signal } = stop;
    const visibility = () => {
      send();
      if (document.visibilityState === "visible") stream.retryNow();
    };
    document.addEventListener("visibilitychange", visibility, { signal });
    window.addEventListener("online", () => stream.retryNow(), { signal });
    window.addEventListener("pagehide", () => stream.stop(), { signal });
    window.addEventListener("pageshow", (event) => event.persisted && stream.start(), { signal });
    const timer = setInterval(() => this.#tick(), 1000);
    return () => {
      stop.abort();
      clearInterval(timer);
    };
  }

  #tick(): void {
    batch(() => {
      const now = Date.now();
      this.now.value = now;
      this.omitted.value = this.#store.omitted(now);
      this.late.value = this.#store.late(now);
    });
  }

  /** Loads the rows of a past range, or returns to the live rows. */
  #load(): void {
    const range = this.#query.range.peek();
    if (range.live) this.#past.leave();
    else this.#past.load({ from: range.from, to: range.to, filter: this.#query.filter.peek() });
    this.#paint();
  }

  /** Loads older rows until the list has the alert that a link opens. */
  #findOpen(): void {
    const { state, rows } = this.#past;
    const id = this.#query.openId.peek();
    if (id === null || state.is !== "ready" || rows.length > PAGES_SEARCHED * 200) return;
    if (!rows.some((row) => row.id === id)) this.#past.more();
  }

  /** Loads older rows of the range. */
  loadOlder(): void {
    this.#past.more();
  }

  /** The gateway's clock, ms since 1970. */
  gatewayNow(): number {
    return Date.now() + this.#store.ahead_ms;
  }

  #changed(status: Status): void {
    const away_ms = status.is === "live" ? status.away_ms : 0;
    // First, because the notice that follows says more and is what a screen reader reads last.
    if (away_ms > 0) this.#region.announce("Connection restored.");
    batch(() => {
      this.status.value = status;
      // The gateway sends no rows to a hidden page, so their number is unknown.
      if (away_ms > 0 && document.visibilityState === "visible") this.#showReconnected(away_ms);
    });
  }

  #showReconnected(away_ms: number): void {
    const shown = { alerts: this.#store.recovered, away_ms };
    this.reconnected.value = shown;
    setTimeout(() => {
      if (this.reconnected.peek() === shown) this.reconnected.value = null;
    }, RECONNECTED_FOR_MS);
  }

  #receive(frame: ServerFrame, at: number): void {
    const store = this.#store;
    store.receive(frame, at);
    batch(() => {
      this.lastFrameAt.value = at;
      if (frame.k === "stats" || frame.k === "snapshot") this.#publishNumbers();
      if (frame.k === "snapshot") {
        this.missed.value = store.missed;
        this.busy.value = store.busy;
      }
      if (frame.k === "alerts") this.late.value = store.late(at);
      if (frame.k === "stats") {
        this.#region.countArrivals(frame.rate);
        const { lagging, pending } = store;
        this.lag.value = { ms: store.lag_ms, lagging, pending, broken: frame.lag?.broken ?? "" };
        const rules = frame.rules ?? {};
        // An equal value would announce the same trouble each second.
        if (JSON.stringify(rules) !== JSON.stringify(this.ruleTrouble.peek())) this.ruleTrouble.value = rules;
      }
    });
    if (frame.k === "snapshot" || frame.k === "alerts") {
      this.omitted.value = store.omitted(at);
      if (this.mode.peek() === "live") this.#repaint();
    }
  }

  #publishNumbers(): void {
    const store = this.#store;
    this.numbers.value = store.numbers;
    this.window_s.value = store.window_s;
    if (store.paused_at !== null) return;
    const { timeline, top, complete_since } = store;
    this.streamed.value = { timeline, top, complete_since };
  }

  #paint(): void {
    if (this.mode.peek() === "range") {
      const { state, rows } = this.#past;
      this.list.value = { rows, waiting: 0, overflowed: false, frozen: false, complete: state.is === "ready" };
      return;
    }
    const { list: rows, waiting, overflowed, frozen, complete } = this.#store;
    this.list.value = { rows, waiting, overflowed, frozen, complete };
    this.#store.painted();
  }

  /** Freezes the list for a reason, or ends that. */
  freeze(reason: FreezeReason, on: boolean): void {
    if (this.#store.frozenBy(reason) === on) return;
    if (on) this.#store.freeze(reason);
    else this.#store.unfreeze(reason);
    this.#paint();
  }

  togglePause(): void {
    const store = this.#store;
    if (store.paused_at === null) store.pause(Date.now());
    else store.resume();
    this.#region.announce(store.paused_at === null ? "Resumed." : "Paused.");
    batch(() => {
      this.pausedAt.value = store.paused_at;
      this.#publishNumbers();
      this.#paint();
    });
  }

  retryNow(): void {
    this.#stream.retryNow();
  }

  dismissMissed(): void {
    this.#store.missed = null;
    this.missed.value = null;
  }
}
