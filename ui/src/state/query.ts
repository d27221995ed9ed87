/** What the user asks for: filter, range and layout of the list. All of it is kept in the address. */
import { batch, computed, effect, signal } from "@preact/signals";
import { type Column, sameColumns } from "../domain/columns.ts";
import { type Field, limit, type Problem, parse, print } from "../domain/filter.ts";
import {
  asTerm,
  combine,
  finished,
  inverted,
  onlySide,
  passes,
  toggled,
  withoutSide,
  withoutValue,
  withValue,
} from "../domain/filter_edit.ts";
import type { Filter, Severity } from "../domain/frames.ts";
import { bounds, DEFAULT_RANGE, type Range, sameRange } from "../domain/time_range.ts";
import { type Zone, zone } from "../domain/time_zone.ts";
import { DEFAULTS, read, readZone, type State, write, writeZone } from "../domain/url_state.ts";
import type { Router } from "./router.ts";

const TYPING_MS = 250;

export class Query {
  /** The text of the search box. */
  readonly text = signal("");
  /** The filter beside the box: all fields but the severities. */
  readonly chips = signal<Filter>({});
  /** Invalid parts of an earlier text or address: shown struck out until the user removes them. */
  readonly rejected = signal<readonly Problem[]>([]);
  /** Id of the open alert. */
  readonly openId = signal<string | null>(null);
  readonly range = signal<Range>(DEFAULT_RANGE);
  /** The columns of the list, in order. */
  readonly columns = signal<readonly Column[]>(DEFAULTS.columns);
  /** Whether repeats are one row. */
  readonly fold = signal(true);
  /** Counts how often the user asked for the same view again. */
  readonly refreshes = signal(0);
  readonly #severities = signal<string[]>([]);
  /** The filter of the box when its text was valid last. */
  readonly #typed = signal<Filter>({});
  readonly #typedProblems = signal<readonly Problem[]>([]);
  readonly #router: Router;
  /** Whether the text that is being typed has a history entry already. */
  #typing = false;
  /** The live window to return to. */
  #lastWindow: Range = DEFAULT_RANGE;

