/** The title of the tab: the worst first, also while nobody looks at it. */
import { effect } from "@preact/signals";
import { count } from "./format.ts";
import { numbers, pausedAt, status } from "./live.ts";

export function title(critical: number, paused: boolean, offline: boolean, place: string): string {
  const state = offline ? "Offline" : paused ? "Paused" : "";
  const worst = critical > 0 ? `${count(critical)} critical` : "";
  return [state, worst, "Runtime", place].filter(Boolean).join(" · ");
}

export function keepTitle(): void {
  effect(() => {
    const { is } = status.value;
    const offline = is === "reconnecting" || is === "signed_out";
    document.title = title(numbers.value.counts.critical, pausedAt.value !== null, offline, "Tocsin");
  });
}
