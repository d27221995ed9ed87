/** The live list: its own window of rows, one open row, and the reader's place kept. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { copy } from "../copy.ts";
import { detail } from "../details.ts";
import { count } from "../format.ts";
import { shown } from "../json.ts";
import { active, attach } from "../list_control.ts";
import { hold, list, pausedAt } from "../live.ts";
import type { Row } from "../protocol.ts";
import { filter, open, show } from "../query.ts";
import { height, reveal, top, viewport } from "../viewport.ts";
import { AlertDetail } from "./alert_detail.tsx";
import { AlertRow } from "./alert_row.tsx";
import { Empty } from "./empty.tsx";
import { Icon } from "./icons.tsx";
import { measures } from "./measures.ts";
import { Notice } from "./notice.tsx";

const COLUMNS = ["Severity", "Time", "Alert", "Process", "Event", "Namespace / pod", "Node", "ATT&CK"];

export function AlertList() {
  const { rows } = list.value;
  return (
    <section class="panel alerts" aria-labelledby="list-title">
      <header>
        <h2 id="list-title">Live alerts</h2>
        <span class="muted" data-testid="listed">
          {count(rows.length)} loaded
        </span>
        <NewPill />
      </header>
      <div class="slot">
        <Notice />
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
    <button type="button" class="pill" onClick={newest}>
      <Icon name="up" />
      {count(waiting)} new <em>{overflowed ? "older ones are no longer loaded" : "held while you read"}</em>
    </button>
  );
}

let toNewest = () => {};
function newest(): void {
  toNewest();
}

/** The row at a place, 0 is the newest; the list itself is oldest first. */
function rowAt(rows: readonly Row[], index: number): Row | undefined {
  return rows[rows.length - 1 - index];
}

function indexOf(rows: readonly Row[], id: string | null): number {
  if (id === null) return -1;
  const found = rows.findLastIndex((row) => row.id === id);
  return found < 0 ? -1 : rows.length - 1 - found;
}

