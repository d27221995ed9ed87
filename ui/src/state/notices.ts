/** The notice above the list. Of several, the most serious one is shown. A screen reader says each kind once. */
import { computed, effect } from "@preact/signals";
import type { Status } from "../api/alert_stream.ts";
import { all } from "../api/browser.ts";
import { positionOf } from "../domain/folding.ts";
import { clock, count, day, duration, plural } from "../domain/format.ts";
import { type RuleTrouble, SEVERITIES } from "../domain/frames.ts";
import { visible } from "../domain/json_text.ts";
import type { Late } from "../domain/late_arrivals.ts";
import type { CompleteSince } from "../domain/schemas.ts";
import type { MissedRange } from "./alert_store.ts";
import * as live from "./live.ts";
import { announce } from "./live_region.ts";
import * as query from "./query.ts";
import { alertPath, go } from "./router.ts";
import * as listing from "./rows.ts";

export interface Action {
  name: string;
  act: () => void;
}

/** The most serious first. */
type Kind =
  | "signed_out"
  | "offline"
  | "gap"
  | "broken"
  | "lagging"
  | "past"
  | "busy"
  | "back"
  | "late"
  | "more"
  | "elsewhere";

export interface Notice {
  kind: Kind;
  /** The emphasized words; `text` continues the sentence. */
  lead?: string;
  text: string;
  actions?: Action[];
}

/** Notices that are only shown: they change often, or answer what the user has just done. */
const SILENT: Kind[] = ["more", "past", "busy", "elsewhere"];
const MINUTE_MS = 60_000;
const LONGEST_MS = 86_400_000;

export const current = computed<Notice | null>(
  () =>
    ofConnection() ?? ofMissed() ?? ofPipeline() ?? (live.mode.value === "range" ? ofRange() : ofList()) ?? ofOpen(),
);

function ofConnection(): Notice | null {
  const status = live.status.value;
  if (status.is === "signed_out") {
    const text = "You are signed out. The alerts loaded so far are still shown.";
    return { kind: "signed_out", text, actions: [{ name: "Sign in again", act: () => window.location.reload() }] };
  }
  return status.is === "reconnecting" ? offline(status) : null;
}

function offline({ lost_at, refused }: Extract<Status, { is: "reconnecting" }>): Notice {
  const { known } = live.numbers.value;
  const lead = known ? `Connection lost at ${clock(lost_at)}.` : "The gateway does not answer.";
  const shown = known ? "Showing the alerts loaded so far." : "";
  const text = refused === undefined ? shown : `The gateway refused: ${visible(refused)}. ${shown}`;
  return { kind: "offline", lead, text, actions: [{ name: "Retry now", act: () => live.retryNow() }] };
}

function ofMissed(): Notice | null {
  const missed = live.missed.value;
  if (missed === null) return null;
  const actions = [{ name: "Dismiss", act: () => live.dismissMissed() }];
  const { from_ms, to_ms } = missed;
  if (from_ms !== null && to_ms !== null) actions.unshift(showRange("Show this range", from_ms, to_ms + 1));
  return { kind: "gap", text: gap(missed), actions };
}

function ofPipeline(): Notice | null {
  const { broken, lagging, ms, pending } = live.lag.value;
  const actions = [{ name: "Pipeline", act: () => go("/pipeline") }];
  if (broken !== "") return { kind: "broken", text: `The pipeline reports: ${visible(broken)}`, actions };
  if (!lagging || ms === null) return null;
  const waiting = pending > 0 ? ` (${count(pending)} waiting in NATS)` : "";
  return { kind: "lagging", text: `The pipeline is ${duration(ms)} behind${waiting}.`, actions };
}

function ofRange(): Notice | null {
  const state = live.rangeState.value;
  if (state.is !== "ready") return null;
  const text = retained(state.complete_since, state.from, state.to);
  return text === "" ? null : { kind: "past", lead: "Older than the live window.", text };
}

function ofList(): Notice | null {
  const { busy, reconnected, late, omitted, today } = live;
  if (busy.value) {
    const text = "Other searches are running. The remaining rows follow in a second.";
    return { kind: "busy", lead: "The gateway is busy.", text };
  }
  if (reconnected.value !== null) return { kind: "back", text: afterReconnect(reconnected.value) };
  if (late.value !== null) return ofLate(late.value, today.value);
  return omitted.value ? ofOmitted() : null;
}

