/** The keyboard shortcuts. Every function of the UI works by keyboard. */

import { listen } from "../api/browser.ts";
import { fieldOf } from "../domain/filter.ts";
import { SEVERITIES } from "../domain/frames.ts";
import * as commands from "../state/commands.ts";
import * as layout from "../state/layout.ts";
import * as live from "../state/live.ts";
import * as query from "../state/query.ts";
import * as router from "../state/router.ts";
import * as shortcuts from "../state/shortcut_settings.ts";
import * as theme from "../state/theme.ts";

export const SHORTCUTS: readonly (readonly [keys: string, does: string])[] = [
  ["/", "search"],
  ["j k ↓ ↑", "next, previous alert"],
  ["Enter o", "open or close the alert"],
  ["c", "copy its event as JSON"],
  ["l", "copy a link to it"],
  ["f", "show only the focused value; Shift excludes it"],
  [".", "show the newest"],
  ["Space", "pause, resume"],
  ["1 2 3 4", "only critical, high, medium, low; several together"],
  ["g r", "go to Runtime"],
  ["g p", "go to Pipeline"],
  ["t", "light or dark"],
  ["?", "this list"],
  ["Esc", "one step back"],
];

/** Handles the keys of all pages. Returns a function that ends this. */
export function startShortcuts(): () => void {
  return listen(document, "keydown", (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (handle(event, event.target as Element)) event.preventDefault();
  });
}

/** Returns whether the key was handled. */
function handle(event: KeyboardEvent, target: Element): boolean {
  if (shortcuts.open.peek()) return false;
  const { key } = event;
  const writes = target.matches("input:not([type=checkbox], [type=radio]), textarea, select");
  if (key === "Escape") return back(target, writes);
  if (writes) return false;
  const single = shortcuts.singleKeys.peek();
  if (single && sequence(key)) return true;
  if (target.matches("button, a, summary, input")) return single && character(key, target);
  return onList(key, target) || (single && (character(key, target) || space(key, target)));
}

/** What scrolls by itself keeps the keys for that. */
const SCROLLS = "pre, .box, .said, .scrolls, [role=tree] *";

/** Keys that a list is expected to have, letters or not. */
function onList(key: string, target: Element): boolean {
  if (target.matches(SCROLLS) || router.page.peek().name !== "runtime") return false;
  const steps: Record<string, number> = {
    ArrowDown: 1,
    ArrowUp: -1,
    PageDown: 15,
    PageUp: -15,
    Home: Number.NEGATIVE_INFINITY,
    End: Number.POSITIVE_INFINITY,
  };
  const step = steps[key];
  if (step !== undefined) commands.ofList()?.move(step);
  else if (key === "Enter") commands.ofList()?.toggle();
  else return false;
  return true;
}

function space(key: string, target: Element): boolean {
  if (key !== " " || target.matches(SCROLLS)) return false;
  if (router.page.peek().name !== "runtime" || !query.range.peek().live) return false;
  live.togglePause();
  return true;
}

const SEQUENCE_MS = 1000;
let begun = Number.NEGATIVE_INFINITY;

/** `g` and then the letter of a page, within a second. */
function sequence(key: string): boolean {
  const within = performance.now() - begun < SEQUENCE_MS;
  begun = key === "g" && !within ? performance.now() : Number.NEGATIVE_INFINITY;
  if (!within) return key === "g";
  if (key === "r") router.go(router.runtimeAddress.peek());
  else if (key === "p") router.go("/pipeline");
  else return false;
  return true;
}

/** Keys of every page. */
const EVERYWHERE: Record<string, () => void> = {
  t: () => theme.toggle(),
  "?": () => {
    shortcuts.open.value = true;
  },
};
/** Keys of the list. */
const ON_RUNTIME: Record<string, () => void> = {
  j: () => commands.ofList()?.move(1),
  k: () => commands.ofList()?.move(-1),
  o: () => commands.ofList()?.toggle(),
  c: () => commands.ofList()?.copy(),
  l: () => commands.ofList()?.link(),
  ".": () => commands.ofList()?.newest(),
  "/": () => document.getElementById("search")?.focus(),
};
/** Keys of an alert's own page. */
const ON_ALERT: Record<string, () => void> = {
  c: () => commands.ofPage()?.copy(),
  l: () => commands.ofPage()?.link(),
};

function character(key: string, target: Element): boolean {
  const { name } = router.page.peek();
  const severity = name === "runtime" ? SEVERITIES[Number(key) - 1] : undefined;
  if (severity !== undefined) {
    query.toggleSeverity(severity);
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
  query.include(known, value, excludes);
  return true;
}

/** One step: out of the box, then what lies over the page, the open row, the list, the range, the page. */
function back(target: Element, writes: boolean): boolean {
  if (writes) {
    query.commit();
    (target as HTMLElement).blur();
    return true;
  }
  const { name } = router.page.peek();
  if (name === "alert") {
    router.go(router.runtimeAddress.peek());
    return true;
  }
  if (name !== "runtime") return false;
  if (layout.drawerOpen.peek()) {
    layout.drawerOpen.value = false;
    return true;
  }
  if (query.openId.peek() !== null) {
    query.open(null);
    return true;
  }
  if (target.closest(".grid") !== null) {
    commands.ofList()?.newest();
    return true;
  }
  if (query.range.peek().live) return false;
  query.backToLive();
  return true;
}
