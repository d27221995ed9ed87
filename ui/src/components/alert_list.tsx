/** The live list: how many, what to know about it, and the rows or why there are none. */
import { count } from "../format.ts";
import { listControl } from "../list_control.ts";
import { list, pausedAt } from "../live.ts";
import { Empty } from "./empty.tsx";
import { Grid } from "./grid.tsx";
import { Icon } from "./icons.tsx";
import { Notice } from "./notice.tsx";
import { RulesNotice } from "./rules_notice.tsx";

export function AlertList() {
  const { rows } = list.value;
  return (
    <section class="panel alerts" aria-labelledby="list-title">
      <header>
        <h2 id="list-title" tabIndex={-1}>
          Live alerts
        </h2>
        <span class="muted">{count(rows.length)} loaded</span>
        <NewPill />
      </header>
      <div class="slot">
        <Notice />
        <RulesNotice />
      </div>
      {rows.length === 0 ? <Empty /> : <Grid />}
    </section>
  );
}

function NewPill() {
  const { waiting, overflowed, held } = list.value;
  // While paused, the Resume button says how many wait.
  if (!held || waiting === 0 || pausedAt.value !== null) return null;
  return (
    <button type="button" class="pill" onClick={() => listControl()?.newest()}>
      <Icon name="up" />
      {count(waiting)} new <em>{overflowed ? "older ones are no longer loaded" : "held while you read"}</em>
    </button>
  );
}
