/** The clock of all times: the user's own, or UTC. */
import { signal } from "@preact/signals";

export type Zone = "local" | "utc";

/** Kept in the address by `query.ts`. What writes a time while drawing is drawn again when it changes. */
export const zone = signal<Zone>("local");

export interface Parts {
  year: number;
  /** 1 to 12. */
  month: number;
  day: number;
  hours: number;
  minutes: number;
  seconds: number;
}

/** A moment in the chosen zone; all parts are NaN for an invalid time. */
export function parts(ms: number, by: Zone = zone.value): Parts {
  const time = new Date(ms);
  if (by === "utc") {
    return {
      year: time.getUTCFullYear(),
      month: time.getUTCMonth() + 1,
      day: time.getUTCDate(),
      hours: time.getUTCHours(),
      minutes: time.getUTCMinutes(),
      seconds: time.getUTCSeconds(),
    };
  }
  return {
    year: time.getFullYear(),
    month: time.getMonth() + 1,
    day: time.getDate(),
    hours: time.getHours(),
    minutes: time.getMinutes(),
    seconds: time.getSeconds(),
  };
}

/** `UTC`, or the offset of the reader's clock at that moment: `+01:00`. */
export function offset(ms: number, by: Zone = zone.value): string {
  if (by === "utc") return "UTC";
  const minutes = -new Date(ms).getTimezoneOffset();
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${minutes < 0 ? "-" : "+"}${two(hours)}:${two(rest)}`;
}

/** The moment of a text like `2026-11-23T14:08:12` in the chosen zone; NaN if it is invalid. */
export function momentOf(text: string, by: Zone = zone.value): number {
  if (!/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,3})?)?$/.test(text)) return Number.NaN;
  return Date.parse(text.replace(" ", "T") + (by === "utc" ? "Z" : ""));
}

export function two(n: number): string {
  return String(n).padStart(2, "0");
}
