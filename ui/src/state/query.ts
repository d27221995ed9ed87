/** What the user asks for: filter, range and layout of the list. All of it is kept in the address. */
import { batch, computed, effect } from "@preact/signals";
import { type Column, sameColumns } from "../domain/columns.ts";
import { type Field, limit, type Problem, parse, print } from "../domain/filter.ts";
import {
  asTerm,
  combine,
  finished,
  inverted,
  passes as letsPass,
  onlySide,
  toggled,
  withoutSide,
  withoutValue,
  withValue,
} from "../domain/filter_edit.ts";
import type { Filter, Severity } from "../domain/frames.ts";
import { bounds, DEFAULT_RANGE, type Range, sameRange } from "../domain/time_range.ts";
import { type Zone, zone } from "../domain/time_zone.ts";
import { DEFAULTS, read, readZone, type State, write, writeZone } from "../domain/url_state.ts";
import { fresh, onReset } from "./fresh.ts";
import * as router from "./router.ts";

const TYPING_MS = 250;

/** The text of the search box. */
export const text = fresh(() => "");
/** The filter beside the box: all fields but the severities. */
export const chips = fresh<Filter>(() => ({}));
/** Invalid parts of an earlier text or address: shown struck out until the user removes them. */
export const rejected = fresh<readonly Problem[]>(() => []);
/** Id of the open alert. */
export const openId = fresh<string | null>(() => null);
export const range = fresh<Range>(() => DEFAULT_RANGE);
/** The columns of the list, in order. */
export const columns = fresh<readonly Column[]>(() => DEFAULTS.columns);
/** Whether repeats are one row. */
export const fold = fresh(() => true);
/** Counts how often the user asked for the same view again. */
export const refreshes = fresh(() => 0);
const severities = fresh<string[]>(() => []);
/** The filter of the box when its text was valid last. */
const typed = fresh<Filter>(() => ({}));
const typedProblems = fresh<readonly Problem[]>(() => []);
/** Whether the text that is being typed has a history entry already. */
let isTyping: boolean;
/** The live window to return to. */
let lastWindow: Range;

onReset(() => {
  isTyping = false;
  lastWindow = DEFAULT_RANGE;
  zone.value = "local";
});

/** The invalid parts of box and address. The last valid filter stays active. */
export const problems = computed<readonly Problem[]>(() => [...rejected.value, ...typedProblems.value]);
export const filter = computed<Filter>(() => combine(severities.value, chips.value, typed.value));

/** Reads the state from the address: at the start, and when the user goes back or forward. */
export function readAddress(): void {
  isTyping = false;
  if (!onRuntime()) {
    zone.value = readZone(window.location.search);
    return;
  }
  const state = read(window.location.search);
  batch(() => {
    split(state.filter);
    rejected.value = state.problems;
    openId.value = state.open;
    range.value = state.range;
    columns.value = state.columns;
    fold.value = state.fold;
    zone.value = state.zone;
    router.runtimeAddress.value = `/runtime${window.location.search}`;
  });
}

function onRuntime(): boolean {
  return router.page.peek().name === "runtime";
}

/** Distributes a filter over cards, chips and box. */
function split({ sev = [], q, ...rest }: Filter): void {
  severities.value = sev;
  chips.value = rest;
  typed.value = q ? { q } : {};
  text.value = print(typed.peek());
  typedProblems.value = [];
}

function currentState(): State {
  return {
    filter: filter.peek(),
    open: openId.peek(),
    range: range.peek(),
    columns: columns.peek(),
    fold: fold.peek(),
    zone: zone.peek(),
  };
}

/** Writes the state to the address. Returns whether that changed it. */
function writeAddress(push: boolean): boolean {
  const here = onRuntime();
  const search = write(currentState(), here ? window.location.search : "");
  const address = `/runtime${search}`;
  router.runtimeAddress.value = address;
  if (!here) {
    if (push) router.go(address);
    return push;
  }
  if (search === window.location.search) return false;
  if (push) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
  return true;
}

/** Takes the text of the box after each key. The first key makes a history entry, the next ones rewrite it. */
export function type(next: string): void {
  text.value = next;
  take(finished(next));
}

function take(understood: string): void {
  const parsed = parse(understood);
  const excess = limit(combine(severities.peek(), chips.peek(), parsed.filter)).problems;
  const wrong = parsed.problems.length > 0 ? parsed.problems : excess;
  typedProblems.value = wrong;
  if (wrong.length > 0) return;
  typed.value = parsed.filter;
  if (writeAddress(!isTyping)) isTyping = true;
}