  /** The invalid parts of box and address. The last valid filter stays active. */
  readonly problems = computed<readonly Problem[]>(() => [...this.rejected.value, ...this.#typedProblems.value]);
  readonly filter = computed<Filter>(() => combine(this.#severities.value, this.chips.value, this.#typed.value));

  constructor(router: Router) {
    this.#router = router;
    zone.value = "local";
  }

  /** Reads the state from the address: at the start, and when the user goes back or forward. */
  readAddress(): void {
    this.#typing = false;
    if (!this.#onRuntime) {
      zone.value = readZone(window.location.search);
      return;
    }
    const state = read(window.location.search);
    batch(() => {
      this.#split(state.filter);
      this.rejected.value = state.problems;
      this.openId.value = state.open;
      this.range.value = state.range;
      this.columns.value = state.columns;
      this.fold.value = state.fold;
      zone.value = state.zone;
      this.#router.runtimeAddress.value = `/runtime${window.location.search}`;
    });
  }

  get #onRuntime(): boolean {
    return this.#router.page.peek().name === "runtime";
  }

  /** Distributes a filter over cards, chips and box. */
  #split({ sev = [], q, ...rest }: Filter): void {
    this.#severities.value = sev;
    this.chips.value = rest;
    this.#typed.value = q ? { q } : {};
    this.text.value = print(this.#typed.peek());
    this.#typedProblems.value = [];
  }

  #state(): State {
    return {
      filter: this.filter.peek(),
      open: this.openId.peek(),
      range: this.range.peek(),
      columns: this.columns.peek(),
      fold: this.fold.peek(),
      zone: zone.peek(),
    };
  }

  /** Writes the state to the address. Returns whether that changed it. */
  #writeAddress(push: boolean): boolean {
    const here = this.#onRuntime;
    const search = write(this.#state(), here ? window.location.search : "");
    const address = `/runtime${search}`;
    this.#router.runtimeAddress.value = address;
    if (!here) {
      if (push) this.#router.go(address);
      return push;
    }
    if (search === window.location.search) return false;
    if (push) history.pushState(null, "", address);
    else history.replaceState(null, "", address);
    return true;
  }

  /** Takes the text of the box after each key. The first key makes a history entry, the next ones rewrite it. */
  type(text: string): void {
    this.text.value = text;
    this.#take(finished(text));
  }

  #take(text: string): void {
    const { filter, problems } = parse(text);
    const excess = limit(combine(this.#severities.peek(), this.chips.peek(), filter)).problems;
    const wrong = problems.length > 0 ? problems : excess;
    this.#typedProblems.value = wrong;
    if (wrong.length > 0) return;
    this.#typed.value = filter;
    if (this.#writeAddress(!this.#typing)) this.#typing = true;
  }

  /** Turns the fields in the box into chips, on Enter and when the box loses focus. Plain text stays in the box. */
  commit(): void {
    this.#typing = false;
    if (!this.#onRuntime) return;
    const { filter, problems } = parse(this.text.peek());
    const { q: _, ...fields } = filter;
    const kept = limit(combine(this.#severities.peek(), this.chips.peek(), filter));
    const wrong = [...problems, ...kept.problems];
    if (wrong.length === 0 && Object.keys(fields).length === 0) return;
    batch(() => {
      this.#split(kept.filter);
      this.#reject(wrong);
    });
    this.#writeAddress(true);
  }

  #reject(problems: readonly Problem[]): void {
    if (problems.length === 0) return;
    const others = this.rejected.peek().filter(({ text }) => !problems.some((problem) => problem.text === text));
    this.rejected.value = [...others, ...problems];
  }

  /** Removes a rejected part; `edit` puts it back into the box, if the box can hold it. */
  dismiss(problem: Problem, edit = false): void {
    this.rejected.value = this.rejected.peek().filter((known) => known !== problem);
    const term = edit ? asTerm(problem.text) : "";
    if (term) this.type(`${this.text.peek()} ${term}`.trim());
    else this.#writeAddress(false);
  }

  /** Moves the included (or excluded) values of a field from the chips back into the box. */
  edit(field: Field, excludes: boolean): void {
    const chips = this.chips.peek();
    batch(() => {
      this.chips.value = withoutSide(chips, field, excludes);
      this.text.value = [print(onlySide(chips, field, excludes)), this.text.peek()].filter(Boolean).join(" ");
      this.#take(this.text.peek());
    });
  }

  /** Commits the box, then applies a change to the filter. */
  #change(change: (filter: Filter) => Filter): void {
    this.commit();
    this.#apply(change(this.filter.peek()));
  }

  /** Replaces the filter, as one step in the history. A filter that the gateway would refuse is rejected. */
  #apply(next: Filter): void {
    const { problems } = limit(next);
    if (problems.length > 0) {
      this.#reject(problems);
      return;
    }
    batch(() => this.#split(next));
    this.#writeAddress(true);
  }

  removeSide(field: Field, excludes: boolean): void {
    this.#change((filter) => withoutSide(filter, field, excludes));
  }

  invert(field: Field, excludes: boolean): void {
    this.#change((filter) => inverted(filter, field, excludes));
  }

  include(field: Field, value: string, excludes = false): void {
    if (value !== "") this.#change((filter) => withValue(filter, field, value, excludes));
  }

  remove(field: Field, value: string): void {
    this.#change((filter) => withoutValue(filter, field, value));
  }

  /** Removes one field from the filter; `q` is the plain text. */
  clear(field: Field | "q"): void {
    const { [field]: _, ...rest } = this.filter.peek();
    this.#apply(rest);
  }

  clearAll(): void {
    this.rejected.value = [];
    this.#apply({});
  }

  /** Whether the filter includes a severity by name. */
  selects(severity: Severity): boolean {
    return (this.filter.value.sev ?? []).includes(severity);
  }

  passes(severity: Severity): boolean {
    return passes(this.filter.value, severity);
  }

  toggleSeverity(severity: Severity): void {
    this.commit();
    this.#severities.value = toggled(this.filter.peek(), severity);
    this.#writeAddress(true);
  }

  /** Opens an alert in the list; `null` closes it. */
  open(id: string | null): void {
    this.openId.value = id;
    this.#writeAddress(false);
  }

  setRange(next: Range): void {
    const previous = this.range.peek();
    if (sameRange(next, previous)) return;
    this.commit();
    if (next.live) this.#lastWindow = next;
    else if (previous.live) this.#lastWindow = previous;
    this.range.value = next;
    this.#writeAddress(true);
  }

  backToLive(): void {
    this.setRange(this.#lastWindow);
  }

  setColumns(next: readonly Column[]): void {
    const columns = next.length > 0 ? next : DEFAULTS.columns;
    if (sameColumns(columns, this.columns.peek())) return;
    this.columns.value = columns;
    this.#writeAddress(false);
  }

  setFold(on: boolean): void {
    this.fold.value = on;
    this.#writeAddress(false);
  }

  setZone(next: Zone): void {
    zone.value = next;
    if (this.#onRuntime) {
      this.#writeAddress(false);
      return;
    }
    const { pathname, search, hash } = window.location;
    history.replaceState(history.state, "", pathname + writeZone(search, next) + hash);
    const { runtimeAddress } = this.#router;
    const [path = "", before = ""] = runtimeAddress.peek().split("?");
    runtimeAddress.value = path + writeZone(before, next);
  }

  /** Asks for the same view again. */
  refresh(): void {
    this.refreshes.value += 1;
  }

  /** The path of a view of `/runtime`: the current one with these changes. */
  linkTo(changes: Partial<State>): string {
    return `/runtime${write({ ...this.#state(), ...changes }, "")}`;
  }

  /** The address of a view for somebody else. A live view becomes a fixed range, so that all see the same alerts. */
  link(now: number, changes: Partial<State> = {}): string {
    const { range } = { ...this.#state(), ...changes };
    return window.location.origin + this.linkTo({ ...changes, range: { live: false, ...bounds(range, now) } });
  }
}

/** Calls `changed` for each new filter, and `settled` when the user stops typing. Returns a function that ends this. */
export function watchFilter(query: Query, changed: () => void, settled: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let previous = JSON.stringify(query.filter.peek());
  const stop = effect(() => {
    const next = JSON.stringify(query.filter.value);
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
