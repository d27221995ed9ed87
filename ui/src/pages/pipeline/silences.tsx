/** The silences: owner, reason, expiry, and the alerts that they lowered. */

import { Icon } from "../../components/icons.tsx";
import { Table } from "../../components/table.tsx";
import { Text, When } from "../../components/text.tsx";
import { count } from "../../domain/format.ts";
import { SEVERITIES } from "../../domain/frames.ts";
import type { Silence } from "../../domain/schemas.ts";

const COLUMNS = [
  { name: "Silence" },
  { name: "Owner" },
  { name: "Reason" },
  { name: "Ends" },
  { name: "Hidden alerts" },
];

export function Silences({ silences }: { silences: readonly Silence[] }) {
  if (silences.length === 0) return <p>There are no silences.</p>;
  return <Table caption="Silences, expired ones first" columns={COLUMNS} rows={silences.map(row)} />;
}

function row({ id, title, owner, reason, expires, expired, hidden }: Silence) {
  const head = (
    <>
      <Text of={title || id} />
      {expired && (
        <span class="state">
          <Icon name="warning" /> expired, no effect
        </span>
      )}
    </>
  );
  const cells = [head, said(owner), said(reason), expires ? <When at={expires} /> : "never", hid(hidden)];
  return { key: id, cells, wrong: expired };
}

function said(text: string) {
  return text === "" ? <span class="muted">not given</span> : <Text of={text} />;
}

/** By the severity that the alerts would have had. */
function hid(hidden: Silence["hidden"]) {
  const some = SEVERITIES.filter((severity) => hidden[severity] > 0);
  if (some.length === 0) return <span class="muted">none yet</span>;
  return some.map((severity) => `${count(hidden[severity])} ${severity}`).join(", ");
}
