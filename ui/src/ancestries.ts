/** The ancestry of alerts, fetched when a tree is drawn; the last few are kept. */
import { type Signal, signal } from "@preact/signals";
import type { Ancestry } from "./ancestry.ts";
import * as api from "./api.ts";

export type Found = { is: "loading" } | { is: "ready"; answer: Ancestry } | { is: "failed"; why: string };

const KEPT = 10;
const known = new Map<string, Signal<Found>>();

/** Asks the gateway unless the answer is there or on its way; `again` asks in any case. */
export function ancestry(id: string, again = false): Signal<Found> {
  const found = known.get(id);
  if (found !== undefined && !again && found.peek().is !== "failed") return found;
  const fresh = found ?? signal<Found>({ is: "loading" });
  fresh.value = { is: "loading" };
  known.delete(id);
  known.set(id, fresh);
  for (const oldest of known.keys()) {
    if (known.size <= KEPT) break;
    known.delete(oldest);
  }
  void load(id).then((loaded) => {
    fresh.value = loaded;
  });
  return fresh;
}

async function load(id: string): Promise<Found> {
  try {
    return { is: "ready", answer: await api.ancestry(id) };
  } catch (error) {
    return { is: "failed", why: error instanceof Error ? error.message : String(error) };
  }
}
