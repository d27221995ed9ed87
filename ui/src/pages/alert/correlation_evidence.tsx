/** What a correlation counted: its key, the count, the time range, and the alerts that it is based on. */

import { positionOf } from "../../domain/folding.ts";
import { count } from "../../domain/format.ts";
import { visible } from "../../domain/json_text.ts";
import type { Alert, Correlation } from "../../domain/schemas.ts";
import * as commands from "../../state/commands.ts";
import { alertPath } from "../../state/router.ts";
import * as listing from "../../state/rows.ts";

import { Places } from "./alert_reason.tsx";
import { FieldRow } from "./field_row.tsx";

const ID_CHARACTERS = 12;

interface Props {
  alert: Alert;
  correlation: Correlation;
  /** Whether it is shown in the list, so that the evidence can be opened there. */
  inList: boolean;
}

export function CorrelationEvidence({ alert, correlation, inList }: Props) {
  const { rule, key = {}, from, to, count: counted } = correlation;
  const evidence = alert.evidence ?? [];
  return (
    <dl>
      <FieldRow name="Count" value={counted === undefined ? undefined : count(counted)} plain />
      {Object.entries(key).map(([field, value]) => (
        <FieldRow key={field} name={field} value={value} />
      ))}
      <FieldRow name="From" value={from} />
      <FieldRow name="To" value={to} />
      <FieldRow name="Correlation" value={rule} />
      <FieldRow name="Process" value={alert.process} field="proc" />
      <Places alert={alert} />
      {evidence.length > 0 && (
        <>
          <dt>Evidence</dt>
          <dd class="evidence mono">
            {evidence.map((id) => (
              <Evidence key={id} id={id} inList={inList} />
            ))}
          </dd>
        </>
      )}
    </dl>
  );
}

/** Opens the alert in the list, or its page if the list does not have it. */
function Evidence({ id, inList }: { id: string; inList: boolean }) {
  const text = visible(id.slice(0, ID_CHARACTERS));
  if (inList && positionOf(listing.shown.value, id) >= 0) {
    return (
      <button type="button" title="Open this alert" onClick={() => commands.ofList()?.open(id)}>
        {text}
      </button>
    );
  }
  return (
    <a href={alertPath(id)} title="Open its page">
      {text}
    </a>
  );
}
