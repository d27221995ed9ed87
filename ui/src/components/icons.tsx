/** All drawings of the UI: the severity marks and the line icons. */
import type { ComponentChildren } from "preact";
import type { Severity } from "../domain/frames.ts";

const MARKS: Record<Severity, ComponentChildren> = {
  critical: (
    <>
      <path d="M4 .8h4L11.2 4v4L8 11.2H4L.8 8V4z" fill="currentColor" />
      <path class="knock" d="M6 3.2v3.4M6 8.6v.2" stroke-width="1.6" stroke-linecap="round" />
    </>
  ),
  high: <path d="M6 1.2 11.3 10.6H.7z" fill="currentColor" />,
  medium: <path d="M6 .9 11.1 6 6 11.1.9 6z" fill="none" stroke="currentColor" stroke-width="1.7" />,
  low: <circle cx="6" cy="6" r="3.4" fill="none" stroke="currentColor" stroke-width="1.7" />,
};

/** The shape of a severity. The word is always beside it. */
export function SeverityMark({ severity }: { severity: Severity }) {
  return (
    <svg class={`sev ${severity}`} viewBox="0 0 12 12" aria-hidden="true">
      {MARKS[severity]}
    </svg>
  );
}

const LINES = {
  search: "M6 1.8a4.2 4.2 0 1 0 0 8.4 4.2 4.2 0 0 0 0-8.4M9.2 9.2l3.4 3.4",
  pause: "M4.6 2.6v8.8M9.4 2.6v8.8",
  play: "M4 2.2v9.6L11.6 7z",
  up: "M7 12V2.5M3 6.2l4-4 4 4",
  warning: "M7 1.8 12.8 12H1.2zM7 5.8v2.8M7 10.4v.1",
  columns: "M1.5 2.5h11v9h-11zM5.2 2.5v9M8.8 2.5v9",
  copy: "M4.6 4.6H12V12H4.6zM9.4 2.4V2H2v7.4h.4",
  filter: "M1.8 3h10.4M3.8 7h6.4M5.8 11h2.4",
  link: "M6 8.2a2.6 2.6 0 0 0 3.7 0l2-2A2.6 2.6 0 0 0 8 2.5l-.7.7M8 5.8a2.6 2.6 0 0 0-3.7 0l-2 2A2.6 2.6 0 0 0 6 11.5l.7-.7",
  clock: "M7 1.8a5.2 5.2 0 1 0 0 10.4A5.2 5.2 0 0 0 7 1.8M7 4v3.2l2 1.2",
  down: "m3 5 4 4 4-4",
  left: "m9 3-4 4 4 4",
  right: "m5 3 4 4-4 4",
  refresh: "M11.8 7a4.8 4.8 0 1 1-1.5-3.5M11.8 1.5v2.8H9",
  download: "M7 1.5v7.5M3.8 6 7 9l3.2-3M2 12.2h10",
  pulse: "M1 7h2.6l1.8-4.6 3 9.2L10.3 7H13",
  hops: "M1 5.5h3.6v3H1zM9.4 5.5H13v3H9.4zM4.6 7h4.8",
  close: "m3.5 3.5 7 7M10.5 3.5l-7 7",
  keys: "M1 4.5A1.5 1.5 0 0 1 2.5 3h9A1.5 1.5 0 0 1 13 4.5v5a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 1 9.5zM3.6 5.6h.1M6 5.6h.1M8.4 5.6h.1M10.6 5.6h.1M4.4 8.4h5.2",
} as const;

export function Icon({ name }: { name: keyof typeof LINES }) {
  return (
    <svg class="i" viewBox="0 0 14 14" aria-hidden="true">
      <path d={LINES[name]} />
    </svg>
  );
}

export function HalfCircle() {
  return (
    <svg class="i" viewBox="0 0 14 14" aria-hidden="true">
      <circle cx="7" cy="7" r="5" />
      <path d="M7 2a5 5 0 0 1 0 10z" fill="currentColor" />
    </svg>
  );
}

/** A bell: the alarm that gave the program its name. */
export function Brand() {
  return (
    <svg viewBox="0 0 20 20" aria-hidden="true">
      <path d="M10 2.6c3.3 0 5.3 2.4 5.3 5.7 0 4.2 1.7 5.5 1.7 5.5H3s1.7-1.3 1.7-5.5c0-3.3 2-5.7 5.3-5.7z" />
      <path d="M8.3 16.6a1.9 1.9 0 0 0 3.4 0M10 1v1.6" />
    </svg>
  );
}