/** After an outage many alerts arrive at once. Without this notice that looks like an attack. */
function ofLate(late: Late, today: string): Notice {
  const { from_ms, since } = late;
  const action = showRange("Show that range", Math.max(from_ms, since - LONGEST_MS), Math.max(since, from_ms + 1));
  return { kind: "late", ...lateWords(late, today), actions: [action] };
}

function ofOmitted(): Notice {
  const text = "The 400 most severe of each quarter second are listed. Counts are exact.";
  const act = () => {
    const now = live.gatewayNow();
    query.setRange({ live: false, from: now - MINUTE_MS, to: now });
  };
  return { kind: "more", lead: "Too many alerts to list.", text, actions: [{ name: "Show the last minute", act }] };
}

/** A link names an alert that the list does not have. */
function ofOpen(): Notice | null {
  const id = query.openId.value;
  if (id === null || !live.list.value.complete || positionOf(listing.shown.value, id) >= 0) return null;
  const actions = [{ name: "Open its page", act: () => go(alertPath(id)) }];
  return { kind: "elsewhere", text: "The linked alert is not in this list.", actions };
}

function showRange(name: string, from: number, to: number): Action {
  return { name, act: () => query.setRange({ live: false, from, to }) };
}

/** Announces each notice when it begins. Returns a function that ends this. */
export function start(): () => void {
  let before: Kind | null = null;
  return all(
    effect(() => {
      const notice = current.value;
      const kind = notice?.kind ?? null;
      if (notice !== null && kind !== before && !SILENT.includes(notice.kind)) {
        announce([notice.lead, notice.text].filter(Boolean).join(" "));
      }
      before = kind;
    }),
    effect(() => {
      const text = troubles(live.ruleTrouble.value).join(" ");
      if (text !== "") announce(text);
    }),
  );
}

/** Which severities are not retained for the whole of a range; empty if all are. */
export function retained(since: CompleteSince, from: number, to: number): string {
  const parts = SEVERITIES.flatMap((severity) => {
    const begin = since[severity] ?? null;
    if (begin === null || begin <= from) return [];
    return [begin >= to ? `no ${severity}` : `${severity} since ${clock(begin)}`];
  });
  if (parts.length === 0) return "";
  return `Retained alerts: ${parts.join(", ")}${parts.length < 4 ? "; all others are complete." : "."}`;
}

export function lateWords({ alerts, exact, most_s, from_ms }: Late, today: string): { lead: string; text: string } {
  const lead = `${exact ? "" : "At least "}${plural(alerts, "alert")}`;
  const from = `${day(from_ms, today)} ${clock(from_ms)}`.trim();
  const text = `arrived up to ${duration(most_s * 1000)} late. They are listed at the time of their event, from ${from} on.`;
  return { lead, text };
}

function afterReconnect({ alerts, away_ms }: { alerts: number | null; away_ms: number }): string {
  const lead = `Reconnected after ${duration(away_ms)}.`;
  if (alerts === null) return lead;
  if (alerts === 0) return `${lead} There were no alerts in that time.`;
  return `${lead} ${plural(alerts, "alert")} from that time ${alerts === 1 ? "was" : "were"} added.`;
}

function gap({ why, alerts, from_ms, to_ms }: MissedRange): string {
  if (why === "epoch") return "The alert stream was recreated. Earlier alerts are not in the list.";
  const range = from_ms === null || to_ms === null ? "A range" : `${clock(from_ms)}–${clock(to_ms)}`;
  const many = alerts > 0 ? ` (${plural(alerts, "alert")})` : "";
  return `${range}${many} could not be replayed. Counts include them.`;
}

/** Names of replicas in the notice; the page has all of them. */
const NAMED = 3;

/** What is wrong with the rules, one sentence each. It is shown beside any other notice. */
export function troubles({ problems = 0, differ = [], expired = 0 }: RuleTrouble): string[] {
  const others = differ.length > NAMED ? `, ${count(differ.length - NAMED)} more` : "";
  const sentences = [
    problems > 0 && `${plural(problems, "rule")} not loaded.`,
    differ.length > 0 && `Rule sets differ: ${differ.slice(0, NAMED).map(visible).join(", ")}${others}.`,
    expired > 0 && `${plural(expired, "silence")} ${expired === 1 ? "has" : "have"} expired.`,
  ];
  return sentences.filter((sentence) => sentence !== false);
}
