/** What a correlation counted: for which key, how many, from when to when, and the alerts that it rests on. */

import { count } from "../../domain/format.ts";
import { visible } from "../../domain/json_text.ts";
import type { Alert, Correlation } from "../../domain/schemas.ts";
import { listControl } from "../../state/list_commands.ts";
import { alertPath } from "../../state/router.ts";
import { listed, placeOf } from "../../state/rows.ts";
import { Places } from "./alert_reason.tsx";
import { Fact } from "./field_row.tsx";

const ID_CHARACTERS = 12;

export function Counted({ alert, correlation }: { alert: Alert; correlation: Correlation }) {
  const { rule, key = {}, from, to, count: counted } = correlation;
  const evidence = alert.evidence ?? [];
  return (
    <dl>
      <Fact name="Count" value={counted === undefined ? undefined : count(counted)} plain />
      {Object.entries(key).map(([field, value]) => (
        <Fact key={field} name={field} value={value} />
      ))}
      <Fact name="From" value={from} />
      <Fact name="To" value={to} />
      <Fact name="Correlation" value={rule} />
      <Fact name="Process" value={alert.process} field="proc" />
      <Places alert={alert} />
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
  );
}

/** Opens the alert in the list; one that is not in it has its own page. */
function Evidence({ id }: { id: string }) {
  const text = visible(id.slice(0, ID_CHARACTERS));
  if (placeOf(listed.value, id) >= 0) {
    return (
      <button type="button" title="Open this alert" onClick={() => listControl()?.open(id)}>
        {text}
      </button>
    );
  }
  return (
    <a href={alertPath(id)} title="Not in the list: its own page">
      {text}
    </a>
  );
}
