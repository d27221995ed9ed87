/** Whether the list of shortcuts is open, and whether single keys are shortcuts. */
import { fresh } from "./fresh.ts";
import { load, store } from "./storage.ts";

const KEY = "tocsin.keys";

export const open = fresh(() => false);
/** People who use speech input turn single keys off. */
export const singleKeys = fresh(() => load(KEY) !== "off");

export function setSingleKeys(on: boolean): void {
  singleKeys.value = on;
  store(KEY, on ? "on" : "off");
}
