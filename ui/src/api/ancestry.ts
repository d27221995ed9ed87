/** The ancestry of alerts, fetched when a tree is drawn; the last few are kept. */

import type { Ancestry } from "../domain/schemas.ts";
import { keeper } from "./answer_cache.ts";
import * as api from "./client.ts";

export type Found = { is: "loading" } | { is: "ready"; answer: Ancestry } | { is: "failed"; why: string };

/** Asks the gateway unless the answer is there or on its way. */
export const ancestry = keeper(10, load);

async function load(id: string): Promise<Exclude<Found, { is: "loading" }>> {
  try {
    return { is: "ready", answer: await api.ancestry(id) };
  } catch (error) {
    return { is: "failed", why: error instanceof Error ? error.message : String(error) };
  }
}
