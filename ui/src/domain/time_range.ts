/** The time range that the UI shows: a live window, or from one moment to another. */

export type Range = { live: true; window: string } | { live: false; from: number; to: number };

/** What the gateway keeps counts for; another window is answered with the next longer one. */
export const WINDOWS = ["5m", "15m", "30m", "1h", "3h", "6h", "12h", "24h"] as const;
export const DEFAULT_RANGE: Range = { live: true, window: "15m" };

const UNITS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const MOST_MS = 86_400_000;
const EARLIEST = Date.UTC(2000, 0);
const LATEST = Date.UTC(2100, 0);

/** The length of a window like `15m`; `null` if it is invalid or longer than a day. */
export function windowMs(text: string): number | null {
  const [, digits = "", unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const ms = Number(digits) * (UNITS[unit] ?? 0);
  return ms > 0 && ms <= MOST_MS ? ms : null;
}

/** The range of a text of the address, or why the text is invalid. */
export function readRange(text: string): Range | string {
  const [from = "", to, ...more] = text.split("/");
  if (to === undefined) {
    const known = windowMs(text) !== null;
    return known ? { live: true, window: text } : "A range is a duration like 15m, at most 24h, or two times.";
  }
  if (more.length > 0) return "A range has two times with one / between them.";
  const range = { live: false, from: readMoment(from), to: readMoment(to) } as const;
  if (Number.isNaN(range.from) || Number.isNaN(range.to)) return "Write a time like 2026-11-23T14:08:12Z.";
  return range.from < range.to ? range : "The range ends before it begins.";
}

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?$/;

/** Milliseconds of an ISO 8601 text, in UTC if it names no zone; NaN if it is invalid. */
function readMoment(text: string): number {
  const [, , , zone] = MOMENT.exec(text) ?? [text, "", "", null];
  if (zone === null) return Number.NaN;
  const ms = Date.parse(zone === undefined ? `${text}Z` : text);
  return ms >= EARLIEST && ms < LATEST ? ms : Number.NaN;
}

/** The text of a range in the address. */
export function writeRange(range: Range): string {
  return range.live ? range.window : `${writeMoment(range.from)}/${writeMoment(range.to)}`;
}

function writeMoment(ms: number): string {
  return new Date(ms).toISOString().replace(".000Z", "Z");
}

export function sameRange(one: Range, other: Range): boolean {
  return writeRange(one) === writeRange(other);
}

/** From when (inclusive) to when (exclusive), in ms since 1970. */
export function bounds(range: Range, now: number): { from: number; to: number } {
  if (!range.live) return { from: range.from, to: range.to };
  return { from: now - (windowMs(range.window) ?? 0), to: now };
}

/** So much around a moment; the end is never after `now`. */
export function around(ms: number, each: number, now: number): Range {
  return { live: false, from: ms - each, to: Math.max(ms + 1, Math.min(ms + each, now)) };
}

/** `15 min`, `1 hour`, `24 hours` */
export function windowWords(text: string): string {
  const ms = windowMs(text) ?? 0;
  if (ms < 60_000) return `${ms / 1000} s`;
  if (ms < 3_600_000 || ms % 3_600_000 !== 0) return `${ms / 60_000} min`;
  return ms === 3_600_000 ? "1 hour" : `${ms / 3_600_000} hours`;
}
