/** The list: how many, what to know about it, and the rows or why there are none. */

import { useRef } from "preact/hooks";
import { count } from "../../../domain/format.ts";
import * as live from "../../../state/live.ts";
import * as listing from "../../../state/rows.ts";

import { Grid } from "./alert_grid.tsx";
import { Sheet } from "./bottom_sheet.tsx";
import { ColumnMenu } from "./column_menu.tsx";
import { Empty } from "./empty_state.tsx";
import { ExportMenu } from "./export_menu.tsx";
import { FoldToggle } from "./fold_toggle.tsx";
import { NewPill } from "./new_alerts_pill.tsx";
import { Notice } from "./notice.tsx";
import { RulesNotice } from "./rules_notice.tsx";
import { useFocusKept } from "./use_focus_restore.ts";

export function AlertList() {
  const root = useRef<HTMLElement>(null);
  useFocusKept(root);
  return (
    <section class="panel alerts" aria-labelledby="list-title" ref={root}>
      <header>
        <h2 id="list-title" tabIndex={-1}>
          {live.mode.value === "live" ? "Live alerts" : "Alerts"}
        </h2>
        <HowMany />
        <NewPill />
        <div class="tools">
          <FoldToggle />
          <ColumnMenu />
          <ExportMenu />
        </div>
      </header>
      <div class="slot">
        <Notice />
        <RulesNotice />
      </div>
      {listing.shown.value.rows.length === 0 ? <Empty /> : <Grid />}
      <Sheet />
    </section>
  );
}

/** All of this time and filter, listed or not; where that is not known, how many rows there are. */
function HowMany() {
  const all = listing.alerts.value;
  const rows = `${count(listing.shown.value.rows.length)} ${listing.shown.value.rows.length === 1 ? "row" : "rows"}`;
  if (all === null) return <span class="muted n">{rows}</span>;
  return (
    <span class="muted n" title={`${rows} listed`}>
      {all.exact ? count(all.n) : `at least ${count(all.n)}`}
    </span>
  );
}
