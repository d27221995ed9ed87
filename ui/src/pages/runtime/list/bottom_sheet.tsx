/** The detail of an alert on a phone: a sheet over the page. It has a history entry, so that Back closes it. */

import { useEffect, useMemo, useRef } from "preact/hooks";
import { Icon, SeverityMark } from "../../../components/icons.tsx";
import { positionOf } from "../../../domain/folding.ts";
import { capital, clock, fraction, moment } from "../../../domain/format.ts";
import { type Row, SEVERITIES } from "../../../domain/frames.ts";
import { visible } from "../../../domain/json_text.ts";
import { rowAt } from "../../../domain/row_order.ts";
import * as layout from "../../../state/layout.ts";
import * as queries from "../../../state/queries.ts";
import * as query from "../../../state/query.ts";
import * as listing from "../../../state/rows.ts";

import { Boxes } from "../../alert/alert_detail.tsx";

export function BottomSheet() {
  const id = layout.phone.value ? query.openId.value : null;
  return id === null ? null : <Over key={id} id={id} />;
}

function Over({ id }: { id: string }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    makeEntry();
    dialog.current?.showModal();
  }, []);
  const row = useMemo(() => rowAt(listing.shown.peek().rows, positionOf(listing.shown.peek(), id)) ?? null, [id]);
  const found = useMemo(() => queries.alert(id, row?.seq), [id]).value;
  const title = row?.title ?? (found.is === "ready" ? (found.alert.title ?? "") : "");
  const severity = row?.sev ?? (found.is === "ready" ? found.alert.severity : undefined);
  const sev = SEVERITIES.find((known) => known === severity);
  return (
    <dialog
      ref={dialog}
      class={`sheet ${sev ?? ""}`}
      aria-labelledby="sheet-title"
      data-detail={found.is}
      data-of={id}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        event.preventDefault();
        close();
      }}
    >
      <header>
        {sev && <SeverityMark severity={sev} />}
        <h2 id="sheet-title" tabIndex={-1}>
          {sev && <span class="vh">{capital(sev)}: </span>}
          <bdi>{visible(title) || "Alert"}</bdi>
        </h2>
        {row && <Moment row={row} />}
        <button type="button" class="icon" aria-label="Close" onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <div class="stack">
        <Boxes found={found} id={id} row={row} cell={false} />
      </div>
    </dialog>
  );
}

function Moment({ row }: { row: Row }) {
  return (
    <time class="mono" dateTime={new Date(row.t).toISOString()} title={moment(row.t)}>
      {clock(row.t)}
      {fraction(row.t)}
    </time>
  );
}

/** Adds the list as the entry before the sheet, also if a link opened the sheet. */
function makeEntry(): void {
  if (isEntry()) return;
  const here = window.location.pathname + window.location.search;
  history.replaceState(history.state, "", here.replace(/[?&]open=[^&]*$/, ""));
  history.pushState({ sheet: true }, "", here);
}

function isEntry(): boolean {
  return (history.state as { sheet?: unknown } | null)?.sheet === true;
}

function close(): void {
  if (isEntry()) history.back();
  else query.open(null);
}
