/** The answers of the gateway's HTTP API as types. All of them are in this file, so that it can be generated. */
import type { Counts, Row, Severity, Timeline } from "./frames.ts";

/** `GET /api/v1/alerts/{id}`. Any field may be absent. */
export interface Alert {
  id?: string;
  title?: string;
  reason?: string;
  severity?: string;
  base_severity?: string;
  severity_from?: string;
  silenced_by?: string;
  unsilenced_severity?: string;
  rules?: RuleHit[];
  techniques?: string[];
  /** RFC 3339: when the kernel saw the event. */
  time?: string;
  received?: string;
  kind?: string;
  outcome?: string;
  action?: string;
  policy?: string;
  cluster?: string;
  node?: string;
  namespace?: string;
  pod?: string;
  container?: string;
  image?: string;
  workload?: string;
  workload_kind?: string;
  event_type?: string;
  process?: string;
  arguments?: string;
  cwd?: string;
  pid?: number;
  uid?: number;
  exec_id?: string;
  parent_exec_id?: string;
  parent_process?: string;
  parent_arguments?: string;
  target?: string;
  fingerprint?: string;
  /** Names of the fields that were truncated at 8 KiB. */
  truncated?: string[];
  correlation?: Correlation;
  /** Ids of some of the alerts that a correlation is based on. */
  evidence?: string[];
}

/** A rule that matched. Its author wrote the texts; an attacker may have chosen those of `matched`. */
export interface RuleHit {
  id: string;
  title: string;
  level?: string;
  author?: string;
  link?: string;
  techniques?: string[];
  matched?: { field: string; value: string }[];
}

/** What a correlation counted. */
export interface Correlation {
  rule?: string;
  key?: Record<string, string>;
  from?: string;
  to?: string;
  count?: number;
}

/** From when on all alerts of a severity are known, ms since 1970; `null` if none are missing. */
export type CompleteSince = Partial<Record<Severity, number | null>>;

/** `GET /api/v1/alerts`: one page of rows. */
export interface AlertsPage {
  /** Newest first. */
  rows: Row[];
  /** The cursor of the next older page; `null` on the last page. */
  before: string | null;
  complete_since: CompleteSince;
  counts: Counts;
  /** Whether the counts are exact. If not, they cover the retained alerts only. */
  exact: boolean;
  from: number;
  to: number;
}

export const DIMENSIONS = ["event", "process", "namespace", "node", "workload", "rule", "technique"] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** A value, the number of alerts that have it, and their highest severity. */
export type TopValue = [value: string, n: number, worst: Severity];

/** `GET /api/v1/facets`: the most frequent values. */
export interface Facets {
  top: Partial<Record<Dimension, TopValue[]>>;
  /** The number of different values. */
  distinct: Partial<Record<Dimension, number>>;
  exact: boolean;
}

/** `GET /api/v1/timeline`: counts over time. */
export interface TimelineAnswer extends Timeline {
  exact: boolean;
}

export interface NodeAlert {
  id: string;
  sev: Severity;
  title: string;
  /** Milliseconds since 1970. */
  t: number;
}

/** One process of an alert's ancestry. */
export interface ProcessNode {
  exec_id: string;
  parent_exec_id: string;
  process: string;
  arguments: string;
  pid: number | null;
  uid: number | null;
  /** RFC 3339; empty if unknown. */
  started: string;
  /** Whether an event of this process is known. A parent that is only named is not recorded. */
  recorded: boolean;
  /** Whether the alert belongs to this process. */
  this: boolean;
  alerts: NodeAlert[];
  /** The number of further alerts, and of high and critical ones among them. */
  more: { alerts: number; high: number };
  /** Child processes that the answer leaves out. */
  folded?: { processes: number; high: number };
}

/** `GET /api/v1/alerts/{id}/ancestry`. */
export interface Ancestry {
  nodes: ProcessNode[];
  root: string;
  /** Whether the tree is from the event itself or built from other alerts. */
  source: "event" | "window" | string;
}

/** One stage of the pipeline. `null` is unknown, or does not apply to this stage. */
export interface Hop {
  name: string;
  title: string;
  instances: number | null;
  in_s: number | null;
  out_s: number | null;
  lag_s: number | null;
  waiting: number | null;
  /** If there is a `dropped_why`, `null` means an unknown number of dropped events. */
  dropped: number | null;
  dropped_why: string;
  last_seen_s: number | null;
  /** What is failing here; empty if nothing is. */
  problem: string;
}

export interface Loss {
  what: string;
  n: number;
}

/** The share of a node's events that reached the gateway. */
export interface Coverage {
  produced: number | null;
  reached: number | null;
  /** From 0 to 1; `null` is unknown, and `why` is the reason. */
  share: number | null;
  why: string;
  losses: Loss[];
}

export interface NodeStatus {
  node: string;
  last_s: number | null;
  rate: number | null;
  /** Whether the node is not reporting. */
  silent: boolean;
  /** Why it counts as not reporting. */
  why: string;
  coverage: Coverage;
}

/** One equation of the ledger. */
export interface LedgerLine {
  hop: string;
  expected: number;
  found: number;
  waiting: number;
  difference: number;
  tolerance: number;
  balanced: boolean;
}

export interface LedgerReader {
  stream: string;
  name: string;
  waiting: number;
  evicted_unread: number;
}

export interface Ledger {
  balanced: boolean;
  at_rest: boolean;
  lines: LedgerLine[];
  readers: LedgerReader[];
  problems: string[];
}

/** `GET /api/v1/status`. */
export interface PipelineStatus {
  cluster: string;
  hops: Hop[];
  nodes: NodeStatus[];
  ledger: Ledger | null;
  clients: { open: number | null; slow: number | null };
  /** What is failing in the pipeline; empty if nothing is. */
  broken: string;
  /** The number of events of each kind in the live window. */
  kinds_seen: Record<string, number>;
  /** Whether the window has events of host processes; `null` if unknown. */
  host_events: boolean | null;
}

/** A rule file that did not load. */
export interface RuleProblem {
  file: string;
  line: number;
  column: number;
  text: string;
  /** Whether the last good version is still active. */
  kept: boolean;
  instances: string[];
}

/** The rule set of one instance of the classifier or the correlator. */
export interface RuleInstance {
  service: string;
  instance: string;
  hash: string;
  loaded: string;
  /** Seconds since its last report. */
  age_s: number | null;
  rules: number | null;
}

export interface Silence {
  id: string;
  title: string;
  owner: string;
  reason: string;
  expires: string;
  expired: boolean;
  /** Alerts whose severity it lowered, by their severity without the silence. */
  hidden: Counts;
}

/** Whether a rule can match the events that the live window has seen. */
export interface CanFire {
  is: "yes" | "unknown" | "no";
  why: string;
}

export interface Rule {
  id: string;
  title: string;
  level: string;
  /** `rule`, or the type of a correlation. */
  type: string;
  file: string;
  line: number;
  author: string;
  /** Since the instances started, as are failures. */
  hits: number;
  failures: number;
  last_failure: string;
  hooks: string[];
  kinds: string[];
  runbook: string;
  falsepositives: string[];
  can_fire: CanFire;
}

/** The part of `GET /api/v1/rules` that the UI shows. */
export interface Rules {
  judges: RuleInstance[];
  rules: Rule[];
  silences: Silence[];
  problems: RuleProblem[];
  hashes_differ: string[];
}
