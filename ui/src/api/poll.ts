/** A request that is repeated while a component watches it. */
import { type Signal, signal } from "@preact/signals";

export interface Polled<T> {
  /** The last good answer. It stays when a later request fails. */
  answer: T | null;
  /** When it arrived, ms since 1970. */
  at: number | null;
  /** Why the last request failed; empty if it did not. */
  why: string;
  /** When the pending request was sent; null if there is none. */
  asked: number | null;
}

export class Poll<T> {
  readonly state: Signal<Polled<T>> = signal({ answer: null, at: null, why: "", asked: null });
  #ask: (signal: AbortSignal) => Promise<T>;
  #every_ms: number;
  #watchers = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #open: AbortController | null = null;

  /** `ask` rejects with an error whose message is for the user. */
  constructor(ask: (signal: AbortSignal) => Promise<T>, every_ms: number) {
    this.#ask = ask;
    this.#every_ms = every_ms;
  }

  /** Asks at once, then regularly. Returns a function that ends this. A hidden tab asks when it is shown again. */
  watch(): () => void {
    this.#watchers += 1;
    if (this.#watchers === 1) {
      document.addEventListener("visibilitychange", this.again);
      this.again();
    }
    let watching = true;
    return () => {
      if (!watching) return;
      watching = false;
      this.#watchers -= 1;
      if (this.#watchers === 0) this.#stop();
    };
  }

  /** Asks now, and drops a pending request. */
  again = (): void => {
    this.#close();
    if (this.#watchers > 0 && document.visibilityState === "visible") void this.#turn();
  };

  #stop(): void {
    document.removeEventListener("visibilitychange", this.again);
    this.#close();
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#open?.abort();
    this.#open = null;
    this.state.value = { ...this.state.peek(), asked: null };
  }

  async #turn(): Promise<void> {
    const request = new AbortController();
    this.#open = request;
    this.state.value = { ...this.state.peek(), asked: Date.now() };
    const next = await this.#answer(request.signal);
    // A newer request replaced this one, or nobody watches any more.
    if (this.#open !== request) return;
    this.#open = null;
    this.state.value = { ...this.state.peek(), asked: null, ...next };
    this.#timer = setTimeout(() => void this.#turn(), this.#every_ms);
  }

  async #answer(signal: AbortSignal): Promise<Partial<Polled<T>>> {
    try {
      return { answer: await this.#ask(signal), at: Date.now(), why: "" };
    } catch (error) {
      return { why: error instanceof Error && error.message ? error.message : "The gateway could not be reached." };
    }
  }
}
