/** All fields of an alert, with those that only the event has. */

import { alertFields } from "../../domain/alert_fields.ts";
import { visible } from "../../domain/json_text.ts";
import type { Alert } from "../../domain/schemas.ts";
import { AlertReason } from "./alert_reason.tsx";
import { FieldRow } from "./field_row.tsx";

export function AlertFieldsList({ alert, event }: { alert: Alert; event: string }) {
  return (
    <>
      <div class="whys">
        <AlertReason alert={alert} row={null} />
      </div>
      <dl>
        {alertFields(alert, event).map(([name, value]) =>
          value.length > LONG ? (
            <Long key={name} name={name} value={value} />
          ) : (
            <FieldRow key={name} name={name} value={value} />
          ),
        )}
      </dl>
    </>
  );
}

const LONG = 400;

/** What would push all else away scrolls in its place. */
function Long({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <dd class="mono scrolls" tabIndex={0}>
        <bdi>{visible(value)}</bdi>
      </dd>
    </>
  );
}
