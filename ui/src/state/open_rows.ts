/** Which rows are open: the one of the address, and those that were opened beside it. */
import { computed, signal } from "@preact/signals";
import { open, show } from "./query.ts";

const others = signal<readonly string[]>([]);

/** Ids of all open rows. */
export const opened = computed<readonly string[]>(() => {
  const own = open.value;
  // Closing the one of the address, by whatever way, closes all.
  return own === null ? [] : [own, ...others.value.filter((id) => id !== own)];
});

/** Opens a row, alone or `beside` those that are open. */
export function openRow(id: string, beside = false): void {
  others.value = beside ? opened.peek() : [];
  show(id);
}

/** Closes one row; the last that was opened beside it takes its place in the address. */
export function closeRow(id: string): void {
  const left = opened.peek().filter((other) => other !== id);
  others.value = left;
  if (open.peek() === id) show(left.at(-1) ?? null);
}

export function closeAll(): void {
  others.value = [];
  show(null);
}
