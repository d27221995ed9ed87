/** The polls that several components share, and the answers that are cached by id. */
import { computed } from "@preact/signals";
import { alertCache } from "../api/alert_details.ts";
import { ancestryCache } from "../api/ancestry.ts";
import { latencyPoll } from "../api/latency.ts";
import { type RulesAnswer, rulesPoll } from "../api/rules.ts";
import { statusPoll } from "../api/status.ts";

export class Queries {
  readonly status = statusPoll();
  readonly rules = rulesPoll();
  readonly latency = latencyPoll();
  /** The detail of an alert, by id. */
  readonly alert = alertCache();
  /** The process ancestry of an alert, by id. */
  readonly ancestry = ancestryCache();

  /** The last answer about the rules; if the last query failed, why. */
  readonly rulesAnswer = computed<RulesAnswer>(() => {
    const { answer, why } = this.rules.state.value;
    if (why !== "") return { is: "failed", why };
    return answer === null ? { is: "loading" } : { is: "ready", rules: answer };
  });

  /** Milliseconds from this browser to the gateway and back; null if unknown. */
  readonly roundTrip = computed(() => {
    const { answer, why } = this.latency.state.value;
    return why === "" ? answer : null;
  });
}
