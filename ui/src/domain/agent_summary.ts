/** Whether silence is silence: which agents report, in words. */

import { count, duration } from "./format.ts";
import type { NodeStatus } from "./schemas.ts";

export type Sight = { is: "none" } | { is: "some"; silent: number; words: string };

/** What the gateway said of the nodes `age_s` seconds ago. */
export function sight(nodes: readonly NodeStatus[], age_s: number): Sight {
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
