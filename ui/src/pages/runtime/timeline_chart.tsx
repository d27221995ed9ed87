/** The bars with pointer and keyboard: point to read one, drag to select a range; or arrows, Shift and Enter. */

import { useEffect, useRef, useState } from "preact/hooks";
import { capital, clock, count } from "../../domain/format.ts";
import type { Severity, Timeline } from "../../domain/frames.ts";
import { zone } from "../../domain/time_zone.ts";
import { barOf, beginOf, indexAt, lengthOf, spanOf } from "../../domain/timeline.ts";
import * as query from "../../state/query.ts";
import * as theme from "../../state/theme.ts";

import { type Colours, coloursAt, draw, secondAt } from "./timeline_canvas.ts";

interface Props {
  course: Timeline;
  shown: readonly Severity[];
  /** Begin of the bar that the crosshair is on, in seconds: the bars move on while they are read. */
  at: number | null;
  point: (second: number | null) => void;
}

/** The first and the current bar of a selection, by their begin in seconds. */
interface Choice {
  from: number;
  to: number;
}

export function TimelineChart({ course, shown, at, point }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [choice, mark] = useState<Choice | null>(null);
  useDrawing(canvas, { course, shown, at, choice });
  const last = lengthOf(course) - 1;
  const here = at === null ? last : indexAt(course, at);
  const stop = () => {
    mark(null);
    point(null);
  };
  const take = ({ from, to }: Choice) => {
    stop();
    query.setRange({ live: false, ...spanOf(course, indexAt(course, from), indexAt(course, to)) });
  };
  /** Whether the key was one of the chart's own. */
  const pressed = ({ key, shiftKey }: KeyboardEvent): boolean => {
    const step = STEPS[key];
    const now = beginOf(course, here);
    if (step !== undefined) {
      const first = at === null && Math.abs(step) === 1;
      const to = beginOf(course, first ? last : Math.max(0, Math.min(last, here + step)));
      point(to);
      mark(shiftKey ? { from: choice?.from ?? now, to } : null);
    } else if (key === "Enter") take(choice ?? { from: now, to: now });
    else if (key === "Escape" && (choice !== null || at !== null)) stop();
    else return false;
    return true;
  };
  return (
    <div
      class="plot"
      tabIndex={0}
      role="slider"
      aria-label="Alerts over time. Arrows read the bars, Shift and arrows select a range, Enter shows it"
      aria-valuemin={0}
      aria-valuemax={last}
      aria-valuenow={here}
      aria-valuetext={words(course, shown, here, choice)}
      onKeyDown={(event) => {
        if (!event.ctrlKey && !event.metaKey && !event.altKey && pressed(event)) event.preventDefault();
      }}
      onBlur={stop}
      {...useHand(canvas, course, point, choice, mark, take)}
    >
      <canvas ref={canvas} />
    </div>
  );
}

const STEPS: Record<string, number> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  ArrowDown: -1,
  ArrowUp: 1,
  PageDown: -10,
  PageUp: 10,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

function words(course: Timeline, shown: readonly Severity[], at: number, choice: Choice | null): string {
  const counts = barOf(course, at);
  const said = shown.map((severity) => `${capital(severity)} ${count(counts[severity])}`).join(", ");
  const chosen = choice && spanOf(course, indexAt(course, choice.from), indexAt(course, choice.to));
  const span = chosen ? `. Selected from ${clock(chosen.from)} to ${clock(chosen.to)}` : "";
  return `${clock(beginOf(course, at) * 1000)}: ${said}${span}`;
}

type Canvas = { current: HTMLCanvasElement | null };

/** Draws after each change: of the numbers, of the colours, of the clock, of the room. */
function useDrawing(
  canvas: Canvas,
  { course, shown, at, choice }: Omit<Props, "point"> & { choice: Choice | null },
): void {
  const [size, setSize] = useState("");
  const colours = useRef<Colours | null>(null);
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => {
      setSize(`${entry?.contentRect.width} ${entry?.contentRect.height} ${window.devicePixelRatio}`);
    });
    watch.observe(canvas.current as HTMLCanvasElement);
    return () => watch.disconnect();
  }, []);
  useEffect(() => {
    colours.current = null;
  }, [theme.name.value]);
  useEffect(() => {
    const element = canvas.current as HTMLCanvasElement;
    colours.current ??= coloursAt(element.parentElement as HTMLElement);
    draw(element, colours.current, {
      course,
      shown,
      at: at === null ? null : indexAt(course, at),
      chosen: choice && [indexAt(course, choice.from), indexAt(course, choice.to)],
      offset_s: zone.value === "utc" ? 0 : -new Date(course.t0 * 1000).getTimezoneOffset() * 60,
    });
  }, [course, shown.join(), at, choice, size, theme.name.value, zone.value]);
}

/** Pointing reads a bar; a press and a drag choose a time. */
function useHand(
  canvas: Canvas,
  course: Timeline,
  point: (second: number | null) => void,
  choice: Choice | null,
  mark: (choice: Choice | null) => void,
  take: (choice: Choice) => void,
) {
  const pressed = useRef<number | null>(null);
  const read = ({ clientX }: PointerEvent) => secondAt(canvas.current as HTMLCanvasElement, clientX, course);
  return {
    onPointerDown(event: PointerEvent) {
      if (event.button !== 0) return;
      pressed.current = read(event);
      point(pressed.current);
      (event.currentTarget as Element).setPointerCapture(event.pointerId);
    },
    onPointerMove(event: PointerEvent) {
      const to = read(event);
      const from = pressed.current;
      point(to);
      if (from !== null && (choice !== null || from !== to)) mark({ from, to });
    },
    onPointerUp() {
      if (pressed.current !== null && choice !== null) take(choice);
      pressed.current = null;
    },
    onPointerLeave() {
      if (pressed.current === null) point(null);
    },
    onPointerCancel() {
      pressed.current = null;
      mark(null);
    },
  };
}
