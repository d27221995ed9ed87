/** By which rules is judged, in full: asked for when somebody wants to know what is wrong with them. */

import type { Counts } from "../domain/frames.ts";
import type { Rule, RuleInstance, RuleProblem, Rules, Silence } from "../domain/schemas.ts";
import { ask } from "./client.ts";
import { Poll } from "./poll.ts";

const HIDDEN: Counts = { critical: 0, high: 0, medium: 0, low: 0 };
const JUDGE: RuleInstance = { service: "", instance: "", hash: "", loaded: "", age_s: null, rules: null };
const SILENCE: Silence = { id: "", title: "", owner: "", reason: "", expires: "", expired: false, hidden: HIDDEN };
const PROBLEM: RuleProblem = { file: "", line: 0, column: 0, text: "", kept: false, instances: [] };
const RULE: Rule = {
  id: "",
  title: "",
  level: "",
  type: "rule",
  file: "",
  line: 0,
  author: "",
  hits: 0,
  failures: 0,
  last_failure: "",
  hooks: [],
  kinds: [],
  runbook: "",
  falsepositives: [],
  can_fire: { is: "unknown", why: "The gateway does not report it." },
};

type Parts = { judges: RuleInstance; rules: Rule; silences: Silence; problems: RuleProblem };
type Answer = { [Name in keyof Parts]?: Partial<Parts[Name]>[] } & { hashes_differ?: string[] };

/** An answer with what an older gateway does not say filled in. */
export function complete(said: Answer): Rules {
  return {
    judges: (said.judges ?? []).map((judge) => ({ ...JUDGE, ...judge })),
    rules: (said.rules ?? []).map((rule) => ({ ...RULE, ...rule })),
    silences: (said.silences ?? []).map((own) => ({ ...SILENCE, ...own, hidden: { ...HIDDEN, ...own.hidden } })),
    problems: (said.problems ?? []).map((problem) => ({ ...PROBLEM, ...problem })),
    hashes_differ: said.hashes_differ ?? [],
  };
}

const EVERY_MS = 30_000;

export function rulesPoll(): Poll<Rules> {
  return new Poll(async (signal) => complete(await ask("/api/v1/rules", signal)), EVERY_MS);
}

export type RulesAnswer = { is: "loading" } | { is: "ready"; rules: Rules } | { is: "failed"; why: string };

/** `rules/a.yml:3:5` */
export function place({ file, line, column }: Pick<RuleProblem, "file" | "line"> & { column?: number }): string {
  if (!line) return file;
  return column ? `${file}:${line}:${column}` : `${file}:${line}`;
}

/** The instances whose rules are not those of their replicas. */
export function differing({ judges, hashes_differ }: Rules): RuleInstance[] {
  return judges.filter(({ instance }) => hashes_differ.includes(instance));
}
