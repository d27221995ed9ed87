/** The state of the pipeline in words: which stage fails, which nodes do not report, which share arrives. */

import { count, duration, plural } from "./format.ts";
import type { Coverage, Hop, Ledger, NodeStatus, PipelineStatus } from "./schemas.ts";

export interface Verdict {
  is: "loading" | "fine" | "broken" | "blind";
  lead: string;
  text: string;
  /** What to type to find out more. */
  command?: string;
}

/** What is known at this moment. */
export interface Known {
  status: PipelineStatus | null;
  /** Why there is no answer now; empty if there is one. */
  why: string;
  /** How old `status` is. */
  age_ms: number;
  /** Whether this browser's stream of alerts is open, or about to be. */
  connected: boolean;
}

/** A question is late after this; then the page says so, and no longer that all is well. */
export const LATE_MS = 5_000;
/** Names in a sentence; the table has them all. */
const NAMED = 3;
const UNKNOWN = "unknown";
const FIND_AGENTS = "kubectl get pods -A -l app.kubernetes.io/name=tetragon -o wide";

/** The sentence at the top of the page. A missing answer comes first, then the stages in order. */
export function verdict({ status, why, age_ms, connected }: Known): Verdict {
  if (why !== "") return blind(status, why, age_ms);
  if (status === null) return { is: "loading", lead: "", text: "" };
  return (
    hop(status) ?? silent(status) ?? reported(status) ?? unbalanced(status.ledger) ?? apart(connected) ?? fine(status)
  );
}

function blind(status: PipelineStatus | null, why: string, age_ms: number): Verdict {
  const shown =
    status === null
      ? "Until it answers, the state of the pipeline is unknown."
      : `The data is ${duration(age_ms)} old.`;
  return { is: "blind", lead: sentence(why), text: shown };
}

function hop({ hops }: PipelineStatus): Verdict | null {
  const first = hops.find(({ problem }) => problem !== "");
  if (first === undefined) return null;
  const others = hops.filter((hop) => hop.problem !== "" && hop !== first).map(titleOf);
  const also = others.length === 0 ? "" : ` Also failing: ${others.join(", ")}.`;
  return { is: "broken", lead: `${titleOf(first)} is failing:`, text: `${sentence(first.problem)}${also}` };
}

function silent({ nodes }: PipelineStatus): Verdict | null {
  if (nodes.length === 0) {
    const text = "No events have arrived since this gateway started. Check that Tetragon runs:";
    return { is: "broken", lead: "No agent has reported.", text, command: FIND_AGENTS };
  }
  const quiet = nodes.filter((node) => node.silent);
  const [first] = quiet;
  if (first === undefined) return null;
  const all = quiet.length === nodes.length && quiet.length > 1;
  const lead = all ? "No node is reporting." : `${plural(quiet.length, "node")} not reporting.`;
  const told = quiet.length === 1 && first.why !== "";
  const names = listed(quiet.map(({ node }) => node));
  return { is: "broken", lead, text: told ? `${names}: ${sentence(first.why)}` : `No events from ${names}.` };
}

/** What the gateway says beside its hops. */
function reported({ broken }: PipelineStatus): Verdict | null {
  return broken === "" ? null : { is: "broken", lead: "The pipeline reports:", text: sentence(broken) };
}

function unbalanced(ledger: Ledger | null): Verdict | null {
  if (ledger === null || ledger.balanced) return null;
  return { is: "broken", lead: "The ledger does not balance.", text: ledger.problems.map(sentence).join(" ") };
}

function apart(connected: boolean): Verdict | null {
  if (connected) return null;
  const text = "The gateway answers, but the alert stream to this browser is closed.";
  return { is: "broken", lead: "This browser is not connected:", text };
}

function fine({ nodes, hops }: PipelineStatus): Verdict {
  const last = least(nodes.map(({ last_s }) => last_s));
  const heard = last === null ? "" : `, last event ${ago(last)}`;
  const works = hops.some(({ instances }) => instances === 0) ? "No stage reports a problem." : "All stages work.";
  const sends = nodes.length === 1 ? "The only node is reporting" : `All ${count(nodes.length)} nodes are reporting`;
  return { is: "fine", lead: works, text: `${sends}${heard}.${dropped(hops)}${unseen(nodes)}` };
}

