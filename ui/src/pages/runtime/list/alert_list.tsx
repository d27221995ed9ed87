/** The list with its head: number of alerts, notices, and the rows or why there are none. */

import { useRef } from "preact/hooks";
import { count } from "../../../domain/format.ts";
import * as live from "../../../state/live.ts";
import * as listing from "../../../state/rows.ts";

import { AlertGrid } from "./alert_grid.tsx";
import { BottomSheet } from "./bottom_sheet.tsx";
import { ColumnMenu } from "./column_menu.tsx";
import { EmptyState } from "./empty_state.tsx";
import { ExportMenu } from "./export_menu.tsx";
import { FoldToggle } from "./fold_toggle.tsx";
import { NewAlertsPill } from "./new_alerts_pill.tsx";
import { Notice } from "./notice.tsx";
import { RulesNotice } from "./rules_notice.tsx";
import { useFocusRestore } from "./use_focus_restore.ts";

export function AlertList() {
  const root = useRef<HTMLElement>(null);
  useFocusRestore(root);
  return (
    <section class="panel alerts" aria-labelledby="list-title" ref={root}>
      <header>
        <h2 id="list-title" tabIndex={-1}>
          {live.mode.value === "live" ? "Live alerts" : "Alerts"}
        </h2>
        <HowMany />
        <NewAlertsPill />
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
      {listing.shown.value.rows.length === 0 ? <EmptyState /> : <AlertGrid />}
      <BottomSheet />
    </section>
  );
}

/** The number of alerts in this range and filter, listed or not; the number of rows if that is unknown. */
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
