/** The state of each stage of the pipeline, polled every two seconds while the UI shows it. */
import type { Coverage, Hop, Ledger, NodeStatus, PipelineStatus } from "../domain/schemas.ts";
import { ask } from "./client.ts";
import { Poll } from "./poll.ts";

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
const NODE: NodeStatus = { node: "", last_s: null, rate: null, silent: false, why: "", coverage: COVERAGE };
const LEDGER: Ledger = { balanced: true, at_rest: false, lines: [], readers: [], problems: [] };

type Answer = Partial<Omit<PipelineStatus, "hops" | "nodes" | "ledger">> & {
  hops?: Partial<Hop>[];
  nodes?: (Partial<Omit<NodeStatus, "coverage">> & { coverage?: Partial<Coverage> | null })[];
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

export function statusPoll(): Poll<PipelineStatus> {
  return new Poll(async (signal) => complete(await ask("/api/v1/status", signal)), EVERY_MS);
}
