/** The name of the cluster. */
import { effect, signal } from "@preact/signals";
import { ask } from "../api/client.ts";
import type { LiveAlerts } from "./live.ts";

export class Cluster {
  /** Empty until the gateway has answered. */
  readonly name = signal("");

  /** Asks once, after the first rows have arrived. Returns a function that ends this. */
  start({ status }: LiveAlerts): () => void {
    let asked = false;
    return effect(() => {
      if (asked || status.value.is !== "live") return;
      asked = true;
      void this.#load();
    });
  }

  async #load(): Promise<void> {
    try {
      const { cluster } = await ask<{ cluster?: unknown }>("/api/v1/status");
      if (typeof cluster === "string") this.name.value = cluster;
    } catch {
      // The UI works without the name.
    }
  }
}
