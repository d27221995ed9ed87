/** Moving through the list, opening and copying, with the focus kept where the reader is. */
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { copy } from "../copy.ts";
import { detail } from "../details.ts";
import { shown } from "../json.ts";
import { active, attach } from "../list_control.ts";
import { hold, list } from "../live.ts";
import type { Row } from "../protocol.ts";
import { open, show } from "../query.ts";
import { indexOf, rowAt } from "../rows.ts";
import { reveal } from "../viewport.ts";
import { measures } from "./measures.ts";
import { releaseAll } from "./use_holds.ts";
import type { Place } from "./use_place.ts";

type Frame = RefObject<HTMLDivElement | null>;

/** Hands the list to the keys; returns what a click on a row does. */
export function useControl(frame: Frame, { visible, scrollTo }: Place): (row: Row) => void {
  const wantsFocus = useFocus(frame);
  const revealRow = (index: number, openIndex: number) =>
    scrollTo(reveal(index, frame.current?.scrollTop ?? 0, visible, openIndex, measures.peek()));

  const toggle = (row: Row) => {
    active.value = row.id;
    if (open.peek() === row.id) {
      show(null);
      return;
    }
    hold("open", true);
    show(row.id);
    const index = indexOf(list.peek().rows, row.id);
    revealRow(index, index);
  };
  const move = (step: number) => {
    hold("focus", true);
    const { rows } = list.peek();
    const to = target(indexOf(rows, active.peek()), step, rows.length);
    active.value = rowAt(rows, to)?.id ?? null;
    wantsFocus.current = true;
    revealRow(to, indexOf(rows, open.peek()));
  };
  const newest = () => {
    show(null);
    active.value = null;
    if (frame.current?.contains(document.activeElement)) frame.current.focus();
    releaseAll();
    scrollTo(0);
  };
  useEffect(() => {
    attach({
      move,
      newest,
      toggle: () => withRow(active.peek(), toggle),
      open: (id) => withRow(id, toggle),
      copy: () => withRow(open.peek() ?? active.peek(), copyEvent),
    });
    return () => attach(null);
  });
  return toggle;
}

/** The row to go to; from nowhere the first step leads to the newest. */
function target(from: number, step: number, length: number): number {
  const to = from < 0 && Number.isFinite(step) ? 0 : from + step;
  return Math.max(0, Math.min(length - 1, to));
}

function withRow(id: string | null, act: (row: Row) => void): void {
  const { rows } = list.peek();
  const row = rowAt(rows, indexOf(rows, id));
  if (row !== undefined) act(row);
}

/** Focuses the active row once it is drawn; a focused row that is no longer drawn leaves its focus to the list. */
function useFocus(frame: Frame): { current: boolean } {
  const wants = useRef(false);
  const had = useRef(false);
  // Read here so that a move is drawn, and focused, also while nothing arrives.
  const id = active.value;
  useLayoutEffect(() => {
    const element = frame.current as HTMLDivElement;
    if (wants.current) {
      wants.current = false;
      const row = element.querySelector<HTMLElement>(`[data-id="${CSS.escape(id ?? "")}"]`);
      row?.focus({ preventScroll: true });
    } else if (had.current && document.activeElement === document.body) {
      element.focus({ preventScroll: true });
    }
    had.current = element.contains(document.activeElement);
  });
  return wants;
}

function copyEvent(row: Row): void {
  const found = detail(row.id, row.seq);
  const stop = found.subscribe((state) => {
    if (state.is === "loading") return;
    queueMicrotask(() => stop());
    if (state.is === "ready") void copy(shown(state.event));
  });
}
