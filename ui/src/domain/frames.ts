/** The frames of the WebSocket protocol `alerts.v1`, and the row. */

export const SEVERITIES = ["critical", "high", "medium", "low"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** One number for each severity. */
export type Counts = Record<Severity, number>;

/** What a list shows of one alert. Every text in it may have been chosen by an attacker. */
export interface Row {
  id: string;
  /** Sequence in the stream; decides between alerts of the same time. */
  seq: number;
  /** Fingerprint: what repeats. */
  fp?: string;
  /** Milliseconds since 1970. */
  t: number;
  sev: Severity;
  /** Id of the worst rule that matched. */
  rule?: string;
  /** All of them, if there is more than one. */
  rules?: string[];
  title: string;
  bin?: string;
  args?: string;
  /** Tetragon's event key, `process_kprobe`, or `correlation`. */
  event?: string;
  /** The function, hook or syscall, `tcp_connect`, or `correlation`. */
  fn?: string;
  ns?: string;
  wl?: string;
  pod?: string;
  container?: string;
  node?: string;
  target?: string;
  att?: string[];
  silenced?: boolean;
  /** The number of alerts of this row; more than 1 if the gateway folded repeats. */
  n?: number;
  /** Seconds between the event and its arrival, if that is unusual. */
  late_s?: number;
}

/** Values by field, a leading `-` excludes; `q` is free text. The shape that travels. */
export interface Filter {
  sev?: string[];
  ns?: string[];
  pod?: string[];
  wl?: string[];
  node?: string[];
  proc?: string[];
  event?: string[];
  kind?: string[];
  rule?: string[];
  att?: string[];
  container?: string[];
  target?: string[];
  q?: string;
}

export interface Hello {
  k: "hello";
  v: number;
  head: string;
  oldest: string;
  /** The gateway's clock, ms since 1970. */
  now: number;
  limits: { rows: number; frame_bytes: number };
}

export interface Timeline extends Record<Severity, number[]> {
  t0: number;
  step_s: number;
}

export type Top = Record<string, [value: string, count: number, worst: Severity][]>;

export interface Snapshot {
  k: "snapshot";
  to: string;
  window_s: number;
  complete_since?: Partial<Counts>;
  counts: Counts;
  previous?: Counts;
  /** The same under the client's filter, if the gateway counts it. */
  matched?: Counts;
  /** The filter of `rows`, if the gateway repeats it. */
  filter?: Filter;
  /** It has no rows, because too many searches wait; another one follows in a second. */
  busy?: boolean;
  timeline?: Timeline;
  top?: Top;
  rows: Row[];
}

export interface Alerts {
  k: "alerts";
  /** When the gateway sent it, ms since 1970. */
  sent?: number;
  /** The frame covers what is after `from`, up to and including `to`. */
  from: string;
  to: string;
  replay?: boolean;
  folded?: number;
  left_out?: number;
  rows: Row[];
}

/** Begin in seconds since 1970, then one count for each severity, worst first. */
export type Bin = [second: number, critical: number, high: number, medium: number, low: number];

/** What is wrong with the rules; what is absent is well. */
export interface RuleTrouble {
  /** Documents that did not load. */
  problems?: number;
  /** Replicas that have judged by other rules for over a minute. */
  differ?: string[];
  /** Silences that hide nothing any more. */
  expired?: number;
}

export interface Stats {
  k: "stats";
  to?: string;
  t: number;
  rate: Counts;
  counts: Counts;
  matched?: Counts;
  /** The bins of the timeline that changed. */
  bins?: Bin[];
  /** The lists that changed. */
  top?: Top;
  lag?: { pipeline_ms?: number; pending?: number; broken?: string };
  rules?: RuleTrouble;
}

export interface Gap {
  k: "gap";
  from: string;
  to: string;
  counts?: Partial<Counts>;
  filtered?: Partial<Counts>;
  why: "retention" | "too_far" | "epoch";
  history?: boolean;
}

export interface Ping {
  k: "ping";
  t: number;
}

export interface Bye {
  k: "bye";
  why: "shutdown" | "auth" | "protocol";
  retry_ms?: number;
  /** What was wrong, for `protocol`. */
  text?: string;
}

export type ServerFrame = Hello | Snapshot | Alerts | Stats | Gap | Ping | Bye;

export interface Open {
  k: "open";
  cursor: string | null;
  window: string;
  filter: Filter;
  rows: number;
  visible: boolean;
  /** Whether repeats may be one row in a flood. */
  fold: boolean;
}

export interface View extends Omit<Open, "k" | "cursor"> {
  k: "view";
}

export type ClientFrame = Open | View | { k: "ack"; to: string; painted_ms: number } | { k: "pong"; t: number };

/** Counts of nothing. */
export function zero(): Counts {
  return { critical: 0, high: 0, medium: 0, low: 0 };
}

/** All severities together. */
export function total(counts: Partial<Counts>): number {
  return SEVERITIES.reduce((sum, severity) => sum + (counts[severity] ?? 0), 0);
}
