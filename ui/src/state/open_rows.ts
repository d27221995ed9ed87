/** Which rows of the list are open or active. */
import { computed } from "@preact/signals";
import { fresh } from "./fresh.ts";
import * as query from "./query.ts";

/** Id of the row that the keys act on. */
export const active = fresh<string | null>(() => null);
const others = fresh<readonly string[]>(() => []);

/** Ids of all open rows. The first one is in the address; when it closes, all do. */
export const ids = computed<readonly string[]>(() => {
  const first = query.openId.value;
  return first === null ? [] : [first, ...others.value.filter((id) => id !== first)];
});

/** Opens a row, alone or `beside` those that are open. */
export function open(id: string, beside = false): void {
  others.value = beside ? ids.peek() : [];
  query.open(id);
}

/** Closes one row. The one opened last takes its place in the address. */
export function close(id: string): void {
  const left = ids.peek().filter((other) => other !== id);
  others.value = left;
  if (query.openId.peek() === id) query.open(left.at(-1) ?? null);
}

export function closeAll(): void {
  others.value = [];
  query.open(null);
}