/** Turns the fields in the box into chips, on Enter and when the box loses focus. Plain text stays in the box. */
export function commit(): void {
  isTyping = false;
  if (!onRuntime()) return;
  const parsed = parse(text.peek());
  const { q: _, ...fields } = parsed.filter;
  const kept = limit(combine(severities.peek(), chips.peek(), parsed.filter));
  const wrong = [...parsed.problems, ...kept.problems];
  if (wrong.length === 0 && Object.keys(fields).length === 0) return;
  batch(() => {
    split(kept.filter);
    reject(wrong);
  });
  writeAddress(true);
}

function reject(wrong: readonly Problem[]): void {
  if (wrong.length === 0) return;
  const others = rejected.peek().filter((known) => !wrong.some((problem) => problem.text === known.text));
  rejected.value = [...others, ...wrong];
}

/** Removes a rejected part; `edit` puts it back into the box, if the box can hold it. */
export function dismiss(problem: Problem, edit = false): void {
  rejected.value = rejected.peek().filter((known) => known !== problem);
  const term = edit ? asTerm(problem.text) : "";
  if (term) type(`${text.peek()} ${term}`.trim());
  else writeAddress(false);
}

/** Moves the included (or excluded) values of a field from the chips back into the box. */
export function edit(field: Field, excludes: boolean): void {
  const before = chips.peek();
  batch(() => {
    chips.value = withoutSide(before, field, excludes);
    text.value = [print(onlySide(before, field, excludes)), text.peek()].filter(Boolean).join(" ");
    take(text.peek());
  });
}

/** Commits the box, then applies a change to the filter. */
function change(change: (filter: Filter) => Filter): void {
  commit();
  apply(change(filter.peek()));
}

/** Replaces the filter, as one step in the history. A filter that the gateway would refuse is rejected. */
function apply(next: Filter): void {
  const excess = limit(next).problems;
  if (excess.length > 0) {
    reject(excess);
    return;
  }
  batch(() => split(next));
  writeAddress(true);
}

export function removeSide(field: Field, excludes: boolean): void {
  change((now) => withoutSide(now, field, excludes));
}

export function invert(field: Field, excludes: boolean): void {
  change((now) => inverted(now, field, excludes));
}

export function include(field: Field, value: string, excludes = false): void {
  if (value !== "") change((now) => withValue(now, field, value, excludes));
}

export function remove(field: Field, value: string): void {
  change((now) => withoutValue(now, field, value));
}

/** Removes one field from the filter; `q` is the plain text. */
export function clear(field: Field | "q"): void {
  const { [field]: _, ...rest } = filter.peek();
  apply(rest);
}

export function clearAll(): void {
  rejected.value = [];
  apply({});
}

/** Whether the filter includes a severity by name. */
export function selects(severity: Severity): boolean {
  return (filter.value.sev ?? []).includes(severity);
}

export function passes(severity: Severity): boolean {
  return letsPass(filter.value, severity);
}

export function toggleSeverity(severity: Severity): void {
  commit();
  severities.value = toggled(filter.peek(), severity);
  writeAddress(true);
}

/** Opens an alert in the list; `null` closes it. */
export function open(id: string | null): void {
  openId.value = id;
  writeAddress(false);
}

export function setRange(next: Range): void {
  const previous = range.peek();
  if (sameRange(next, previous)) return;
  commit();
  if (next.live) lastWindow = next;
  else if (previous.live) lastWindow = previous;
  range.value = next;
  writeAddress(true);
}

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
  if (onRuntime()) {
    writeAddress(false);
    return;
  }
  const { pathname, search, hash } = window.location;
  history.replaceState(history.state, "", pathname + writeZone(search, next) + hash);
  const { runtimeAddress } = router;
  const [path = "", before = ""] = runtimeAddress.peek().split("?");
  runtimeAddress.value = path + writeZone(before, next);
}

/** Asks for the same view again. */
export function refresh(): void {
  refreshes.value += 1;
}

/** The path of a view of `/runtime`: the current one with these changes. */
export function linkTo(changes: Partial<State>): string {
  return `/runtime${write({ ...currentState(), ...changes }, "")}`;
}

/** The address of a view for somebody else. A live view becomes a fixed range, so that all see the same alerts. */
export function link(now: number, changes: Partial<State> = {}): string {
  const { range: shown } = { ...currentState(), ...changes };
  return window.location.origin + linkTo({ ...changes, range: { live: false, ...bounds(shown, now) } });
}

/** Calls `changed` for each new filter, and `settled` when the user stops typing. Returns a function that ends this. */
export function watchFilter(changed: () => void, settled: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let previous = JSON.stringify(filter.peek());
  const stop = effect(() => {
    const next = JSON.stringify(filter.value);
    if (next === previous) return;
    previous = next;
    changed();
    clearTimeout(timer);
    timer = setTimeout(settled, TYPING_MS);
  });
  return () => {
    clearTimeout(timer);
    stop();
  };
}
