/** What the gateway says of itself once: the name of the cluster, and whether the user can sign out. */
import { effect } from "@preact/signals";
import { ask, canSignOut } from "../api/client.ts";
import { fresh } from "./fresh.ts";
import { status } from "./live.ts";

/** Empty until the gateway has answered. */
export const name = fresh(() => "");
/** Whether the user signed in with a form, so that there is a session to end. */
export const session = fresh(() => false);

/** Asks once, after the first rows have arrived. Returns a function that ends this. */
export function start(): () => void {
  let asked = false;
  return effect(() => {
    if (asked || status.value.is !== "live") return;
    asked = true;
    void load();
  });
}

async function load(): Promise<void> {
  try {
    const { cluster } = await ask<{ cluster?: unknown }>("/api/v1/status");
    if (typeof cluster === "string") name.value = cluster;
    session.value = await canSignOut();
  } catch {
    // The UI works without them.
  }
}
