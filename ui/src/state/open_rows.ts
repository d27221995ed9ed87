/** Which rows of the list are open or active. */
import { computed, signal } from "@preact/signals";
import type { Query } from "./query.ts";

export class OpenRows {
  /** Id of the row that the keys act on. */
  readonly active = signal<string | null>(null);
  readonly #others = signal<readonly string[]>([]);
  readonly #query: Query;

  /** Ids of all open rows. The first one is in the address; when it closes, all do. */
  readonly ids = computed<readonly string[]>(() => {
    const first = this.#query.openId.value;
    return first === null ? [] : [first, ...this.#others.value.filter((id) => id !== first)];
  });

  constructor(query: Query) {
    this.#query = query;
  }

  /** Opens a row, alone or `beside` those that are open. */
  open(id: string, beside = false): void {
    this.#others.value = beside ? this.ids.peek() : [];
    this.#query.open(id);
  }

  /** Closes one row. The one opened last takes its place in the address. */
  close(id: string): void {
    const left = this.ids.peek().filter((other) => other !== id);
    this.#others.value = left;
    if (this.#query.openId.peek() === id) this.#query.open(left.at(-1) ?? null);
  }

  closeAll(): void {
    this.#others.value = [];
    this.#query.open(null);
  }
}
