/** How many wait above the list while it stands still; a press shows them. */

import { Icon } from "../../../components/icons.tsx";
import { count } from "../../../domain/format.ts";
import * as commands from "../../../state/commands.ts";
import * as live from "../../../state/live.ts";
import * as query from "../../../state/query.ts";

export function NewPill() {
  const { waiting, overflowed, frozen } = live.list.value;
  // While paused, the Resume button says how many wait; a range has none.
  if (!frozen || waiting === 0 || live.pausedAt.value !== null || !query.range.value.live) return null;
  return (
    <button type="button" class="pill" onClick={() => commands.ofList()?.newest()}>
      <Icon name="up" />
      {count(waiting)} new <em>{overflowed ? "the oldest are no longer loaded" : "while you read"}</em>
    </button>
  );
}
