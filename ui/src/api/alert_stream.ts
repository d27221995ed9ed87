/** The protocol `alerts.v1`: open, acknowledge, resume from the cursor, back off, and detect a dead peer. */
import type { ClientFrame, Filter, ServerFrame } from "../domain/frames.ts";

export const SUBPROTOCOL = "alerts.v1";
/** The gateway pings each 10 s; two missed pings and some grace is a dead peer. */
export const DEAD_AFTER_MS = 25_000;
export const BACKOFF_FIRST_MS = 500;
export const BACKOFF_MOST_MS = 15_000;
/** A connection that lasted this long resets the back-off. */
const SETTLED_MS = 5_000;
/** Close code of the gateway: the session is over, trying again is no use. */
const SIGNED_OUT = 4401;
/** Close codes of the UI, for the gateway's log. */
const NOT_CONTIGUOUS = 4000;
const PEER_DEAD = 4001;

/** What we need of a WebSocket. */
export interface Socket {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown } & never) => void) | null;
  onclose: ((event: { code: number } & never) => void) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

/** The world outside: a socket, the clock (ms since 1970), a timer that can be called off, chance in [0, 1). */
export interface Outside {
  connect(subprotocol: string): Socket;
  now(): number;
  later(run: () => void, ms: number): () => void;
  random(): number;
}

export type Status =
  | { is: "connecting" }
  /** `away_ms`: how long the connection was lost before; 0 the first time. */
  | { is: "live"; away_ms: number }
  /** `retry_at` is null during an attempt. `refused` is why the gateway refused the last one. */
  | { is: "reconnecting"; lost_at: number; retry_at: number | null; refused?: string }
  | { is: "signed_out" };

export interface Listener {
  status(status: Status): void;
  frame(frame: ServerFrame, at: number): void;
}

/** What the gateway shall send. */
export interface StreamView {
  window: string;
  filter: Filter;
  /** Most rows in a frame; 0 for counts alone. */
  rows: number;
  visible: boolean;
  /** Whether repeats may be one row in a flood. */
  fold: boolean;
}

export class AlertStream {
  #outside: Outside;
  #listener: Listener;
  #view: StreamView;
  #socket: Socket | null = null;
  /** Whether the socket took our `open` frame, so that more may be sent. */
  #opened = false;
  #status: Status = { is: "connecting" };
  #cursor: string | null = null;
  /** The rows under the cursor were chosen by another filter: resuming from it would leave a hole. */
  #stale = false;
  #attempt = 0;
  #live_since: number | null = null;
  #lost_at: number | null = null;
  /** Why the gateway would not have us, until it does again. */
  #refused = "";
  #heard_at = 0;
  #painted_ms = 0;
  #cancelRetry = () => {};
  #cancelWatch = () => {};

  constructor(outside: Outside, listener: Listener, view: StreamView) {
    this.#outside = outside;
    this.#listener = listener;
    this.#view = view;
  }

  /** The position up to which all alerts have arrived; null before the first snapshot. */
  get cursor(): string | null {
    return this.#cursor;
  }

  start(): void {
    this.#connect();
  }

  stop(): void {
    this.#drop(1000, "page left");
    this.#cancelRetry();
  }

