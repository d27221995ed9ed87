/** The filter of the page: severities from the cards, all else from the search box, both in the address. */
import { computed, effect, signal } from "@preact/signals";
import { type Field, limit, type Problem, parse, print } from "./filter.ts";
import { type Filter, SEVERITIES, type Severity } from "./protocol.ts";
import { read, write } from "./url.ts";

const TYPING_MS = 250;

/** What stands in the search box. */
export const text = signal("");
/** What in the box or the address means nothing; the last good filter stays in force. */
export const problems = signal<Problem[]>([]);
/** Id of the open alert. */
export const open = signal<string | null>(null);

const severities = signal<string[]>([]);
const boxed = signal<Filter>({});

export const filter = computed<Filter>(() => {
  const { sev = severities.value, ...rest } = boxed.value;
  return sev.length > 0 ? { sev, ...rest } : rest;
});

/** Takes the state from the address: at the start, and when the reader goes back or forward. */
export function readAddress(): void {
  const state = read(window.location.search);
  const { sev = [], ...rest } = state.filter;
  severities.value = sev;
  boxed.value = rest;
  text.value = print(rest);
  problems.value = state.problems;
  open.value = state.open;
}

function writeAddress(push: boolean): void {
  const search = write({ filter: filter.peek(), open: open.peek() }, window.location.search);
  if (search === window.location.search) return;
  const address = window.location.pathname + search;
  if (push) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
}

/** Whether the history entry of what is being typed is already there. */
let typing = false;

/** Each key press: narrows at once. The first of several makes the history entry, the others rewrite it. */
export function type(next: string): void {
  text.value = next;
  const parsed = parse(next);
  problems.value = parsed.problems;
  if (parsed.problems.length > 0) return;
  boxed.value = parsed.filter;
  writeAddress(!typing);
  typing = true;
}

/** Enter, or leaving the box: what was typed becomes a step to go back to. */
export function commit(): void {
  typing = false;
  if (problems.peek().length > 0) return;
  const { sev, ...rest } = boxed.peek();
  if (sev) severities.value = sev;
  boxed.value = rest;
  text.value = print(rest);
  writeAddress(true);
}

/** Whether a severity is one of those asked for. None asked for means all. */
export function isAsked(severity: Severity): boolean {
  return (filter.value.sev ?? []).includes(severity);
}

/** Whether alerts of a severity are let through. */
export function passes(severity: Severity): boolean {
  const asked = filter.value.sev ?? [];
  if (asked.includes(`-${severity}`)) return false;
  return asked.every((value) => value.startsWith("-")) || asked.includes(severity);
}

/** Adds a severity to those asked for, or takes it away; all four are the same as none. */
export function toggleSeverity(severity: Severity): void {
  commit();
  const asked = (filter.peek().sev ?? []).filter((value) => !value.startsWith("-"));
  const next = SEVERITIES.filter((known) => asked.includes(known) !== (known === severity));
  severities.value = next.length === SEVERITIES.length ? [] : next;
  writeAddress(true);
}

/** Asks for a value of a field, or leaves it out. */
export function include(field: Field, value: string, excludes = false): void {
  if (value === "") return;
  commit();
  const now = filter.peek();
  const [wanted, other] = excludes ? [`-${value}`, value] : [value, `-${value}`];
  const values = (now[field] ?? []).filter((known) => known !== wanted && known !== other);
  apply({ ...now, [field]: [...values, wanted] });
}

/** Takes one field out of the filter; `q` is the free text. */
export function clear(field: Field | "q"): void {
  const { [field]: _, ...rest } = filter.peek();
  apply(rest);
}

export function clearAll(): void {
  apply({});
}

function apply(next: Filter): void {
  const { problems: excess } = limit(next);
  problems.value = excess;
  if (excess.length > 0) return;
  const { sev = [], ...rest } = next;
  severities.value = sev;
  boxed.value = rest;
  text.value = print(rest);
  writeAddress(true);
}

/** Opens an alert in place, or closes it. */
export function show(id: string | null): void {
  open.value = id;
  writeAddress(false);
}

/** Calls back with each new filter: at once, and (`settled`) when typing rests. */
export function watchFilter(changed: (filter: Filter) => void, settled: (filter: Filter) => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let previous = JSON.stringify(filter.peek());
  effect(() => {
    const next = filter.value;
    const written = JSON.stringify(next);
    if (written === previous) return;
    previous = written;
    changed(next);
    clearTimeout(timer);
    timer = setTimeout(() => settled(next), TYPING_MS);
  });
}
