/** Asks again and again while somebody looks: what was answered last, and whether the far end still answers. */
import { type Signal, signal } from "@preact/signals";

export interface Polled<T> {
  /** The last good answer; it stays when a later question fails. */
  answer: T | null;
  /** When it came, ms since 1970. */
  at: number | null;
  /** Why the last question failed, in words; empty where it did not. */
  why: string;
  /** Since when a question is under way. */
  asked: number | null;
}

export class Poll<T> {
  readonly state: Signal<Polled<T>> = signal({ answer: null, at: null, why: "", asked: null });
  #ask: (signal: AbortSignal) => Promise<T>;
  #every_ms: number;
  #watchers = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #open: AbortController | null = null;

  /** `ask` rejects with an error whose message is for people. */
  constructor(ask: (signal: AbortSignal) => Promise<T>, every_ms: number) {
    this.#ask = ask;
    this.#every_ms = every_ms;
  }

  /** Asks at once and then on; answers how to stop. A hidden page asks nothing, and at once when it is shown. */
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

  /** Asks now, whatever is under way. */
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
    const own = new AbortController();
    this.#open = own;
    this.state.value = { ...this.state.peek(), asked: Date.now() };
    const next = await this.#answer(own.signal);
    // Another question has taken its place, or nobody wants to know any more.
    if (this.#open !== own) return;
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
