/** What is wrong with the rules: a line above the list, which leads to the files and lines. */
import { rules as trouble } from "../live.ts";
import { troubles } from "../notices.ts";
import { Icon } from "./icons.tsx";

export function RulesNotice() {
  const [lead, ...rest] = troubles(trouble.value);
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
