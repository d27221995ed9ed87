/** The title of the tab: the worst first, also while nobody looks at it. */
import { effect, signal } from "@preact/signals";
import { count } from "../domain/format.ts";
import { visible } from "../domain/json_text.ts";
import { place } from "./cluster.ts";
import { numbers, pausedAt, status } from "./live.ts";
import { type Page, page } from "./router.ts";

export const PAGE_NAMES: Record<Page["name"], string> = {
  runtime: "Runtime",
  alert: "Alert",
  pipeline: "Pipeline",
  unknown: "Not found",
};

/** What the page of an alert is about: its title and namespace, once they are known. */
export const subject = signal<readonly string[]>([]);

export interface Titled {
  name: Page["name"];
  subject: readonly string[];
  critical: number;
  paused: boolean;
  offline: boolean;
  place: string;
}

/** Of a text that somebody else chose. */
const MOST = 80;

/** `Paused · 37 critical · Runtime · prod-eu-1`, `Reverse shell · payments · prod-eu-1` */
export function title({ name, subject, critical, paused, offline, place }: Titled): string {
  const own = name === "alert" ? subject : [];
  const parts = own.length > 0 ? own.map((part) => visible(part.slice(0, MOST))) : [PAGE_NAMES[name]];
  const state = offline ? "Offline" : paused && name === "runtime" ? "Paused" : "";
  const worst = name === "runtime" && critical > 0 ? `${count(critical)} critical` : "";
  return [state, worst, ...parts, visible(place) || "Tocsin"].filter(Boolean).join(" · ");
}

export function keepTitle(): void {
  effect(() => {
    const { is } = status.value;
    document.title = title({
      name: page.value.name,
      subject: subject.value,
      critical: numbers.value.counts.critical,
      paused: pausedAt.value !== null,
      offline: is === "reconnecting" || is === "signed_out",
      place: place.value,
    });
  });
}
