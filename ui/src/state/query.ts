/** What the reader asked for: filter, range and how it is shown, each kept in the address. */
import { batch, computed, effect, signal } from "@preact/signals";
import { type Column, sameColumns } from "../domain/columns.ts";
import { startOf } from "../domain/completion.ts";
import { FIELDS, type Field, fieldOf, limit, type Problem, parse, print, signed, unsigned } from "../domain/filter.ts";
import { type Filter, SEVERITIES, type Severity } from "../domain/frames.ts";
import { bounds, DEFAULT_RANGE, type Range, sameRange } from "../domain/time_range.ts";
import { type Zone, zone } from "../domain/time_zone.ts";
import { DEFAULTS, read, readZone, type State, write, writeZone } from "../domain/url_state.ts";
import { go, page, runtimeAddress } from "./router.ts";

export type { Column } from "../domain/columns.ts";
export type { Range } from "../domain/time_range.ts";
export { type Zone, zone } from "../domain/time_zone.ts";

const TYPING_MS = 250;

/** What stands in the search box: free text, and what is being typed. */
export const text = signal("");
/** What is asked for beside the box: all fields but the severities. */
export const chips = signal<Filter>({});
/** What was asked for and means nothing: shown struck out until it is taken away. */
export const struck = signal<readonly Problem[]>([]);
/** Id of the open alert. */
export const open = signal<string | null>(null);
/** The time that is shown. */
export const range = signal<Range>(DEFAULT_RANGE);
/** The columns of the list, in their order. */
export const columns = signal<readonly Column[]>(DEFAULTS.columns);
/** Whether repeats are one row. */
export const fold = signal(true);
/** Goes up each time that the reader asks for the same view afresh. */
export const refreshes = signal(0);

const severities = signal<string[]>([]);
/** The box as it was last understood. */
const typed = signal<Filter>({});
const typedProblems = signal<readonly Problem[]>([]);

/** What of the box and the address means nothing; the last good filter stays in force. */
export const problems = computed<readonly Problem[]>(() => [...struck.value, ...typedProblems.value]);

export const filter = computed<Filter>(() => joined(severities.value, chips.value, typed.value));

/** Severities from the cards unless some are typed; of two opposite values the later one holds. */
function joined(cards: string[], asked: Filter, box: Filter): Filter {
  const all: Filter = cards.length > 0 && box.sev === undefined ? { sev: cards } : {};
  for (const field of FIELDS) {
    const later = box[field] ?? [];
    const earlier = (asked[field] ?? []).filter((value) => !later.includes(value) && !later.includes(opposite(value)));
    if (earlier.length + later.length > 0) all[field] = [...earlier, ...later];
  }
  if (box.q) all.q = box.q;
  return all;
}

function opposite(value: string): string {
  const { text, excludes } = unsigned(value);
  return signed(text, !excludes);
}

/** Whether the history entry of what is being typed is already there. */
let typing = false;

/** Takes the state from the address: at the start, and each time that the address changes by itself. */
export function readAddress(): void {
  typing = false;
  if (page.peek().name !== "runtime") {
    zone.value = readZone(window.location.search);
    return;
  }
  const state = read(window.location.search);
  batch(() => {
    split(state.filter);
    struck.value = state.problems;
    open.value = state.open;
    range.value = state.range;
    columns.value = state.columns;
    fold.value = state.fold;
    zone.value = state.zone;
    runtimeAddress.value = `/runtime${window.location.search}`;
  });
}

/** A filter as cards, chips and box show it. */
function split({ sev = [], q, ...rest }: Filter): void {
  severities.value = sev;
  chips.value = rest;
  typed.value = q ? { q } : {};
  text.value = print(typed.peek());
  typedProblems.value = [];
}

function state(): State {
  return {
    filter: filter.peek(),
    open: open.peek(),
    range: range.peek(),
    columns: columns.peek(),
    fold: fold.peek(),
    zone: zone.peek(),
  };
}

/** Whether the address is another one now. */
function writeAddress(push: boolean): boolean {
  const here = page.peek().name === "runtime";
  const search = write(state(), here ? window.location.search : "");
  const address = `/runtime${search}`;
  runtimeAddress.value = address;
  if (!here) {
    if (push) go(address);
    return push;
  }
  if (search === window.location.search) return false;
  if (push) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
  return true;
}

/** Each key press: narrows at once. The first of several makes the history entry, the others rewrite it. */
export function type(next: string): void {
  text.value = next;
  take(finished(next));
}

/** The text without a value at its end: half of one matches nothing, so it counts once it is committed or more follows. */
function finished(next: string): string {
  const start = startOf(next, next.length);
  if (start === null) return next;
  const [, name = ""] = /^-?([a-z]+):(?!\/\/)/.exec(next.slice(start)) ?? [];
  return fieldOf(name) === undefined ? next : next.slice(0, start);
}

function take(understood: string): void {
  const parsed = parse(understood);
  const excess = limit(joined(severities.peek(), chips.peek(), parsed.filter)).problems;
  const wrong = parsed.problems.length > 0 ? parsed.problems : excess;
  typedProblems.value = wrong;
  if (wrong.length > 0) return;
  typed.value = parsed.filter;
  if (writeAddress(!typing)) typing = true;
}

/** Enter, or leaving the box: fields become chips, what means nothing is struck out, text stays in the box. */
export function commit(): void {
  typing = false;
  if (page.peek().name !== "runtime") return;
  const parsed = parse(text.peek());
  const all = joined(severities.peek(), chips.peek(), parsed.filter);
  const kept = limit(all);
  const wrong = [...parsed.problems, ...kept.problems];
  if (wrong.length === 0 && FIELDS.every((field) => parsed.filter[field] === undefined)) return;
  batch(() => {
    split(kept.filter);
    if (wrong.length > 0) struck.value = [...struck.peek().filter((old) => !has(wrong, old)), ...wrong];
  });
  writeAddress(true);
}

