/** The rows of a past range, page by page. They arrive newest first and are kept oldest first. */

import type { Counts, Row } from "../domain/frames.ts";
import { order } from "../domain/row_order.ts";
import type { AlertsPage, CompleteSince } from "../domain/schemas.ts";
import type { Query } from "./client.ts";

export type RangeState =
  /** The page shows what happens now. */
  | { is: "live" }
  | { is: "loading" }
  | {
      is: "ready";
      from: number;
      to: number;
      counts: Counts;
      /** Whether the counts are all that there were. */
      exact: boolean;
      complete_since: CompleteSince;
      /** Whether there are older rows, whether they are loading, and why loading failed. */
      more: boolean;
      loading: boolean;
      why: string;
    }
  | { is: "failed"; why: string };

export type AskRows = (query: Query, signal: AbortSignal, before: string | null) => Promise<AlertsPage>;

const CAPACITY = 50_000;

export class RangePages {
  readonly #ask: AskRows;
  readonly #changed: () => void;
  #query: Query | null = null;
  #open: AbortController | null = null;
  #before: string | null = null;
  #known = new Set<string>();

  state: RangeState = { is: "live" };
  /** Oldest first; another array with each page. */
  rows: readonly Row[] = [];

  /** `changed` is called after each change of the state. */
  constructor(ask: AskRows, changed: () => void) {
    this.#ask = ask;
    this.#changed = changed;
  }

  /** Starts with this range and filter. Rows of another filter stay until the answer arrives. */
  load(query: Query): void {
    const same = this.#query?.from === query.from && this.#query.to === query.to;
    this.#query = query;
    this.#before = null;
    if (!same) this.rows = [];
    this.#become({ is: "loading" });
    void this.#turn(query, null);
  }

  /** Loads the page of older rows, unless there are none or it is loading. */
  more(): void {
    const { state } = this;
    if (this.#query === null || state.is !== "ready" || !state.more || state.loading) return;
    this.#become({ ...state, loading: true, why: "" });
    void this.#turn(this.#query, this.#before);
  }

  /** Back to what happens now. */
  leave(): void {
    if (this.#query === null) return;
    this.#open?.abort();
    this.#open = null;
    this.#query = null;
    this.rows = [];
    this.#known.clear();
    this.#become({ is: "live" });
  }

  async #turn(query: Query, before: string | null): Promise<void> {
    this.#open?.abort();
    const own = new AbortController();
    this.#open = own;
    try {
      const page = await this.#ask(query, own.signal, before);
      if (this.#open === own) this.#take(page, before !== null);
    } catch (error) {
      if (this.#open === own) this.#fail(error instanceof Error ? error.message : String(error));
    }
  }

  #take(page: AlertsPage, follows: boolean): void {
    if (!follows) this.#known.clear();
    const fresh = page.rows.filter(({ id }) => !this.#known.has(id)).sort(order);
    for (const { id } of fresh) this.#known.add(id);
    this.rows = follows ? [...fresh, ...this.rows] : fresh;
    this.#before = page.before;
    const { from, to, counts, exact, complete_since } = page;
    const more = page.before !== null && this.rows.length < CAPACITY;
    this.#become({ is: "ready", from, to, counts, exact, complete_since, more, loading: false, why: "" });
  }

  #fail(why: string): void {
    const { state } = this;
    if (state.is === "ready") this.#become({ ...state, loading: false, why });
    else this.#become({ is: "failed", why });
  }

  #become(state: RangeState): void {
    this.state = state;
    this.#changed();
  }
}
