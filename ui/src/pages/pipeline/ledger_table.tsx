/** The ledger: the counts of all stages, compared with each other. */

import { Icon } from "../../components/icons.tsx";
import { Table } from "../../components/table.tsx";
import { Text } from "../../components/text.tsx";
import { count } from "../../domain/format.ts";
import { balance, meaning } from "../../domain/pipeline_summary.ts";
import type { Ledger, LedgerLine, LedgerReader, PipelineStatus } from "../../domain/schemas.ts";

const LINES = [
  { name: "Stages" },
  { name: "Expected", number: true },
  { name: "Found", number: true },
  { name: "Waiting", number: true },
  { name: "Difference", number: true },
  { name: "Balance" },
];
const READERS = [{ name: "Consumer" }, { name: "Waiting", number: true }, { name: "Evicted unread", number: true }];

export function LedgerTable({ status: { ledger } }: { status: PipelineStatus }) {
  return (
    <section class="panel block" aria-labelledby="ledger-title">
      <h2 id="ledger-title">Ledger</h2>
      {ledger === null ? <p>The ledger is unknown: the gateway could not compute it.</p> : <Balance ledger={ledger} />}
    </section>
  );
}

function Balance({ ledger }: { ledger: Ledger }) {
  const { lines, readers, problems } = ledger;
  return (
    <>
      <p class={ledger.balanced ? "" : "problem"}>{balance(ledger)}</p>
      {problems.length > 0 && (
        <ul class="problem">
          {problems.map((problem) => (
            <li key={problem}>
              <Text of={problem} />
            </li>
          ))}
        </ul>
      )}
      <Table caption="Counts of each stage" columns={LINES} rows={lines.map(line)} />
      {readers.length > 0 && <Table caption="Consumers of the streams" columns={READERS} rows={readers.map(reader)} />}
    </>
  );
}

function line({ hop, expected, found, waiting, difference, balanced }: LedgerLine) {
  const words = meaning(difference, balanced);
  const verdict = balanced ? (
    words
  ) : (
    <span class="state">
      <Icon name="warning" /> {words}
    </span>
  );
  const numbers = [expected, found, waiting, difference].map(count);
  return { key: hop, cells: [<Text of={hop} />, ...numbers, verdict], wrong: !balanced };
}

function reader({ stream, name, waiting, evicted_unread }: LedgerReader) {
  const own = `${stream}/${name}`;
  return {
    key: own,
    cells: [<Text of={own} mono />, count(waiting), count(evicted_unread)],
    wrong: evicted_unread > 0,
  };
}
