/** The answers of the gateway's HTTP API, as the UI reads them: the generated types, with names of the UI's own.
 *
 * `Partial` stands where the UI does not trust an answer to have a field. */
import type { Counts, Row, Severity, Timeline } from "./frames.ts";
import type * as generated from "./schemas.gen.ts";
import { FACETS as DIMENSIONS } from "./schemas.gen.ts";

export type { CanFire, Coverage, Loss, NodeAlert } from "./schemas.gen.ts";
export { DIMENSIONS };

/** `GET /api/v1/alerts/{id}`. */
export type Alert = Partial<Omit<generated.Alert, "severity" | "base_severity" | "rules" | "correlation">> & {
  severity?: string;
  base_severity?: string;
  rules?: RuleHit[];
  correlation?: Correlation;
};

/** A rule that matched. Its author wrote the texts; an attacker may have chosen those of `matched`. */
export type RuleHit = Pick<generated.RuleHit, "id" | "title"> & Partial<generated.RuleHit>;

/** What a correlation counted. */
export type Correlation = Partial<generated.Correlated>;

/** From when on all alerts of a severity are known, ms since 1970; `null` if none are missing. */
export type CompleteSince = Partial<generated.Since>;

/** `GET /api/v1/alerts`: one page of rows. */
export type AlertsPage = Omit<generated.RangeAnswer, "rows" | "complete_since" | "counts"> & {
  rows: Row[];
  complete_since: CompleteSince;
  counts: Counts;
};

/** A field whose most frequent values are counted. */
export type Dimension = (typeof DIMENSIONS)[number];

/** A value, the number of alerts that have it, and their highest severity. */
export type TopValue = [value: string, n: number, worst: Severity];

/** `GET /api/v1/facets`: the most frequent values. */
export type Facets = Pick<generated.FacetsAnswer, "exact"> & {
  top: Partial<Record<Dimension, TopValue[]>>;
  distinct: Partial<Record<Dimension, number>>;
};

/** `GET /api/v1/timeline`: counts over time. */
export type TimelineAnswer = Timeline & Pick<generated.TimelineAnswer, "exact">;

/** One process of an alert's ancestry. */
export type ProcessNode = Required<Omit<generated.Node, "pid" | "uid" | "more" | "folded">> & {
  pid: number | null;
  uid: number | null;
  more: { alerts: number; high: number };
  folded?: { processes: number; high: number };
};

/** `GET /api/v1/alerts/{id}/ancestry`. */
export type Ancestry = Omit<generated.AncestryAnswer, "nodes"> & { nodes: ProcessNode[] };

/** One stage of the pipeline. */
export type Hop = generated.HopAnswer;

/** One node and the share of its events that reached the gateway. */
export type NodeStatus = generated.NodeAnswer;

/** One equation of the ledger. */
export type LedgerLine = Required<generated.Line>;
export type LedgerReader = generated.Reader;
export type Ledger = Omit<generated.Ledger, "lines" | "sources"> & { lines: LedgerLine[] };

/** `GET /api/v1/status`. `null` is unknown. */
export type PipelineStatus = Omit<generated.StatusAnswer, "ledger" | "clients" | "host_events" | "timestamp"> & {
  ledger: Ledger | null;
  clients: { open: number | null; slow: number | null };
  host_events: boolean | null;
};

/** A rule file that did not load. */
export type RuleProblem = Omit<generated.ProblemAnswer, "rule">;

/** The rule set of one instance of the classifier or the correlator. */
export type RuleInstance = Omit<generated.JudgeAnswer, "age_s" | "rules"> & {
  age_s: number | null;
  rules: number | null;
};

export type Silence = Omit<generated.SilenceAnswer, "hidden"> & { hidden: Counts };

export type Rule = Omit<generated.RuleAnswer, "host_only">;

/** The part of `GET /api/v1/rules` that the UI shows. */
export interface Rules {
  judges: RuleInstance[];
  rules: Rule[];
  silences: Silence[];
  problems: RuleProblem[];
  hashes_differ: string[];
}