function has(list: readonly Problem[], { text }: Problem): boolean {
  return list.some((known) => known.text === text);
}

/** Takes a struck part away; `edit` puts it back into the box, where it can stand there. */
export function dismiss(problem: Problem, edit = false): void {
  struck.value = struck.peek().filter((known) => known !== problem);
  const again = edit ? inBox(problem.text) : "";
  if (again) type(`${text.peek()} ${again}`.trim());
  else writeAddress(false);
}

/** A part of the address as the box would have it: `sev=x` is `sev:x`; nothing where it is no part of the filter. */
function inBox(part: string): string {
  const [, name = "", value = ""] = /^([a-z]+)=([\s\S]*)$/.exec(part) ?? [];
  if (name === "q") return value;
  if (fieldOf(name) !== undefined) return `${name}:${value}`;
  return ["range", "cols", "fold", "tz"].includes(name) ? "" : part;
}

/** The values that are left out, or those that are asked for, as they travel. */
function side(values: readonly string[], excludes: boolean): string[] {
  return values.filter((value) => unsigned(value).excludes === excludes);
}

/** Takes the values of a field that are asked for (or left out) back into the box. */
export function edit(field: Field, excludes: boolean): void {
  const { [field]: values = [], ...rest } = chips.peek();
  const [moved, kept] = [side(values, excludes), side(values, !excludes)];
  batch(() => {
    chips.value = kept.length > 0 ? { ...rest, [field]: kept } : rest;
    text.value = [print({ [field]: moved }), text.peek()].filter(Boolean).join(" ");
    take(text.peek());
  });
}

/** Takes the values of a field that are asked for, or those left out, out of the filter. */
export function removeSide(field: Field, excludes: boolean): void {
  commit();
  const now = filter.peek();
  const { [field]: values = [], ...rest } = now;
  const kept = side(values, !excludes);
  apply(kept.length > 0 ? { ...now, [field]: kept } : rest);
}

/** Asks for what was left out and leaves out what was asked for. */
export function turn(field: Field, excludes: boolean): void {
  commit();
  const now = filter.peek();
  const values = now[field] ?? [];
  const turned = side(values, excludes).map(opposite);
  const kept = side(values, !excludes).filter((value) => !turned.includes(value));
  apply({ ...now, [field]: [...kept, ...turned] });
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
  const wanted = signed(value, excludes);
  const values = (now[field] ?? []).filter((known) => known !== wanted && known !== opposite(wanted));
  apply({ ...now, [field]: [...values, wanted] });
}

/** Takes a value out of the filter again, asked for or left out. */
export function remove(field: Field, value: string): void {
  commit();
  const now = filter.peek();
  const { [field]: values = [], ...rest } = now;
  const kept = values.filter((known) => unsigned(known).text !== value);
  apply(kept.length > 0 ? { ...now, [field]: kept } : rest);
}

/** Takes one field out of the filter; `q` is the free text. */
export function clear(field: Field | "q"): void {
  const { [field]: _, ...rest } = filter.peek();
  apply(rest);
}

export function clearAll(): void {
  struck.value = [];
  apply({});
}

/** Another filter, as a step to go back to; one that the gateway would refuse is struck out instead. */
function apply(next: Filter): void {
  const { problems: excess } = limit(next);
  if (excess.length > 0) {
    struck.value = [...struck.peek().filter((old) => !has(excess, old)), ...excess];
    return;
  }
  batch(() => split(next));
  writeAddress(true);
}

/** Opens an alert in place, or closes it. */
export function show(id: string | null): void {
  open.value = id;
  writeAddress(false);
}

export function setRange(next: Range): void {
  if (sameRange(next, range.peek())) return;
  commit();
  if (next.live) lastWindow = next;
  else if (range.peek().live) lastWindow = range.peek();
  range.value = next;
  writeAddress(true);
}

/** The window to go back to. */
let lastWindow: Range = DEFAULT_RANGE;

export function backToLive(): void {
  setRange(lastWindow);
}

export function setColumns(next: readonly Column[]): void {
  const wanted = next.length > 0 ? next : DEFAULTS.columns;
  if (sameColumns(wanted, columns.peek())) return;
  columns.value = wanted;
  writeAddress(false);
}

export function setFold(on: boolean): void {
  fold.value = on;
  writeAddress(false);
}

export function setZone(next: Zone): void {
  zone.value = next;
  if (page.peek().name === "runtime") {
    writeAddress(false);
    return;
  }
  const { pathname, search, hash } = window.location;
  history.replaceState(history.state, "", pathname + writeZone(search, next) + hash);
  const [path = "", before = ""] = runtimeAddress.peek().split("?");
  runtimeAddress.value = path + writeZone(before, next);
}

/** Asks for the same view again. */
export function refresh(): void {
  refreshes.value += 1;
}

/** The path of a view of `/runtime`: what is now asked for, with `more` in its place. */
export function linkTo(more: Partial<State>): string {
  return `/runtime${write({ ...state(), ...more }, "")}`;
}

/** The whole address of a view for somebody else. From live it names the minutes, so that all see the same ones. */
export function link(now: number, more: Partial<State> = {}): string {
  const { range: wanted } = { ...state(), ...more };
  return window.location.origin + linkTo({ ...more, range: { live: false, ...bounds(wanted, now) } });
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
