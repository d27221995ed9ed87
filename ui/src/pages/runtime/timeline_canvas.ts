/** Draws the timeline on a canvas: stacked bars, axes, crosshair and selection. */
import { brief, clock } from "../../domain/format.ts";
import { SEVERITIES, type Severity, type Timeline } from "../../domain/frames.ts";
import { beginOf, ceiling, highest, lengthOf, stacked, ticks } from "../../domain/timeline.ts";

/** No critical alert is lower, px. */
const LEAST = 2;
/** Bars that are wider have a gap between them, px. */
const GAPS_FROM = 4;
/** Between the severities of a bar, px. */
const SEAM = 0.5;
/** Room above the bars, for the numbers at the left and for the times below, px. */
const HEAD = 6;
const SIDE = 30;
const FOOT = 18;

export interface Colours extends Record<Severity, string> {
  text: string;
  line: string;
  cross: string;
  accent: string;
  font: string;
}

/** The colours of the style sheet at `element`, because a canvas cannot use its variables. */
export function coloursAt(element: HTMLElement): Colours {
  const probe = document.createElement("span");
  element.append(probe);
  const read = (name: string) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const colours = {
    critical: read("--crit-f"),
    high: read("--high-f"),
    medium: read("--med-f"),
    low: read("--low-f"),
    text: read("--text-3"),
    line: read("--line"),
    cross: read("--text-2"),
    accent: read("--accent"),
    font: `11px ${getComputedStyle(element).fontFamily}`,
  };
  probe.remove();
  return colours;
}

export interface Drawing {
  course: Timeline;
  shown: readonly Severity[];
  /** The bar that the crosshair is on. */
  at: number | null;
  /** The first and the last selected bar, in any order. */
  chosen: readonly [number, number] | null;
  /** The clock's distance from UTC, seconds. */
  offset_s: number;
}

/** Px of the drawing: without what lies beyond the axes. */
interface Field {
  width: number;
  height: number;
}

function fieldOf({ clientWidth, clientHeight }: HTMLElement): Field {
  return { width: Math.max(1, clientWidth - SIDE), height: Math.max(1, clientHeight - HEAD - FOOT) };
}

/** The begin of the bar at `x` px from the left of the window, in seconds; the first or last bar outside. */
export function secondAt(canvas: HTMLElement, x: number, course: Timeline): number {
  const length = lengthOf(course);
  const within = (x - canvas.getBoundingClientRect().left - SIDE) / fieldOf(canvas).width;
  return beginOf(course, Math.max(0, Math.min(length - 1, Math.floor(within * length))));
}

/** Draws everything, sharp on every screen. Does nothing if there is no canvas. */
export function draw(canvas: HTMLCanvasElement, colours: Colours, drawing: Drawing): void {
  const ratio = window.devicePixelRatio;
  const size = { width: Math.round(canvas.clientWidth * ratio), height: Math.round(canvas.clientHeight * ratio) };
  // Setting a size clears the canvas, even if the size is the same.
  if (canvas.width !== size.width || canvas.height !== size.height) Object.assign(canvas, size);
  const pen = canvas.getContext("2d");
  if (pen === null) return;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
  pen.translate(SIDE, HEAD);
  const field = fieldOf(canvas);
  const top = ceiling(highest(drawing.course, drawing.shown));
  axes(pen, field, colours, drawing, top);
  chosen(pen, field, colours, drawing);
  bars(pen, field, colours, drawing, top);
  cross(pen, field, colours, drawing);
}

type Pen = CanvasRenderingContext2D;

function axes(pen: Pen, { width, height }: Field, { font, text, line }: Colours, drawing: Drawing, top: number): void {
  pen.font = font;
  pen.textBaseline = "middle";
  pen.textAlign = "right";
  for (const n of [0, top / 2, top]) {
    const y = Math.round(height - (n / top) * height) + 0.5;
    pen.fillStyle = line;
    pen.fillRect(0, y - 0.5, width, 1);
    pen.fillStyle = text;
    pen.fillText(brief(n).replace(".0", ""), -8, y);
  }
  pen.textAlign = "center";
  const { course, offset_s } = drawing;
  const length_s = lengthOf(course) * course.step_s;
  const marks = ticks(course.t0, length_s, width, offset_s);
  const digits = marks.every((second) => second % 60 === 0) ? 5 : 8;
  for (const second of marks) {
    pen.fillText(clock(second * 1000).slice(0, digits), ((second - course.t0) / length_s) * width, height + FOOT - 7);
  }
}

function bars(pen: Pen, { width, height }: Field, colours: Colours, { course, shown }: Drawing, top: number): void {
  const ends = stacked(course, shown, (LEAST / height) * top);
  const each = width / lengthOf(course);
  const gap = each >= GAPS_FROM ? 1 : 0;
  // Rounded to pixels of the screen, so that the edges of bars are sharp.
  const ratio = window.devicePixelRatio;
  const snapped = (x: number) => Math.round(x * ratio) / ratio;
  for (let index = 0; index < lengthOf(course); index += 1) {
    const x = snapped(index * each);
    const bar = Math.max(1 / ratio, snapped((index + 1) * each) - x - gap);
    let floor = 0;
    for (const severity of SEVERITIES) {
      const end = ends[severity][index] as number;
      if (end === floor) continue;
      const [from, to] = [(floor / top) * height, (end / top) * height];
      const seam = floor > 0 && to - from > 1.5 ? SEAM : 0;
      pen.fillStyle = colours[severity];
      pen.fillRect(x, height - to, bar, to - from - seam);
      floor = end;
    }
  }
}

function chosen(pen: Pen, { width, height }: Field, { accent }: Colours, { course, chosen }: Drawing): void {
  if (chosen === null) return;
  const each = width / lengthOf(course);
  const from = Math.min(...chosen) * each;
  const to = (Math.max(...chosen) + 1) * each;
  pen.fillStyle = pen.strokeStyle = accent;
  pen.globalAlpha = 0.22;
  pen.fillRect(from, 0, to - from, height);
  pen.globalAlpha = 1;
  pen.strokeRect(from + 0.5, 0.5, to - from - 1, height - 1);
}

function cross(pen: Pen, { width, height }: Field, { cross }: Colours, { course, at }: Drawing): void {
  if (at === null) return;
  const x = Math.round(((at + 0.5) * width) / lengthOf(course)) + 0.5;
  pen.strokeStyle = cross;
  pen.setLineDash([3, 2]);
  pen.beginPath();
  pen.moveTo(x, 0);
  pen.lineTo(x, height);
  pen.stroke();
  pen.setLineDash([]);
}
