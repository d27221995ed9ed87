/** Every drawing of the page: severity marks by shape, and the few line icons. */
import type { ComponentChildren } from "preact";
import type { Severity } from "../protocol.ts";

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

/** The shape of a severity; the word stands beside it. */
export function SeverityMark({ severity }: { severity: Severity }) {
  return (
    <svg class={`sev ${severity}`} viewBox="0 0 12 12" aria-hidden="true">
      {MARKS[severity]}
    </svg>
  );
}

const LINES = {
  search: "M6 1.8a4.2 4.2 0 1 0 0 8.4 4.2 4.2 0 0 0 0-8.4M9.200 9.200l3.400 3.400",
  pause: "M4.6 2.600v8.800M9.400 2.600v8.800",
  play: "M4 2.200v9.600L11.600 7z",
  up: "M7 12V2.500M3 6.200l4-4 4 4",
  warning: "M7 1.800 12.800 12H1.200zM7 5.800v2.800M7 10.400v.1",
  copy: "M4.600 4.600H12V12H4.600zM9.400 2.400V2H2v7.400h.4",
  filter: "M1.800 3h10.400M3.800 7h6.400M5.800 11h2.400",
  link: "M6 8.200a2.600 2.600 0 0 0 3.700 0l2-2A2.600 2.600 0 0 0 8 2.500l-.7.7M8 5.800a2.600 2.600 0 0 0-3.700 0l-2 2A2.600 2.600 0 0 0 6 11.500l.7-.7",
  close: "m3.500 3.500 7 7M10.500 3.500l-7 7",
  keys: "M1 4.500A1.500 1.500 0 0 1 2.500 3h9A1.500 1.500 0 0 1 13 4.500v5a1.500 1.500 0 0 1-1.500 1.500h-9A1.500 1.500 0 0 1 1 9.500zM3.600 5.600h.1M6 5.600h.1M8.400 5.600h.1M10.600 5.600h.1M4.400 8.400h5.200",
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
      <path d="M10 2.600c3.300 0 5.300 2.400 5.300 5.700 0 4.200 1.700 5.500 1.700 5.500H3s1.700-1.300 1.700-5.500c0-3.300 2-5.700 5.300-5.700z" />
      <path d="M8.300 16.600a1.900 1.900 0 0 0 3.400 0M10 1v1.600" />
    </svg>
  );
}
