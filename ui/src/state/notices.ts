/** What stands above the list: the most serious of what is true. It is spoken when it changes its kind. */

import { computed, effect } from "@preact/signals";
import type { Status } from "../api/alert_stream.ts";
import { clock, count, day, duration, plural } from "../domain/format.ts";
import { type RuleTrouble, SEVERITIES } from "../domain/frames.ts";
import { visible } from "../domain/json_text.ts";
import type { CompleteSince } from "../domain/schemas.ts";
import type { Late, MissedRange } from "./alert_store.ts";
import {
  back,
  busy,
  cut,
  dismissMissed,
  gatewayNow,
  lag,
  late,
  list,
  missed,
  mode,
  numbers,
  rangeState,
  retryNow,
  rules,
  status,
  today,
} from "./live.ts";
import { announce } from "./live_region.ts";
import { open, setRange } from "./query.ts";
import { alertPath, go } from "./router.ts";
import { listed, placeOf } from "./rows.ts";

export interface Action {
  name: string;
  act: () => void;
}

/** The most serious first. */
const KINDS = [
  "signed_out",
  "offline",
  "gap",
  "broken",
  "lagging",
  "past",
  "busy",
  "back",
  "late",
  "more",
  "elsewhere",
] as const;

export interface Said {
  kind: (typeof KINDS)[number];
  /** The words that stand out; `text` goes on from there. */
  lead?: string;
  text: string;
  actions?: Action[];
}

export const notice = computed<Said | null>(
  () => ofConnection() ?? ofMissed() ?? ofPipeline() ?? (mode.value === "range" ? ofRange() : ofList()) ?? ofOpen(),
);

function ofConnection(): Said | null {
  const current = status.value;
  if (current.is === "signed_out") {
    const text = "You are signed out. What had arrived is still shown.";
    return { kind: "signed_out", text, actions: [{ name: "Sign in again", act: () => window.location.reload() }] };
  }
  return current.is === "reconnecting" ? offline(current) : null;
}

function ofMissed(): Said | null {
  const range = missed.value;
  if (range === null) return null;
  const actions = [{ name: "Dismiss", act: dismissMissed }];
  const { from_ms, to_ms } = range;
  if (from_ms !== null && to_ms !== null) actions.unshift(showing("Show what is held of it", from_ms, to_ms + 1));
  return { kind: "gap", text: gap(range), actions };
}

function ofPipeline(): Said | null {
  const { broken, lagging, ms, pending } = lag.value;
  const actions = [{ name: "Pipeline", act: () => go("/pipeline") }];
  if (broken !== "") return { kind: "broken", text: `The pipeline reports: ${visible(broken)}`, actions };
  if (!lagging || ms === null) return null;
  const waiting = pending > 0 ? ` (${count(pending)} waiting in NATS)` : "";
  return { kind: "lagging", text: `The pipeline is ${duration(ms)} behind${waiting}.`, actions };
}

function ofRange(): Said | null {
  const state = rangeState.value;
  if (state.is !== "ready") return null;
  const words = past(state.complete_since, state.from, state.to);
  return words === "" ? null : { kind: "past", lead: "Past the live window.", text: words };
}

/** Which severities are not held for all of a time. */
export function past(since: CompleteSince, from: number, to: number): string {
  const parts = SEVERITIES.flatMap((severity) => {
    const held = since[severity] ?? null;
    if (held === null || held <= from) return [];
    return [held >= to ? `no ${severity}` : `${severity} from ${clock(held)} on`];
  });
  return parts.length === 0
    ? ""
    : `Held of this time: ${parts.join(", ")}${parts.length < 4 ? "; all of the rest." : "."}`;
}

function ofList(): Said | null {
  if (busy.value) {
    const text = "Others are searching. The rest of the rows follows in a second.";
    return { kind: "busy", lead: "The gateway is busy.", text };
  }
  if (back.value !== null) return { kind: "back", text: returned(back.value) };
  if (late.value !== null) return belated(late.value, today.value);
  if (!cut.value) return null;
  const text = "The worst 400 of each quarter second are listed. Counts are exact.";
  const minute = () => {
    const now = gatewayNow();
    setRange({ live: false, from: now - MINUTE_MS, to: now });
  };
  const actions = [{ name: "Look through this minute", act: minute }];
  return { kind: "more", lead: "More than the screen can show.", text, actions };
}

const MINUTE_MS = 60_000;

/** A link names an alert that the list does not hold. */
function ofOpen(): Said | null {
  const id = open.value;
  if (id === null || !list.value.complete || placeOf(listed.value, id) >= 0) return null;
  const text = "The alert that is asked for is not in the list.";
  return { kind: "elsewhere", text, actions: [{ name: "To its own page", act: () => go(alertPath(id)) }] };
}

function showing(name: string, from: number, to: number): Action {
  return { name, act: () => setRange({ live: false, from, to }) };
}

const LONGEST_MS = 86_400_000;

/** Catching up after an outage looks like an attack, and is none. */
export function belated({ alerts, exact, most_s, from_ms, since }: Late, today: string): Said {
  const lead = `${exact ? "" : "At least "}${plural(alerts, "alert")}`;
  const from = `${day(from_ms, today)} ${clock(from_ms)}`.trim();
  const text = `arrived up to ${duration(most_s * 1000)} late. They stand where they happened, from ${from} on.`;
  const action = showing("Show that time", Math.max(from_ms, since - LONGEST_MS), Math.max(since, from_ms + 1));
  return { kind: "late", lead, text, actions: [action] };
}

function offline({ lost_at, refused }: Extract<Status, { is: "reconnecting" }>): Said {
  const known = numbers.value.known;
  const lead = known ? `Connection lost at ${clock(lost_at)}.` : "The gateway does not answer.";
  const shown = known ? "Showing what had arrived." : "";
  const text = refused === undefined ? shown : `The gateway refused: ${visible(refused)}. ${shown}`;
  return { kind: "offline", lead, text, actions: [{ name: "Retry now", act: retryNow }] };
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

/** Only shown: they come and go, or are the answer to what the reader has just done. */
const UNSPOKEN: Said["kind"][] = ["more", "past", "busy", "elsewhere"];

/** Speaks each notice once, when it begins. */
export function speakNotices(): void {
  let before: Said["kind"] | null = null;
  effect(() => {
    const said = notice.value;
    const kind = said?.kind ?? null;
    if (said !== null && kind !== before && !UNSPOKEN.includes(said.kind)) {
      announce([said.lead, said.text].filter(Boolean).join(" "));
    }
    before = kind;
  });
  effect(() => {
    const said = troubles(rules.value).join(" ");
    if (said !== "") announce(said);
  });
}
