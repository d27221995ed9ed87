/** How many wait above the list while it stands still; a press shows them. */

import { Icon } from "../../../components/icons.tsx";
import { count } from "../../../domain/format.ts";
import { listControl } from "../../../state/list_commands.ts";
import { list, pausedAt } from "../../../state/live.ts";
import { range } from "../../../state/query.ts";

export function NewPill() {
  const { waiting, overflowed, held } = list.value;
  // While paused, the Resume button says how many wait; a range has none.
  if (!held || waiting === 0 || pausedAt.value !== null || !range.value.live) return null;
  return (
    <button type="button" class="pill" onClick={() => listControl()?.newest()}>
      <Icon name="up" />
      {count(waiting)} new <em>{overflowed ? "older ones are no longer loaded" : "held while you read"}</em>
    </button>
  );
}
