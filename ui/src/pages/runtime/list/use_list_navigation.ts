/** Moving in the list, opening rows and copying, by click and by key. */

import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { positionOf } from "../../../domain/folding.ts";
import type { Row } from "../../../domain/frames.ts";
import { shown } from "../../../domain/json_text.ts";
import { rowAt } from "../../../domain/row_order.ts";
import { reveal } from "../../../domain/virtual_list.ts";
import { copy } from "../../../state/clipboard.ts";
import * as commands from "../../../state/commands.ts";
import * as layout from "../../../state/layout.ts";
import * as live from "../../../state/live.ts";
import * as openRows from "../../../state/open_rows.ts";
import * as queries from "../../../state/queries.ts";
import * as query from "../../../state/query.ts";
import * as listing from "../../../state/rows.ts";

import { rowHeights } from "./row_heights.ts";
import { releaseAll } from "./use_scroll_freeze.ts";
import type { ScrollPosition } from "./use_scroll_position.ts";

type Frame = RefObject<HTMLDivElement | null>;

/** Hands the list to the keys; returns what a click on a row does, `beside` leaves the others open. */
export function useListNavigation(
  frame: Frame,
  { visible, scrollTo }: ScrollPosition,
): (row: Row, beside?: boolean) => void {
  const wantsFocus = useFocus(frame);
  const revealRow = (id: string) => {
    const own = listing.shown.peek();
    const [at, ...others] = [id, ...openRows.ids.peek()].map((each) => positionOf(own, each));
    const below = layout.phone.peek() ? [] : others.filter((index) => index >= 0).sort((a, b) => a - b);
    scrollTo(reveal(at ?? 0, frame.current?.scrollTop ?? 0, visible, below, rowHeights()));
  };
  const shown = useOpenRevealed(revealRow);
  const toggle = (row: Row, beside = false) => {
    openRows.active.value = row.id;
    const own = openIdOf(row);
    if (own !== null) {
      openRows.close(own);
      return;
    }
    live.freeze("open", true);
    shown.current = row.id;
    openRows.open(row.id, beside);
    if (!layout.phone.peek()) revealRow(row.id);
  };
  const move = (step: number) => {
    live.freeze("focus", true);
    const { rows } = listing.shown.peek();
    const to = rowAt(rows, target(positionOf(listing.shown.peek(), openRows.active.peek()), step, rows.length));
    openRows.active.value = to?.id ?? null;
    wantsFocus.current = true;
    if (to !== undefined) revealRow(to.id);
  };
  const newest = () => {
    openRows.closeAll();
    openRows.active.value = null;
    releaseAll();
    scrollTo(0);
  };
  useEffect(() => {
    const acted = () => openRows.ids.peek()[0] ?? openRows.active.peek();
    commands.setList({
      move,
      newest,
      toggle: () => withRow(openRows.active.peek(), toggle),
      open: (id) => withRow(id, toggle),
      copy: () => withRow(acted(), copyEvent),
      link: () => withRow(acted(), ({ id }) => void copy(query.link(live.gatewayNow(), { open: id }))),
    });
    return () => {
      commands.setList(null);
    };
  });
  return toggle;
}

/** Scrolls to the row that the address opens, once it is in the list; one that was opened here is visible already. */
function useOpenRevealed(revealRow: (id: string) => void): { current: string | null } {
  const shown = useRef<string | null>(null);
  const id = query.openId.value;
  const here = !layout.phone.value && positionOf(listing.shown.value, id) >= 0;
  useEffect(() => {
    if (id === null) shown.current = null;
    else if (here && shown.current !== id) {
      shown.current = id;
      revealRow(id);
    }
  }, [id, here]);
  return shown;
}

/** The id in the list of open rows: that of the row or of one of its repeats. */
function openIdOf(row: Row): string | null {
  const own = listing.shown.peek();
  return openRows.ids.peek().find((id) => rowAt(own.rows, positionOf(own, id)) === row) ?? null;
}

/** The row to go to; from nowhere the first step leads to the newest. */
function target(from: number, step: number, length: number): number {
  const to = from < 0 && Number.isFinite(step) ? 0 : from + step;
  return Math.max(0, Math.min(length - 1, to));
}

function withRow(id: string | null, act: (row: Row) => void): void {
  const own = listing.shown.peek();
  const row = rowAt(own.rows, positionOf(own, id));
  if (id !== null && row !== undefined) act(row);
}

/** Focuses the active row once it is drawn. */
function useFocus(frame: Frame): { current: boolean } {
  const wants = useRef(false);
  // Read here so that a move is drawn, and focused, also while nothing arrives.
  const id = openRows.active.value;
  useLayoutEffect(() => {
    if (!wants.current) return;
    const row = frame.current?.querySelector<HTMLElement>(`.row[data-id="${CSS.escape(id ?? "")}"]`);
    // One far away is drawn only once the list has scrolled there.
    if (row === undefined || row === null) return;
    wants.current = false;
    row.focus({ preventScroll: true });
  });
  return wants;
}

function copyEvent(row: Row): void {
  const found = queries.alert(row.id, row.seq);
  const stop = found.subscribe((state) => {
    if (state.is === "loading") return;
    queueMicrotask(() => stop());
    if (state.is === "ready") void copy(shown(state.event));
  });
}
