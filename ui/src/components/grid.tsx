/** The rows of the list: only those near what is seen are in the document, each at its own place. */
import { useMemo, useRef } from "preact/hooks";
import { active } from "../list_control.ts";
import { list } from "../live.ts";
import type { Row } from "../protocol.ts";
import { open } from "../query.ts";
import { indexOf, rowAt } from "../rows.ts";
import { height, top, viewport } from "../viewport.ts";
import { AlertDetail } from "./alert_detail.tsx";
import { AlertRow } from "./alert_row.tsx";
import { measures } from "./measures.ts";
import { useControl } from "./use_control.ts";
import { useHolds } from "./use_holds.ts";
import { usePlace } from "./use_place.ts";

const COLUMNS = ["Severity", "Time", "Alert", "Process", "Event", "Namespace / pod", "Node", "ATT&CK"];

export function Grid() {
  const shown = list.value;
  const { rows } = shown;
  const frame = useRef<HTMLDivElement>(null);
  const openIndex = useMemo(() => indexOf(rows, open.value), [shown, open.value]);
  const place = usePlace(frame);
  const toggle = useControl(frame, place);
  const holds = useHolds(openIndex >= 0);
  const { first, end } = viewport(place.scroll, place.visible, rows.length, openIndex, measures.value);
  return (
    <div class="grid" role="treegrid" aria-labelledby="list-title" aria-rowcount={rows.length + 1}>
      <Head />
      <div
        class="rows"
        role="rowgroup"
        tabIndex={-1}
        ref={frame}
        onScroll={place.onScroll}
        {...holds}
        onClick={(event) => {
          const row = rowOf(rows, event.target as Element);
          if (row && document.getSelection()?.isCollapsed !== false) toggle(row);
        }}
      >
        <div class="space" style={{ height: `${height(rows.length, openIndex, measures.value)}px` }}>
          <Drawn first={first} end={end} openIndex={openIndex} />
        </div>
      </div>
    </div>
  );
}

function Head() {
  return (
    <div class="cols" role="row" aria-rowindex={1}>
      {COLUMNS.map((name) => (
        <span role="columnheader" key={name}>
          {name}
        </span>
      ))}
    </div>
  );
}

interface DrawnProps {
  first: number;
  end: number;
  openIndex: number;
}

function Drawn({ first, end, openIndex }: DrawnProps) {
  // Not a prop: the array stays the same object while it grows, and equal props are not drawn again.
  const { rows } = list.value;
  const size = measures.value;
  const drawn: [number, Row][] = [];
  for (let index = first; index < end; index += 1) {
    const row = rowAt(rows, index);
    if (row !== undefined) drawn.push([index, row]);
  }
  // Tab stops at the active row, or at the first one drawn where that is elsewhere.
  const stop = drawn.some(([, { id }]) => id === active.value) ? active.value : drawn[0]?.[1].id;
  return (
    <>
      {drawn.map(([index, row]) => (
        <AlertRow
          key={row.id}
          row={row}
          index={index}
          top={top(index, openIndex, size)}
          open={index === openIndex}
          active={row.id === stop}
        />
      ))}
      {drawn.map(
        ([index, row]) =>
          index === openIndex && (
            <AlertDetail
              key={`detail ${row.id}`}
              row={row}
              index={index}
              top={top(index, openIndex, size) + size.row}
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
