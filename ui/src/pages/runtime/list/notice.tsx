/** The place of the notice above the list. */

import { Icon } from "../../../components/icons.tsx";
import * as notices from "../../../state/notices.ts";

export function Notice() {
  const said = notices.current.value;
  if (said === null) return null;
  const { kind, lead, text, actions = [] } = said;
  return (
    <div class={`notice ${kind}`} data-notice={kind}>
      <Icon name="warning" />
      <span>
        {lead && <b>{lead} </b>}
        {text}
      </span>
      <span class="does">
        {actions.map(({ name, act }) => (
          <button type="button" class="act" key={name} onClick={act}>
            {name}
          </button>
        ))}
      </span>
    </div>
  );
}
