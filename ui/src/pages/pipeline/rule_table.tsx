/** All rules with hits and failures, and whether they can fire. The table can be sorted and filtered. */

import { useState } from "preact/hooks";
import { place } from "../../api/rules.ts";
import { type Column, Table } from "../../components/table.tsx";
import { Text, Why } from "../../components/text.tsx";
import { count, plural } from "../../domain/format.ts";
import { arranged, folder, type Key, type Order, SHOWN, type Shown, turned } from "../../domain/rule_sort.ts";
import type { Rule } from "../../domain/schemas.ts";
import { writeFilter } from "../../domain/url_state.ts";

const HEADS: readonly { name: string; by: Key; number?: boolean }[] = [
  { name: "Rule", by: "title" },
  { name: "Level", by: "level" },
  { name: "Hits", by: "hits", number: true },
  { name: "Failures", by: "failures", number: true },
  { name: "Can it fire here?", by: "can_fire" },
];

export function RuleTable({ rules }: { rules: readonly Rule[] }) {
  const [text, setText] = useState("");
  const [shown, setShown] = useState<Shown>("all");
  const [order, setOrder] = useState<Order>({ by: "can_fire", down: false });
  if (rules.length === 0) return null;
  const found = arranged(rules, text, shown, order);
  const shared = folder(rules.map(({ file }) => file)).length;
  const all = plural(rules.length, "rule");
  return (
    <>
      <div class="sift">
        <Find text={text} type={setText} />
        <Choose shown={shown} choose={setShown} />
        <span class="muted" role="status">
          {found.length === rules.length ? all : `${count(found.length)} of ${all}`}
        </span>
      </div>
      {found.length === 0 ? (
        <p>{`${all}, none match.`}</p>
      ) : (
        <Table
          caption="Rules; hits and failures since the instances started"
          columns={heads(order, setOrder)}
          rows={found.map((own) => rule(own, shared))}
        />
      )}
    </>
  );
}

function heads(order: Order, set: (order: Order) => void): Column[] {
  return HEADS.map(({ by, ...head }) => ({
    ...head,
    sort: {
      now: order.by === by ? (order.down ? "descending" : "ascending") : null,
      turn: () => set(turned(order, by)),
    },
  }));
}

function Find({ text, type }: { text: string; type: (text: string) => void }) {
  return (
    <input
      type="search"
      aria-label="Find a rule"
      placeholder="Find a rule"
      value={text}
      onInput={(event) => type(event.currentTarget.value)}
    />
  );
}

function Choose({ shown, choose }: { shown: Shown; choose: (shown: Shown) => void }) {
  return (
    <select
      aria-label="Filter the rules"
      value={shown}
      onChange={(event) => choose(event.currentTarget.value as Shown)}
    >
      {SHOWN.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}

const FIRES = { yes: "Yes", no: "No", unknown: "Unknown" } as const;

/** `shared` characters of its file are those of every rule. */
function rule(own: Rule, shared: number) {
  const { id, title, level, type, hits, failures, last_failure, can_fire } = own;
  const head = (
    <>
      <a href={`/runtime?${writeFilter({ rule: [id] }).join("&")}`} title={id} data-field="rule" data-value={id}>
        <Text of={title || id} />
      </a>
      <Why of={type === "rule" ? "" : type} />
      <span title={place(own)}>
        <Why of={place(own).slice(shared)} />
      </span>
    </>
  );
  const failed = (
    <>
      {count(failures)}
      <Why of={last_failure} />
    </>
  );
  const fires = (
    <>
      {FIRES[can_fire.is] ?? FIRES.unknown}
      <Why of={can_fire.why} />
    </>
  );
  return { key: id, cells: [head, <Text of={level} />, count(hits), failed, fires], wrong: failures > 0 };
}