/** Even if all stages work, some of them may have dropped events. */
function dropped(hops: readonly Hop[]): string {
  const uncounted = hops.filter((own) => own.dropped === null && own.dropped_why !== "").map(titleOf);
  if (uncounted.length > 0) return ` An unknown number of events was lost at ${uncounted.join(", ")}: see below.`;
  const sum = hops.reduce((all, own) => all + (own.dropped ?? 0), 0);
  return sum === 0 ? "" : ` ${count(sum)} ${sum === 1 ? "was" : "were"} dropped: see below.`;
}

function unseen(nodes: readonly NodeStatus[]): string {
  const some = nodes.filter(({ coverage }) => coverage.losses.some(({ n }) => n > 0));
  if (some.length === 0) return "";
  return ` Some events of ${listed(some.map(({ node }) => node))} are missing: see Nodes.`;
}

export function titleOf({ title, name }: Hop): string {
  return title || name;
}

/** `worker-1, worker-2, worker-3 and 9 more` */
function listed(names: readonly string[]): string {
  const more = names.length - NAMED;
  return more > 0 ? `${names.slice(0, NAMED).join(", ")} and ${count(more)} more` : names.join(", ");
}

export function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function least(numbers: readonly (number | null)[]): number | null {
  const known = numbers.filter((number) => number !== null);
  return known.length === 0 ? null : Math.min(...known);
}

/** `1,284/s`, `0.4/s` */
export function rate(per_s: number | null): string {
  if (per_s === null) return UNKNOWN;
  const small = per_s > 0 && per_s < 9.95;
  return `${small ? Math.max(0.1, per_s).toFixed(1) : count(per_s)}/s`;
}

export function number(n: number | null): string {
  return n === null ? UNKNOWN : count(n);
}

/** `41 ms`, `6 s` */
export function span(s: number | null): string {
  return s === null ? UNKNOWN : duration(s * 1000);
}

/** `2 s ago` */
export function ago(s: number | null): string {
  if (s === null) return UNKNOWN;
  return s < 1 ? "just now" : `${duration(s * 1000)} ago`;
}

/** `99.9 %`: rounded down, so that 100 % means all. */
export function percent(share: number): string {
  const tenths = Math.floor(Math.min(1, Math.max(0, share)) * 1000 + 1e-9);
  return `${tenths % 10 === 0 ? tenths / 10 : (tenths / 10).toFixed(1)} %`;
}

export function share({ share }: Coverage): string {
  return share === null ? UNKNOWN : percent(share);
}

/** Silent nodes first, then those of which least is seen; unknown coverage after the known. */
export function ordered(nodes: readonly NodeStatus[]): NodeStatus[] {
  return [...nodes].sort(
    (a, b) =>
      Number(b.silent) - Number(a.silent) ||
      (a.coverage.share ?? 2) - (b.coverage.share ?? 2) ||
      a.node.localeCompare(b.node, "en", { numeric: true }),
  );
}

/** Of what the kernels produced, what reached the gateway, over all nodes of which it is known. */
export function overall(nodes: readonly NodeStatus[]): string {
  const known = nodes.filter(({ coverage }) => coverage.share !== null);
  const unknown = nodes.length - known.length;
  if (nodes.length === 0) return "";
  if (known.length === 0) return "The share of kernel events that reach the gateway is unknown.";
  const sum = (of: "produced" | "reached") => known.reduce((all, { coverage }) => all + (coverage[of] ?? 0), 0);
  const produced = sum("produced");
  const whole =
    produced > 0 ? sum("reached") / produced : Math.min(...known.map(({ coverage }) => coverage.share ?? 0));
  const rest = unknown === 0 ? "" : ` It is unknown for ${plural(unknown, "node")}.`;
  return `${percent(whole)} of the kernel events of ${plural(known.length, "node")} reached the gateway.${rest}`;
}

/** `97 of 98 nodes reporting.` */
export function reporting(nodes: readonly NodeStatus[]): string {
  const silent = nodes.filter((node) => node.silent).length;
  return `${count(nodes.length - silent)} of ${plural(nodes.length, "node")} reporting.`;
}

export function balance({ balanced, at_rest }: Ledger): string {
  return `The ledger ${balanced ? "balances" : "does not balance"} (${at_rest ? "at rest" : "while events arrive"}).`;
}

/** What the difference of one line of the ledger means. */
export function meaning(difference: number, balanced: boolean): string {
  if (difference === 0) return "balances";
  const words = difference > 0 ? "missing" : "too many, or not counted yet";
  if (balanced) return `balances, the rest is ${difference > 0 ? "in transit" : "not counted yet"}`;
  return `${count(Math.abs(difference))} ${words}`;
}
