/** How each hop from the sensors to the gateway fares, as the gateway says every two seconds while the page is looked at. */
import { ask } from "./client.ts";
import { Poll } from "./poll.ts";

/** One hop. `null` is not known, or not to be known of such a hop. */
export interface Hop {
  name: string;
  title: string;
  instances: number | null;
  in_s: number | null;
  out_s: number | null;
  lag_s: number | null;
  waiting: number | null;
  /** Where there is a `dropped_why`, `null` is that something is gone and nobody knows how much. */
  dropped: number | null;
  dropped_why: string;
  last_seen_s: number | null;
  /** What is broken here, in words; empty where nothing is. */
  problem: string;
}

export interface Loss {
  what: string;
  n: number;
}

/** Of what the kernel produced on a node, what reached the gateway. */
export interface Coverage {
  produced: number | null;
  reached: number | null;
  /** From 0 to 1; `null` is unknown, and `why` says why. */
  share: number | null;
  why: string;
  losses: Loss[];
}

export interface Node {
  node: string;
  last_s: number | null;
  rate: number | null;
  silent: boolean;
  /** Why it counts as silent, in words. */
  why: string;
  coverage: Coverage;
}

/** One equation of the ledger. */
export interface Line {
  hop: string;
  expected: number;
  found: number;
  waiting: number;
  difference: number;
  tolerance: number;
  balanced: boolean;
}

export interface Reader {
  stream: string;
  name: string;
  waiting: number;
  evicted_unread: number;
}

export interface Ledger {
  balanced: boolean;
  at_rest: boolean;
  lines: Line[];
  readers: Reader[];
  problems: string[];
}

export interface PipelineStatus {
  cluster: string;
  hops: Hop[];
  nodes: Node[];
  ledger: Ledger | null;
  clients: { open: number | null; slow: number | null };
  /** What is broken on the whole way, in words. */
  broken: string;
  /** How many events of each kind the live window has seen. */
  kinds_seen: Record<string, number>;
  /** Whether it has seen processes of the hosts themselves; `null` where that is not said. */
  host_events: boolean | null;
}

const HOP: Hop = {
  name: "",
  title: "",
  instances: null,
  in_s: null,
  out_s: null,
  lag_s: null,
  waiting: null,
  dropped: null,
  dropped_why: "",
  last_seen_s: null,
  problem: "",
};
const COVERAGE: Coverage = { produced: null, reached: null, share: null, why: "", losses: [] };
const NODE: Node = { node: "", last_s: null, rate: null, silent: false, why: "", coverage: COVERAGE };
const LEDGER: Ledger = { balanced: true, at_rest: false, lines: [], readers: [], problems: [] };

type Answer = Partial<Omit<PipelineStatus, "hops" | "nodes" | "ledger">> & {
  hops?: Partial<Hop>[];
  nodes?: (Partial<Omit<Node, "coverage">> & { coverage?: Partial<Coverage> | null })[];
  ledger?: Partial<Ledger> | null;
};

/** An answer with what an older gateway does not say filled in as unknown. */
export function complete(said: Answer): PipelineStatus {
  return {
    cluster: said.cluster ?? "",
    hops: (said.hops ?? []).map((hop) => ({ ...HOP, ...hop })),
    nodes: (said.nodes ?? []).map((node) => ({ ...NODE, ...node, coverage: { ...COVERAGE, ...node.coverage } })),
    ledger: said.ledger ? { ...LEDGER, ...said.ledger } : null,
    clients: { open: null, slow: null, ...said.clients },
    broken: said.broken ?? "",
    kinds_seen: said.kinds_seen ?? {},
    host_events: said.host_events ?? null,
  };
}

const EVERY_MS = 2_000;

export const statusPoll = new Poll<PipelineStatus>(
  async (signal) => complete(await ask("/api/v1/status", signal)),
  EVERY_MS,
);