  /** Changes what is sent, on the open connection or with the next one. */
  view(view: StreamView): void {
    const previous = this.#view;
    this.#view = view;
    const filterChanged = JSON.stringify(view.filter) !== JSON.stringify(previous.filter);
    if (filterChanged) this.#stale = true;
    // What was refused may have been the filter.
    if (filterChanged && this.#refused) this.retryNow();
    if (JSON.stringify(view) !== JSON.stringify(previous)) this.#send({ k: "view", ...view });
  }

  /** How long the last paint took; the next acknowledgement says so. */
  painted(ms: number): void {
    this.#painted_ms = Math.round(ms);
  }

  /** Skips the wait for the next attempt: the network is back, the tab is shown, or the user asked. */
  retryNow(): void {
    if (this.#status.is === "signed_out") this.#attempt = 0;
    else if (this.#status.is !== "reconnecting" || this.#status.retry_at === null) return;
    this.#connect();
  }

  #connect(): void {
    this.#cancelRetry();
    if (this.#lost_at !== null) this.#reconnecting(this.#lost_at, null);
    const socket = this.#outside.connect(SUBPROTOCOL);
    this.#socket = socket;
    this.#heard_at = this.#outside.now();
    socket.onopen = () => this.#open();
    socket.onmessage = ({ data }) => this.#take(data);
    socket.onclose = ({ code }) => this.#lost(code === SIGNED_OUT ? "signed_out" : null);
    this.#watch(DEAD_AFTER_MS);
  }

  #open(): void {
    this.#opened = true;
    if (this.#stale) this.#cursor = null;
    this.#send({ k: "open", cursor: this.#cursor, ...this.#view });
  }

  #send(frame: ClientFrame): void {
    if (this.#opened) this.#socket?.send(JSON.stringify(frame));
  }

  #take(data: unknown): void {
    const at = this.#outside.now();
    this.#heard_at = at;
    const frame = decode(data);
    if (frame === null) this.#reopen("not a frame");
    else if (this.#answer(frame)) {
      this.#listener.frame(frame, at);
      // After the listener has the frame, so that it can count what the frame brought.
      if (catchesUp(frame)) this.#caughtUp(at);
    }
  }

  /** Answers the frame as the protocol demands; false if that ended the connection. */
  #answer(frame: ServerFrame): boolean {
    switch (frame.k) {
      case "ping":
        this.#send({ k: "pong", t: frame.t });
        break;
      case "bye":
        this.#refused = frame.why === "protocol" ? (frame.text ?? "It gave no reason.") : "";
        if (frame.why === "auth") this.#lost("signed_out");
        else this.#lost(frame.why === "shutdown" ? (frame.retry_ms ?? null) : null);
        return false;
      case "alerts":
        if (this.#cursor !== null && frame.from !== this.#cursor) {
          this.#reopen("not contiguous");
          return false;
        }
        this.#cursor = frame.to;
        this.#send({ k: "ack", to: frame.to, painted_ms: this.#painted_ms });
        break;
      case "snapshot":
        this.#stale = false;
        this.#cursor = frame.to;
        break;
    }
    return true;
  }

  #caughtUp(at: number): void {
    if (this.#status.is === "live") return;
    const away_ms = this.#lost_at === null ? 0 : at - this.#lost_at;
    this.#live_since = at;
    this.#lost_at = null;
    this.#refused = "";
    this.#become({ is: "live", away_ms });
  }

  #reopen(reason: string): void {
    this.#drop(NOT_CONTIGUOUS, reason);
    this.#lost(null);
  }

  /** Closes without waiting for the peer to agree: a dead one never does. */
  #drop(code: number, reason: string): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#opened = false;
    this.#cancelWatch();
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(code, reason);
  }

  #lost(next: number | "signed_out" | null): void {
    this.#drop(1000, "");
    const now = this.#outside.now();
    if (this.#live_since !== null && now - this.#live_since >= SETTLED_MS) this.#attempt = 0;
    this.#live_since = null;
    this.#lost_at ??= now;
    if (next === "signed_out") {
      this.#become({ is: "signed_out" });
      return;
    }
    const delay = next ?? this.#backoff();
    this.#reconnecting(this.#lost_at, now + delay);
    this.#cancelRetry = this.#outside.later(() => this.#connect(), delay);
  }

  #reconnecting(lost_at: number, retry_at: number | null): void {
    const refused = this.#refused ? { refused: this.#refused } : {};
    this.#become({ is: "reconnecting", lost_at, retry_at, ...refused });
  }

  /** Full jitter: anything from nothing to the limit, so that a thousand pages do not return at once. */
  #backoff(): number {
    const most = Math.min(BACKOFF_MOST_MS, BACKOFF_FIRST_MS * 2 ** this.#attempt);
    this.#attempt += 1;
    return Math.round(this.#outside.random() * most);
  }

  #watch(ms: number): void {
    this.#cancelWatch();
    this.#cancelWatch = this.#outside.later(() => {
      const silent = this.#outside.now() - this.#heard_at;
      if (silent < DEAD_AFTER_MS) {
        this.#watch(DEAD_AFTER_MS - silent);
        return;
      }
      this.#drop(PEER_DEAD, "nothing heard");
      this.#lost(null);
    }, ms);
  }

  #become(status: Status): void {
    this.#status = status;
    this.#listener.status(status);
  }
}

/** Whether what a client sees is the present once it has this frame. */
function catchesUp(frame: ServerFrame): boolean {
  return frame.k === "snapshot" || frame.k === "stats" || (frame.k === "alerts" && !frame.replay);
}

function decode(data: unknown): ServerFrame | null {
  if (typeof data !== "string") return null;
  try {
    const frame: unknown = JSON.parse(data);
    return typeof frame === "object" && frame !== null && "k" in frame ? (frame as ServerFrame) : null;
  } catch {
    return null;
  }
}
