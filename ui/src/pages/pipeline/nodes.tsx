/** The nodes, first those that do not report, with the share of events that reached the gateway. */

import { Icon } from "../../components/icons.tsx";
import { Table } from "../../components/table.tsx";
import { Text, Why } from "../../components/text.tsx";
import { count } from "../../domain/format.ts";
import { ago, ordered, overall, rate, reporting } from "../../domain/pipeline_summary.ts";
import type { NodeStatus, PipelineStatus } from "../../domain/schemas.ts";
import { writeFilter } from "../../domain/url_state.ts";
import { Coverage, Losses } from "./coverage.tsx";

const COLUMNS = [
  { name: "Node" },
  { name: "Last event" },
  { name: "Events", number: true },
  { name: "Reached the gateway" },
  { name: "Lost" },
];

export function Nodes({ status }: { status: PipelineStatus }) {
  const { nodes } = status;
  return (
    <section class="panel block" aria-labelledby="nodes-title">
      <h2 id="nodes-title">Nodes</h2>
      {nodes.length === 0 ? (
        <p>No node has sent an event yet.</p>
      ) : (
        <>
          <p>
            {reporting(nodes)} {overall(nodes)}
          </p>
          <Table caption="Nodes, not reporting first" columns={COLUMNS} rows={ordered(nodes).map(row)} />
        </>
      )}
      <Seen status={status} />
    </section>
  );
}

function row(own: NodeStatus) {
  const { node, last_s, silent, coverage } = own;
  const head = (
    <>
      <a href={`/runtime?${writeFilter({ node: [node] }).join("&")}`} data-field="node" data-value={node}>
        <Text of={node} mono />
      </a>
      {silent && (
        <span class="state">
          <Icon name="warning" /> not reporting
        </span>
      )}
      <Why of={own.why} />
    </>
  );
  const cells = [head, ago(last_s), rate(own.rate), <Coverage of={coverage} />, <Losses of={coverage} />];
  return { key: node, cells, wrong: silent };
}

/** What has come at all: a rule can fire on nothing else. */
function Seen({ status: { kinds_seen, host_events } }: { status: PipelineStatus }) {
  const kinds = Object.entries(kinds_seen).sort(([, a], [, b]) => b - a);
  if (kinds.length === 0 && host_events === null) return null;
  return (
    <p class="muted">
      In the live window: {kinds.length === 0 && "no events"}
      {kinds.map(([kind, n], index) => (
        <span key={kind}>
          {index > 0 && ", "}
          <Text of={kind} mono /> {count(n)}
        </span>
      ))}
      .{host_events !== null && (host_events ? " It includes host processes." : " It includes no host processes.")}
    </p>
  );
}
