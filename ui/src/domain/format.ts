/** Numbers, times and durations as text. */
import { offset, parts, two } from "./time_zone.ts";

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** `41,208` */
export function count(n: number): string {
  return whole.format(n);
}

/** `41.2k`, for a narrow screen. */
export function brief(n: number): string {
  if (n < 1000) return count(n);
  const [value, unit] = n < 999_950 ? [n / 1000, "k"] : [n / 1_000_000, "M"];
  return `${value < 100 ? value.toFixed(1) : Math.floor(value)}${unit}`;
}

/** `1 alert`, `2 alerts` */
export function plural(n: number, noun: string): string {
  return `${count(n)} ${noun}${n === 1 ? "" : "s"}`;
}

/** `14:08:12` by the clock that the reader chose. */
export function clock(ms: number): string {
  const { hours, minutes, seconds } = parts(ms);
  return Number.isNaN(hours) ? "unknown" : [hours, minutes, seconds].map(two).join(":");
}

/** `.904` */
export function fraction(ms: number): string {
  const thousandths = Math.floor(((ms % 1000) + 1000) % 1000);
  return Number.isNaN(thousandths) ? "" : `.${String(thousandths).padStart(3, "0")}`;
}

/** `2026-11-23`: the day by that clock; empty for an invalid time. */
export function calendar(ms: number): string {
  const { year, month, day } = parts(ms);
  return Number.isNaN(year) ? "" : [year, month, day].map(two).join("-");
}

/** `Nov 23`, and nothing on the day `today` (of `calendar`): there the time is enough. */
export function day(ms: number, today: string): string {
  const own = calendar(ms);
  if (own === "" || own === today) return "";
  return `${MONTHS.slice(Number(own.slice(-5, -3)) * 3 - 3).slice(0, 3)} ${Number(own.slice(-2))}`;
}

const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";

/** `2026-11-23 14:08:12.904 +01:00`, for those who hover. */
export function moment(ms: number): string {
  return calendar(ms) === "" ? "unknown" : `${calendar(ms)} ${clock(ms)}${fraction(ms)} ${offset(ms)}`;
}

/** `4 s`, `31 min`, `2 h`, `11 days`: rounded. */
function rough(ms: number, digits = 0): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(digits)} s`;
  if (ms < 5_400_000) return `${Math.round(ms / 60_000)} min`;
  return ms < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} days`;
}

/** `4 min ago`, `in 3 s`: how long from `now` to a moment. */
export function ago(ms: number, now: number): string {
  const words = rough(Math.abs(now - ms));
  return ms > now + 999 ? `in ${words}` : `${words} ago`;
}

/** `−4.1 s`, `+2 min`: from one moment to another. */
export function apart(ms: number): string {
  const size = Math.abs(ms);
  return `${ms < 0 ? "−" : "+"}${size < 1000 ? `${Math.round(size)} ms` : rough(size, 1)}`;
}

/** `41 ms`, `6 s`, `15 minutes`, `24 hours` */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} minutes`;
  return ms < 172_800_000 ? `${Math.round(ms / 3_600_000)} hours` : `${Math.round(ms / 86_400_000)} days`;
}

/** `Critical` */
export function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
