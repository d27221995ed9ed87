/** The title of the browser tab: the most important state first, so that it is readable in the background. */
import { effect } from "@preact/signals";
import { count } from "../domain/format.ts";
import { visible } from "../domain/json_text.ts";
import * as cluster from "./cluster.ts";
import { fresh } from "./fresh.ts";
import * as live from "./live.ts";
import { type Page, page } from "./router.ts";

export const PAGE_NAMES: Record<Page["name"], string> = {
  runtime: "Runtime",
  alert: "Alert",
  pipeline: "Pipeline",
  unknown: "Not found",
};

export interface TitleParts {
  name: Page["name"];
  subject: readonly string[];
  critical: number;
  paused: boolean;
  offline: boolean;
  cluster: string;
}

/** Characters shown of a text that an attacker may have chosen. */
const MOST = 80;

/** `Paused · 37 critical · Runtime · prod-eu-1`, `Reverse shell · payments · prod-eu-1` */
export function title({ name, subject, critical, paused, offline, cluster: place }: TitleParts): string {
  const texts = name === "alert" ? subject : [];
  const parts = texts.length > 0 ? texts.map((text) => visible(text.slice(0, MOST))) : [PAGE_NAMES[name]];
  const state = offline ? "Offline" : paused && name === "runtime" ? "Paused" : "";
  const worst = name === "runtime" && critical > 0 ? `${count(critical)} critical` : "";
  return [state, worst, ...parts, visible(place) || "Tocsin"].filter(Boolean).join(" · ");
}

/** Title and namespace of the alert on its own page, once they are known. */
export const subject = fresh<readonly string[]>(() => []);

/** Keeps the title up to date. Returns a function that ends this. */
export function start(): () => void {
  return effect(() => {
    const { is } = live.status.value;
    document.title = title({
      name: page.value.name,
      subject: subject.value,
      critical: live.numbers.value.counts.critical,
      paused: live.pausedAt.value !== null,
      offline: is === "reconnecting" || is === "signed_out",
      cluster: cluster.name.value,
    });
  });
}
