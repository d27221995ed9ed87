/** The notice about rules that did not load, with a link to the details. */

import { Icon } from "../../../components/icons.tsx";
import * as live from "../../../state/live.ts";

import { troubles } from "../../../state/notices.ts";

export function RulesNotice() {
  const [lead, ...rest] = troubles(live.ruleTrouble.value);
  if (lead === undefined) return null;
  return (
    <div class="notice" data-notice="rules">
      <Icon name="warning" />
      <span>
        <b>{lead}</b> {rest.join(" ")}
      </span>
      <a class="act" href="/pipeline#rules">
        Which ones
      </a>
    </div>
  );
}
