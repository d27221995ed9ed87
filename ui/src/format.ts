/** Numbers, times and durations for people. */

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

/** `14:08:12` in the reader's time zone. */
export function clock(ms: number): string {
  const time = new Date(ms);
  if (Number.isNaN(time.getTime())) return "unknown";
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}

/** `.904` */
export function fraction(ms: number): string {
  const thousandths = Math.floor(((ms % 1000) + 1000) % 1000);
  return Number.isNaN(thousandths) ? "" : `.${String(thousandths).padStart(3, "0")}`;
}

/** `2026-11-23`: the day in the reader's time zone; nothing where the time is none. */
export function calendar(ms: number): string {
  const time = new Date(ms);
  if (Number.isNaN(time.getTime())) return "";
  return [time.getFullYear(), time.getMonth() + 1, time.getDate()].map((n) => String(n).padStart(2, "0")).join("-");
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
  const time = new Date(ms);
  if (Number.isNaN(time.getTime())) return "unknown";
  const offset = -time.getTimezoneOffset();
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
  const zone = `${offset < 0 ? "-" : "+"}${String(hours).padStart(2, "0")}:${String(minutes).padStart(2, "0")}`;
  return `${calendar(ms)} ${clock(ms)}${fraction(ms)} ${zone}`;
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
