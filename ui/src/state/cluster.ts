/** Which cluster this is, as the gateway calls it; nothing until it has said so. */
import { effect, signal } from "@preact/signals";
import { ask } from "../api/client.ts";
import { status } from "./live.ts";

export const place = signal("");

/** Asks once, after the first rows are on their way. */
export function findPlace(): void {
  let asked = false;
  effect(() => {
    if (asked || status.value.is !== "live") return;
    asked = true;
    void learn();
  });
}

async function learn(): Promise<void> {
  try {
    const { cluster } = await ask<{ cluster?: unknown }>("/api/v1/status");
    if (typeof cluster === "string") place.value = cluster;
  } catch {
    // The name of the place is a courtesy.
  }
}