function Grid() {
  const shownList = list.value;
  const { rows } = shownList;
  const frame = useRef<HTMLDivElement>(null);
  const [scroll, setScroll] = useState(0);
  const [visible, setVisible] = useState(600);
  const wantsFocus = useRef(false);
  const hadFocus = useRef(false);
  const size = measures.value;
  const openIndex = useMemo(() => indexOf(rows, open.value), [shownList, open.value]);
  const { first, end } = viewport(scroll, visible, rows.length, openIndex, size);

  useLayoutEffect(() => {
    const element = frame.current as HTMLDivElement;
    const observer = new ResizeObserver(() => setVisible(element.clientHeight));
    observer.observe(element);
    setVisible(element.clientHeight);
    return () => {
      observer.disconnect();
      for (const reason of ["scrolled", "pointer", "focus", "selection", "open"] as const) hold(reason, false);
    };
  }, []);

  useEffect(() => hold("open", openIndex >= 0), [openIndex >= 0]);
  useEffect(() => frame.current?.scrollTo({ top: 0 }), [filter.value]);
  useEffect(watchSelection, []);

  const scrollTo = (place: number) => {
    frame.current?.scrollTo({ top: place });
    setScroll(place);
  };
  const toggle = (row: Row) => {
    const closes = open.peek() === row.id;
    active.value = row.id;
    show(closes ? null : row.id);
    if (closes) return;
    hold("open", true);
    const index = indexOf(list.peek().rows, row.id);
    scrollTo(reveal(index, frame.current?.scrollTop ?? 0, visible, index, size));
  };
  const move = (step: number) => {
    hold("focus", true);
    const now = list.peek().rows;
    const from = indexOf(now, active.peek());
    const to = Math.max(0, Math.min(now.length - 1, from < 0 ? (step > 1 ? now.length : 0) : from + step));
    active.value = rowAt(now, to)?.id ?? null;
    wantsFocus.current = true;
    scrollTo(reveal(to, frame.current?.scrollTop ?? 0, visible, indexOf(now, open.peek()), size));
  };
  toNewest = () => {
    show(null);
    active.value = null;
    if (frame.current?.contains(document.activeElement)) frame.current.focus();
    for (const reason of ["scrolled", "pointer", "focus", "selection", "open"] as const) hold(reason, false);
    scrollTo(0);
  };
  useEffect(() => {
    const current = () => {
      const now = list.peek().rows;
      return rowAt(now, indexOf(now, open.peek() ?? active.peek()));
    };
    attach({
      move,
      newest,
      toggle() {
        const now = list.peek().rows;
        const row = rowAt(now, indexOf(now, active.peek()));
        if (row) toggle(row);
      },
      copy() {
        const row = current();
        if (row) copyEvent(row);
      },
    });
    return () => attach(null);
  });

  useLayoutEffect(() => {
    const element = frame.current as HTMLDivElement;
    if (wantsFocus.current) {
      wantsFocus.current = false;
      element
        .querySelector<HTMLElement>(`[data-id="${CSS.escape(active.peek() ?? "")}"]`)
        ?.focus({ preventScroll: true });
    } else if (hadFocus.current && document.activeElement === document.body) {
      element.focus({ preventScroll: true });
    }
    hadFocus.current = element.contains(document.activeElement);
  });

  const drawn = Array.from({ length: Math.max(0, end - first) }, (_, index) => first + index);
  const stop = drawn.some((index) => rowAt(rows, index)?.id === active.value) ? active.value : rowAt(rows, first)?.id;
  return (
    <div class="grid" role="treegrid" aria-labelledby="list-title" aria-rowcount={rows.length + 1}>
      <div class="cols" role="row" aria-rowindex={1}>
        {COLUMNS.map((name) => (
          <span role="columnheader" key={name}>
            {name}
          </span>
        ))}
      </div>
      <div
        class="rows"
        role="rowgroup"
        tabIndex={-1}
        ref={frame}
        onScroll={(event) => {
          const place = event.currentTarget.scrollTop;
          setScroll(place);
          hold("scrolled", place > 0);
        }}
        onPointerMove={(event) => event.pointerType === "mouse" && moved(event) && hold("pointer", true)}
        onPointerLeave={() => hold("pointer", false)}
        onFocusIn={(event) => {
          if ((event.target as Element).matches(".row:focus-visible, .exp *")) hold("focus", true);
          const id = (event.target as Element).closest<HTMLElement>(".row")?.dataset.id;
          if (id !== undefined) active.value = id;
        }}
        onFocusOut={(event) => {
          if (!event.currentTarget.contains(event.relatedTarget as Node | null)) hold("focus", false);
        }}
        onClick={(event) => {
          const id = (event.target as Element).closest<HTMLElement>(".row")?.dataset.id;
          const row = id === undefined ? undefined : rowAt(rows, indexOf(rows, id));
          if (row && document.getSelection()?.isCollapsed !== false) toggle(row);
        }}
      >
        <div class="space" style={{ height: `${height(rows.length, openIndex, size)}px` }}>
          {drawn.map((index) => {
            const row = rowAt(rows, index);
            if (row === undefined) return null;
            const isOpen = index === openIndex;
            return (
              <AlertRow
                key={row.id}
                row={row}
                index={index}
                top={top(index, openIndex, size)}
                open={isOpen}
                active={row.id === stop}
              />
            );
          })}
          {openIndex >= first && openIndex < end && (
            <OpenDetail
              row={rowAt(rows, openIndex)}
              index={openIndex}
              top={top(openIndex, openIndex, size) + size.row}
            />
          )}
        </div>
      </div>
    </div>
  );
}

function OpenDetail({ row, index, top: place }: { row: Row | undefined; index: number; top: number }) {
  if (row === undefined) return null;
  return <AlertDetail key={row.id} row={row} index={index} top={place} height={measures.value.detail} />;
}

let pointer = "";
/** Whether the pointer itself moved; a browser also reports rows that move under a pointer at rest. */
function moved({ screenX, screenY }: PointerEvent): boolean {
  const place = `${screenX} ${screenY}`;
  const before = pointer;
  pointer = place;
  return before !== "" && before !== place;
}

function watchSelection(): () => void {
  const changed = () => {
    const selection = document.getSelection();
    const inside = selection?.anchorNode?.parentElement?.closest(".rows") != null;
    hold("selection", inside && selection?.isCollapsed === false);
  };
  document.addEventListener("selectionchange", changed);
  return () => document.removeEventListener("selectionchange", changed);
}

function copyEvent(row: Row): void {
  const found = detail(row.id, row.seq);
  const stop = found.subscribe((state) => {
    if (state.is === "loading") return;
    queueMicrotask(() => stop());
    if (state.is === "ready") void copy(shown(state.event));
  });
}
