/** Which agents report, in words. */
import { expect, it } from "vitest";
import { complete } from "../../src/api/status.ts";
import { agentSummary } from "../../src/domain/agent_summary.ts";
import type { NodeStatus } from "../../src/domain/schemas.ts";

function node(last_s: number | null, silent = false): NodeStatus {
  return complete({ nodes: [{ node: "n", last_s, silent }] }).nodes[0] as NodeStatus;
}

it("counts the agents that report, and says when the last event came", () => {
  expect(agentSummary([], 0)).toEqual({ is: "none" });
  const seen = agentSummary([node(30, true), node(2), node(null, true)], 1);
  expect(seen).toEqual({ is: "some", silent: 2, words: "1 of 3 agents reporting, last event 3 s ago." });
  expect(agentSummary([node(null)], 5)).toMatchObject({ words: "1 of 1 agents reporting, no event yet." });
});
