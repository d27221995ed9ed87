/** Whether the list of shortcuts is open, and whether single keys are shortcuts. */
import { signal } from "@preact/signals";
import { load, store } from "./storage.ts";

const KEY = "tocsin.keys";

export class Shortcuts {
  readonly open = signal(false);
  /** People who use speech input turn single keys off. */
  readonly singleKeys = signal(load(KEY) !== "off");

  setSingleKeys(on: boolean): void {
    this.singleKeys.value = on;
    store(KEY, on ? "on" : "off");
  }
}
