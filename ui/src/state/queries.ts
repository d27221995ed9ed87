/** The polls that several components share, and the answers that are cached by id. */
import { alertCache } from "../api/alert_details.ts";
import { ancestryCache } from "../api/ancestry.ts";
import { latencyPoll } from "../api/latency.ts";
import type { Poll } from "../api/poll.ts";
import { type RulesAnswer, rulesPoll } from "../api/rules.ts";
import { statusPoll } from "../api/status.ts";
import type { PipelineStatus, Rules } from "../domain/schemas.ts";
import { onReset } from "./fresh.ts";

export let status: Poll<PipelineStatus>;
export let rules: Poll<Rules>;
export let latency: Poll<number>;
/** The detail of an alert, by id. */
export let alert: ReturnType<typeof alertCache>;
/** The process ancestry of an alert, by id. */
export let ancestry: ReturnType<typeof ancestryCache>;

onReset(() => {
  status = statusPoll();
  rules = rulesPoll();
  latency = latencyPoll();
  alert = alertCache();
  ancestry = ancestryCache();
});

/** The last answer about the rules; if the last query failed, why. */
export function rulesAnswer(): RulesAnswer {
  const { answer, why } = rules.state.value;
  if (why !== "") return { is: "failed", why };
  return answer === null ? { is: "loading" } : { is: "ready", rules: answer };
}

/** Milliseconds from this browser to the gateway and back; null if unknown. */
export function roundTrip(): number | null {
  const { answer, why } = latency.state.value;
  return why === "" ? answer : null;
}
