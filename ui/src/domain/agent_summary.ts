/** Which agents report, in words: an empty list means something only if they do. */

import { count, duration } from "./format.ts";
import type { NodeStatus } from "./schemas.ts";

export type AgentSummary = { is: "none" } | { is: "some"; silent: number; words: string };

/** `age_s` is the age of the answer about the nodes. */
export function agentSummary(nodes: readonly NodeStatus[], age_s: number): AgentSummary {
  if (nodes.length === 0) return { is: "none" };
  const silent = nodes.filter((node) => node.silent).length;
  const last = nodes.reduce<number | null>((least, { last_s }) => {
    if (last_s === null) return least;
    return least === null ? last_s : Math.min(least, last_s);
  }, null);
  const agents = `${count(nodes.length - silent)} of ${count(nodes.length)} agents reporting`;
  const event = last === null ? "no event yet" : `last event ${duration((last + Math.max(0, age_s)) * 1000)} ago`;
  return { is: "some", silent, words: `${agents}, ${event}.` };
}
