/** The rules: the rule sets of all instances, problems, each rule with its hits, and the silences. */

import { differing, place } from "../../api/rules.ts";
import { Icon } from "../../components/icons.tsx";
import { Table } from "../../components/table.tsx";
import { Text, When } from "../../components/text.tsx";
import { count, plural } from "../../domain/format.ts";
import { number } from "../../domain/pipeline_summary.ts";
import type { RuleInstance, RuleProblem, Rules } from "../../domain/schemas.ts";
import { RuleTable } from "./rule_table.tsx";
import { Silences } from "./silences.tsx";

const HASH_CHARACTERS = 12;

export function RulesPanel({ rules }: { rules: Rules }) {
  return (
    <>
      <Sets rules={rules} />
      <Problems rules={rules} />
      <RuleTable rules={rules.rules} />
      <Silences silences={rules.silences} />
    </>
  );
}

const SETS = [
  { name: "Instance" },
  { name: "Rule set" },
  { name: "Loaded" },
  { name: "Rules", number: true },
  { name: "Last report" },
];

function Sets({ rules }: { rules: Rules }) {
  const { judges } = rules;
  if (judges.length === 0) return <p>No classifier or correlator has reported its rules.</p>;
  const others = differing(rules);
  const rows = judges.map((judge) => set(judge, others.includes(judge)));
  return (
    <>
      <p class={others.length > 0 ? "problem" : ""}>
        {others.length > 0
          ? `${plural(others.length, "instance")} ${others.length === 1 ? "has" : "have"} other rules than the replicas.`
          : "All replicas have the same rules."}
      </p>
      <Table caption="Rule sets" columns={SETS} rows={rows} />
    </>
  );
}

function set({ service, instance, hash, loaded, age_s, rules }: RuleInstance, differs: boolean) {
  const head = (
    <>
      <Text of={service} /> <Text of={instance} mono />
      {differs && (
        <span class="state">
          <Icon name="warning" /> differs from its replicas
        </span>
      )}
    </>
  );
  const short = (
    <span title={hash}>
      <Text of={hash.slice(0, HASH_CHARACTERS) || "none"} mono />
    </span>
  );
  const heard = age_s === null ? "unknown" : age_s < 1 ? "just now" : `${count(age_s)} s ago`;
  return {
    key: `${service}/${instance}`,
    cells: [head, short, loaded ? <When at={loaded} /> : "unknown", number(rules), heard],
    wrong: differs,
  };
}

const PROBLEMS = [{ name: "File and line" }, { name: "Problem" }, { name: "Effect" }, { name: "Reported by" }];

function Problems({ rules: { problems, judges } }: { rules: Rules }) {
  if (problems.length === 0) return judges.length > 0 ? <p>All rules are loaded.</p> : null;
  const rows = problems.map((own, index) => problem(own, index, judges.length));
  return <Table caption={`${plural(problems.length, "rule")} not loaded`} columns={PROBLEMS} rows={rows} />;
}

function problem(own: RuleProblem, index: number, judges: number) {
  const { instances } = own;
  const sayers = instances.length === judges ? "all instances" : <Text of={instances.join(", ")} />;
  const until = own.kept ? "the last good version stays active" : "the rule is not active";
  return {
    key: String(index),
    cells: [<Text of={place(own)} mono />, <Text of={own.text} />, until, sayers],
    wrong: true,
  };
}
