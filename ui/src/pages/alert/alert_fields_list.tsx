/** All that is known of an alert: why it fired, where, and what only the event says. */

import { facts } from "../../domain/alert_fields.ts";
import { visible } from "../../domain/json_text.ts";
import type { Alert } from "../../domain/schemas.ts";
import { Why } from "./alert_reason.tsx";
import { Fact } from "./field_row.tsx";

export function AlertFacts({ alert, event }: { alert: Alert; event: string }) {
  return (
    <>
      <div class="whys">
        <Why alert={alert} row={null} />
      </div>
      <dl>
        {facts(alert, event).map(([name, value]) =>
          value.length > LONG ? (
            <Long key={name} name={name} value={value} />
          ) : (
            <Fact key={name} name={name} value={value} />
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
