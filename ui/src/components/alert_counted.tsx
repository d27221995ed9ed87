/** What a correlation counted: for which key, how many, from when to when, and the alerts that it rests on. */
import type { Alert, Correlation } from "../details.ts";
import { count } from "../format.ts";
import { visible } from "../json.ts";
import { listControl } from "../list_control.ts";
import { list } from "../live.ts";
import { indexOf } from "../rows.ts";
import { Fact } from "./fact.tsx";

const ID_CHARACTERS = 12;

export function Counted({ alert, correlation }: { alert: Alert; correlation: Correlation }) {
  const { rule, key = {}, from, to, count: counted } = correlation;
  const evidence = alert.evidence ?? [];
  return (
    <div class="box" role="gridcell" tabIndex={0}>
      <h3>What was counted</h3>
      <dl>
        <Fact name="Count" value={counted === undefined ? undefined : count(counted)} plain />
        {Object.entries(key).map(([field, value]) => (
          <Fact key={field} name={field} value={value} />
        ))}
        <Fact name="From" value={from} />
        <Fact name="To" value={to} />
        <Fact name="Correlation" value={rule} />
        <Fact name="Process" value={alert.process} />
        <Fact name="Pod" value={[alert.namespace, alert.pod].filter(Boolean).join("/")} />
        <Fact name="Container" value={alert.container} />
        <Fact name="Image" value={alert.image} />
        <Fact name="Node" value={[alert.cluster, alert.node].filter(Boolean).join("/")} />
        {evidence.length > 0 && (
          <>
            <dt>Evidence</dt>
            <dd class="evidence mono">
              {evidence.map((id) => (
                <Evidence key={id} id={id} />
              ))}
            </dd>
          </>
        )}
      </dl>
    </div>
  );
}

/** Opens the alert in the list; one that is not in it is shown as the gateway has it. */
function Evidence({ id }: { id: string }) {
  const text = visible(id.slice(0, ID_CHARACTERS));
  if (indexOf(list.value.rows, id) >= 0) {
    return (
      <button type="button" title="Open this alert" onClick={() => listControl()?.open(id)}>
        {text}
      </button>
    );
  }
  return (
    <a
      href={`/api/v1/alerts/${encodeURIComponent(id)}`}
      target="_blank"
      rel="noopener"
      title="Not in the list: as JSON"
    >
      {text}
    </a>
  );
}
