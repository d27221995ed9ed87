/** The rows of the list. Only the visible ones and their neighbours are in the document. */

import { useMemo, useRef } from "preact/hooks";
import { COLUMN_NAMES, fitting, tracks } from "../../../domain/column_layout.ts";
import type { Column } from "../../../domain/columns.ts";
import { fieldOf } from "../../../domain/filter.ts";
import { positionOf } from "../../../domain/folding.ts";
import type { Row } from "../../../domain/frames.ts";
import { indexOf, rowAt } from "../../../domain/row_order.ts";
import { before, height, top, viewport } from "../../../domain/virtual_list.ts";
import * as layout from "../../../state/layout.ts";
import * as openRows from "../../../state/open_rows.ts";
import * as query from "../../../state/query.ts";
import * as listing from "../../../state/rows.ts";

import { AlertDetail } from "../../alert/alert_detail.tsx";
import { AlertRow } from "./alert_row.tsx";
import { ListFooter } from "./list_footer.tsx";
import { rowHeights } from "./row_heights.ts";
import { useListNavigation } from "./use_list_navigation.ts";
import { usePrefetch } from "./use_prefetch.ts";
import { useScrollFreeze } from "./use_scroll_freeze.ts";
import { useScrollPosition } from "./use_scroll_position.ts";

/** A row of three lines has room for these. */
const ON_PHONE: readonly Column[] = ["severity", "time", "alert", "process", "where", "technique"];

export function AlertGrid() {
  const shown = listing.shown.value;
  const { rows } = shown;
  const frame = useRef<HTMLDivElement>(null);
  const ids = openRows.ids.value;
  const open = useMemo(() => places(shown, layout.phone.value ? [] : ids), [shown, ids, layout.phone.value]);
  const place = useScrollPosition(frame);
  const toggle = useListNavigation(frame, place);
  const holds = useScrollFreeze(open.length > 0 || (layout.phone.value && ids.length > 0));
  const prefetch = usePrefetch((target) => rowOf(rows, target));
  const { first, end } = viewport(place.scroll, place.visible, rows.length, open, rowHeights());
  const chosen = layout.phone.value ? ON_PHONE : fitting(query.columns.value, place.width);
  const count = listing.rowCount.value < 0 ? -1 : listing.rowCount.value + open.length + 1;
  return (
    <div
      class="grid"
      role="treegrid"
      aria-labelledby="list-title"
      aria-rowcount={count}
      style={{ "--tracks": tracks(chosen) }}
    >
      <Head columns={chosen} />
      <div
        class="rows"
        role="rowgroup"
        tabIndex={-1}
        ref={frame}
        onScroll={place.onScroll}
        {...holds}
        onPointerOver={prefetch}
        onMouseDown={keepSelection}
        onFocusIn={(event) => {
          holds.onFocusIn(event);
          prefetch(event);
        }}
        onClick={(event) => clicked(event, rows, toggle)}
      >
        <div class="space" style={{ height: `${height(rows.length, open, rowHeights())}px` }}>
          <Drawn first={first} end={end} open={open} columns={chosen} />
        </div>
        <ListFooter near={end >= rows.length} />
      </div>
    </div>
  );
}

function places(shown: { rows: readonly Row[]; folds: boolean }, ids: readonly string[]): number[] {
  const found = ids.map((id) => positionOf(shown, id)).filter((index) => index >= 0);
  return [...new Set(found)].sort((a, b) => a - b);
}

/** A click opens the row, or filters by its technique. It does nothing while text is selected. */
function clicked(event: MouseEvent, rows: readonly Row[], toggle: (row: Row, beside: boolean) => void): void {
  const target = event.target as Element;
  const link = target.closest<HTMLElement>(".row a[data-field]");
  if (link !== null && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    const field = fieldOf(link.dataset.field ?? "");
    if (field !== undefined) query.include(field, link.dataset.value ?? "", event.altKey);
    return;
  }
  const row = rowOf(rows, target);
  const selected = document.getSelection()?.isCollapsed === false;
  if (row !== undefined && link === null && (!selected || event.shiftKey)) toggle(row, event.shiftKey);
}

/** Shift and a click opens a row beside others; it selects no text from the last click to here. */
function keepSelection(event: MouseEvent): void {
  if (event.shiftKey && (event.target as Element).closest(".row") !== null) event.preventDefault();
}

function Head({ columns }: { columns: readonly Column[] }) {
  return (
    <div class="cols" role="row" aria-rowindex={1}>
      {columns.map((column) => (
        <span role="columnheader" key={column}>
          {COLUMN_NAMES[column]}
        </span>
      ))}
    </div>
  );
}

interface DrawnProps {
  first: number;
  end: number;
  open: readonly number[];
  columns: readonly Column[];
}

function Drawn({ first, end, open, columns }: DrawnProps) {
  // Not a prop: the array stays the same object while it grows, and equal props are not drawn again.
  const { rows, folds } = listing.shown.value;
  const size = rowHeights();
  const drawn: [number, Row][] = [];
  for (let index = first; index < end; index += 1) {
    const row = rowAt(rows, index);
    if (row !== undefined) drawn.push([index, row]);
  }
  // Tab stops at the active row, or at the first row if the active one is not drawn.
  const stop = drawn.some(([, { id }]) => id === openRows.active.value) ? openRows.active.value : drawn[0]?.[1].id;
  return (
    <>
      {drawn.map(([index, row]) => (
        <AlertRow
          key={row.id}
          row={row}
          columns={columns}
          rowIndex={index + 2 + before(index, open)}
          top={top(index, open, size)}
          open={open.includes(index)}
          active={row.id === stop}
          folds={folds}
        />
      ))}
      {drawn.map(
        ([index, row]) =>
          open.includes(index) && (
            <AlertDetail
              key={`detail ${row.id}`}
              row={row}
              id={openRows.ids.value.find((id) => positionOf(listing.shown.value, id) === index) ?? row.id}
              rowIndex={index + 3 + before(index, open)}
              top={top(index, open, size) + size.row}
              height={size.detail}
            />
          ),
      )}
    </>
  );
}

function rowOf(rows: readonly Row[], target: Element): Row | undefined {
  const id = target.closest<HTMLElement>(".row")?.dataset.id;
  return id === undefined ? undefined : rowAt(rows, indexOf(rows, id));
}
