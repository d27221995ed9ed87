/** The rules, silences and problems of all instances, polled while the UI shows them. */

import { zero } from "../domain/frames.ts";
import type { Rule, RuleInstance, RuleProblem, Rules, Silence } from "../domain/schemas.ts";
import { ask } from "./client.ts";
import { Poll } from "./poll.ts";

const JUDGE: RuleInstance = { service: "", instance: "", hash: "", loaded: "", age_s: null, rules: null };
const SILENCE: Silence = { id: "", title: "", owner: "", reason: "", expires: "", expired: false, hidden: zero() };
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

function filled<T>(defaults: T, parts: Partial<T>[] = []): T[] {
  return parts.map((part) => ({ ...defaults, ...part }));
}

/** An answer with defaults for what an older gateway does not report. */
export function complete(said: Answer): Rules {
  return {
    judges: filled(JUDGE, said.judges),
    rules: filled(RULE, said.rules),
    silences: filled(SILENCE, said.silences).map((silence) => ({
      ...silence,
      hidden: { ...zero(), ...silence.hidden },
    })),
    problems: filled(PROBLEM, said.problems),
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
