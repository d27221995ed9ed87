/** The number of new alerts above a frozen list. A press shows them. */

import { Icon } from "../../../components/icons.tsx";
import { count } from "../../../domain/format.ts";
import * as commands from "../../../state/commands.ts";
import * as live from "../../../state/live.ts";
import * as query from "../../../state/query.ts";

export function NewAlertsPill() {
  const { waiting, overflowed, frozen } = live.list.value;
  // While paused, the Resume button has the number. A past range has no new alerts.
  if (!frozen || waiting === 0 || live.pausedAt.value !== null || !query.range.value.live) return null;
  return (
    <button type="button" class="pill" onClick={() => commands.ofList()?.newest()}>
      <Icon name="up" />
      {count(waiting)} new <em>{overflowed ? "the oldest are no longer loaded" : "while you read"}</em>
    </button>
  );
}
