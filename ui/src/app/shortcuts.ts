/** The keyboard alone must do. */
import { signal } from "@preact/signals";
import { fieldOf } from "../domain/filter.ts";
import { SEVERITIES } from "../domain/frames.ts";
import { drawerOpen } from "../state/drawer.ts";
import { listControl } from "../state/list_commands.ts";
import { togglePause } from "../state/live.ts";
import { pageControl } from "../state/page_commands.ts";
import { backToLive, commit, include, open, range, show, toggleSeverity } from "../state/query.ts";
import { go, page, runtimeAddress } from "../state/router.ts";
import { switchTheme } from "../state/theme.ts";

const KEY = "tocsin.keys";

export const shortcutsOpen = signal(false);
/** Single keys can be turned off, for those who speak to their computer. */
export const singleKeys = signal(stored());

export const SHORTCUTS: readonly (readonly [keys: string, does: string])[] = [
  ["/", "search"],
  ["j k ↓ ↑", "next, previous alert"],
  ["Enter o", "open or close the alert"],
  ["c", "copy its event as JSON"],
  ["l", "copy a link to it"],
  ["f", "show only the focused value; with Shift, all but it"],
  [".", "back to the newest"],
  ["Space", "pause, resume"],
  ["1 2 3 4", "only critical, high, medium, low; several together"],
  ["g r", "to Runtime"],
  ["g p", "to Pipeline"],
  ["t", "light or dark"],
  ["?", "this list"],
  ["Esc", "one step back"],
];

function stored(): boolean {
  try {
    return localStorage.getItem(KEY) !== "off";
  } catch {
    return true;
  }
}

export function setSingleKeys(on: boolean): void {
  singleKeys.value = on;
  try {
    localStorage.setItem(KEY, on ? "on" : "off");
  } catch {
    // Holds for this visit then.
  }
}

export function openShortcuts(): void {
  shortcutsOpen.value = true;
}

export function startKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (handle(event, event.target as Element)) event.preventDefault();
  });
}

/** Whether the key was one of ours. */
function handle(event: KeyboardEvent, target: Element): boolean {
  if (shortcutsOpen.peek()) return false;
  const { key } = event;
  const writes = target.matches("input:not([type=checkbox], [type=radio]), textarea, select");
  if (key === "Escape") return back(target, writes);
  if (writes) return false;
  const single = singleKeys.peek();
  if (single && sequence(key)) return true;
  if (target.matches("button, a, summary, input")) return single && character(key, target);
  return onList(key, target) || (single && (character(key, target) || space(key, target)));
}

/** What scrolls by itself keeps the keys for that. */
const SCROLLS = "pre, .box, .said, .scrolls, [role=tree] *";

/** Keys that a list is expected to have, letters or not. */
function onList(key: string, target: Element): boolean {
  if (target.matches(SCROLLS) || page.peek().name !== "runtime") return false;
  const steps: Record<string, number> = {
    ArrowDown: 1,
    ArrowUp: -1,
    PageDown: 15,
    PageUp: -15,
    Home: Number.NEGATIVE_INFINITY,
    End: Number.POSITIVE_INFINITY,
  };
  const step = steps[key];
  if (step !== undefined) listControl()?.move(step);
  else if (key === "Enter") listControl()?.toggle();
  else return false;
  return true;
}

function space(key: string, target: Element): boolean {
  if (key !== " " || target.matches(SCROLLS)) return false;
  if (page.peek().name !== "runtime" || !range.peek().live) return false;
  togglePause();
  return true;
}

const SEQUENCE_MS = 1000;
let begun = Number.NEGATIVE_INFINITY;

/** `g` and then the letter of a page, within a second. */
function sequence(key: string): boolean {
  const within = performance.now() - begun < SEQUENCE_MS;
  begun = key === "g" && !within ? performance.now() : Number.NEGATIVE_INFINITY;
  if (!within) return key === "g";
  if (key === "r") go(runtimeAddress.peek());
  else if (key === "p") go("/pipeline");
  else return false;
  return true;
}

/** Keys of every page. */
const EVERYWHERE: Record<string, () => void> = { t: switchTheme, "?": openShortcuts };
/** Keys of the list. */
const ON_RUNTIME: Record<string, () => void> = {
  j: () => listControl()?.move(1),
  k: () => listControl()?.move(-1),
  o: () => listControl()?.toggle(),
  c: () => listControl()?.copy(),
  l: () => listControl()?.link(),
  ".": () => listControl()?.newest(),
  "/": () => document.getElementById("search")?.focus(),
};
/** Keys of an alert's own page. */
const ON_ALERT: Record<string, () => void> = {
  c: () => pageControl()?.copy(),
  l: () => pageControl()?.link(),
};

function character(key: string, target: Element): boolean {
  const { name } = page.peek();
  const severity = name === "runtime" ? SEVERITIES[Number(key) - 1] : undefined;
  if (severity !== undefined) {
    toggleSeverity(severity);
    return true;
  }
  if (key === "f" || key === "F") return focused(target, key === "F");
  const own = name === "runtime" ? ON_RUNTIME : name === "alert" ? ON_ALERT : {};
  const does = Object.hasOwn(own, key) ? own[key] : Object.hasOwn(EVERYWHERE, key) ? EVERYWHERE[key] : undefined;
  does?.();
  return does !== undefined;
}

/** Filters by the value that has the focus: what offers one says so in `data-field` and `data-value`. */
function focused(target: Element, excludes: boolean): boolean {
  const { field = "", value = "" } = target.closest<HTMLElement>("[data-field][data-value]")?.dataset ?? {};
  const known = fieldOf(field);
  if (known === undefined || value === "") return false;
  include(known, value, excludes);
  return true;
}

/** One step: out of the box, then what lies over the page, the open row, the list, the range, the page. */
function back(target: Element, writes: boolean): boolean {
  if (writes) {
    commit();
    (target as HTMLElement).blur();
    return true;
  }
  const { name } = page.peek();
  if (name === "alert") {
    go(runtimeAddress.peek());
    return true;
  }
  if (name !== "runtime") return false;
  if (drawerOpen.peek()) {
    drawerOpen.value = false;
    return true;
  }
  if (open.peek() !== null) {
    show(null);
    return true;
  }
  if (target.closest(".grid") !== null) {
    listControl()?.newest();
    return true;
  }
  if (range.peek().live) return false;
  backToLive();
  return true;
}
