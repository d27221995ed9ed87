/** What stands above the list: the most serious of what is true. It is spoken when it changes its kind. */
import { computed, effect } from "@preact/signals";
import { announce } from "./announce.ts";
import { clock, count, duration, plural } from "./format.ts";
import { visible } from "./json.ts";
import { back, cut, dismissMissed, lag, missed, numbers, retryNow, rules, status } from "./live.ts";
import type { RuleTrouble } from "./protocol.ts";
import type { MissedRange } from "./store.ts";
import type { Status } from "./stream.ts";

export interface Said {
  kind: "offline" | "signed_out" | "gap" | "broken" | "lagging" | "more" | "back";
  /** The words that stand out; `text` goes on from there. */
  lead?: string;
  text: string;
  action?: { name: string; act: () => void };
}

export const notice = computed<Said | null>(() => {
  const current = status.value;
  if (current.is === "signed_out") {
    const text = "You are signed out. What had arrived is still shown.";
    return { kind: "signed_out", text, action: { name: "Sign in again", act: () => window.location.reload() } };
  }
  if (current.is === "reconnecting") return offline(current);
  if (missed.value !== null) {
    return { kind: "gap", text: gap(missed.value), action: { name: "Dismiss", act: dismissMissed } };
  }
  const { broken, lagging, ms, pending } = lag.value;
  if (broken !== "") return { kind: "broken", text: `The pipeline reports: ${visible(broken)}` };
  if (lagging && ms !== null) {
    return { kind: "lagging", text: `The pipeline is ${duration(ms)} behind (${count(pending)} waiting in NATS).` };
  }
  if (back.value !== null) return { kind: "back", text: returned(back.value) };
  if (!cut.value) return null;
  const text = "The worst 400 of each quarter second are listed. Counts are exact.";
  return { kind: "more", lead: "More than the screen can show.", text };
});

function offline({ lost_at, refused }: Extract<Status, { is: "reconnecting" }>): Said {
  const known = numbers.value.known;
  const lead = known ? `Connection lost at ${clock(lost_at)}.` : "The gateway does not answer.";
  const shown = known ? "Showing what had arrived." : "";
  const text = refused === undefined ? shown : `The gateway refused: ${visible(refused)}. ${shown}`;
  return { kind: "offline", lead, text, action: { name: "Retry now", act: retryNow } };
}

function returned({ alerts, away_ms }: { alerts: number | null; away_ms: number }): string {
  const away = duration(away_ms);
  if (alerts === null) return `Back after ${away}.`;
  if (alerts === 0) return `Back. No alert came in the ${away} away.`;
  return `Back. ${plural(alerts, "alert")} from the ${away} away ${alerts === 1 ? "was" : "were"} added.`;
}

function gap({ why, alerts, from_ms, to_ms }: MissedRange): string {
  if (why === "epoch") return "The alert stream was rebuilt. The list starts anew; earlier alerts are not in it.";
  const range = from_ms === null || to_ms === null ? "A range" : `${clock(from_ms)}–${clock(to_ms)}`;
  const many = alerts > 0 ? ` (${plural(alerts, "alert")})` : "";
  return `${range}${many} could not be replayed. Counts include them.`;
}

/** Names of replicas that are shown; the detail has them all. */
const NAMED = 3;

/** What is wrong with the rules, one sentence each: it is as true beside any other notice. */
export function troubles({ problems = 0, differ = [], expired = 0 }: RuleTrouble): string[] {
  const others = differ.length > NAMED ? `, ${count(differ.length - NAMED)} more` : "";
  const said = [
    problems > 0 && `${plural(problems, "rule")} not loaded.`,
    differ.length > 0 && `Rule sets differ: ${differ.slice(0, NAMED).map(visible).join(", ")}${others}.`,
    expired > 0 && `${plural(expired, "silence")} ${expired === 1 ? "has" : "have"} expired.`,
  ];
  return said.filter((sentence) => sentence !== false);
}

/** Speaks each notice once, when it begins; that rows are left out comes and goes, and is only shown. */
export function speakNotices(): void {
  let before: Said["kind"] | null = null;
  effect(() => {
    const said = notice.value;
    const kind = said?.kind ?? null;
    if (said !== null && kind !== before && kind !== "more") announce([said.lead, said.text].filter(Boolean).join(" "));
    before = kind;
  });
  effect(() => {
    const said = troubles(rules.value).join(" ");
    if (said !== "") announce(said);
  });
}
