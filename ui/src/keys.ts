/** The keyboard alone must do. */
import { signal } from "@preact/signals";
import { listControl } from "./list_control.ts";
import { togglePause } from "./live.ts";
import { SEVERITIES } from "./protocol.ts";
import { commit, open, show, toggleSeverity } from "./query.ts";
import { switchTheme } from "./theme.ts";

const KEY = "tocsin.keys";

export const shortcutsOpen = signal(false);
/** Single keys can be turned off, for those who speak to their computer. */
export const singleKeys = signal(stored());

export const SHORTCUTS: readonly (readonly [keys: string, does: string])[] = [
  ["/", "search"],
  ["j k ↓ ↑", "next, previous alert"],
  ["Enter o", "open or close the alert"],
  ["c", "copy its event as JSON"],
  [".", "back to the newest"],
  ["Space", "pause, resume"],
  ["1 2 3 4", "only critical, high, medium, low; several together"],
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
  const writes = target.matches("input, textarea, select");
  if (event.key === "Escape") return back(target, writes);
  if (writes) return false;
  if (target.matches("button, a, summary")) return singleKeys.peek() && character(event.key);
  return onList(event.key, target) || (singleKeys.peek() && (character(event.key) || space(event.key, target)));
}

/** What scrolls by itself keeps the keys for that. */
const SCROLLS = "pre, .box, .said";

/** Keys that a list is expected to have, letters or not. */
function onList(key: string, target: Element): boolean {
  if (target.matches(SCROLLS)) return false;
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
  togglePause();
  return true;
}

function character(key: string): boolean {
  const severity = SEVERITIES[Number(key) - 1];
  if (severity !== undefined) {
    toggleSeverity(severity);
    return true;
  }
  const does: Record<string, () => void> = {
    j: () => listControl()?.move(1),
    k: () => listControl()?.move(-1),
    o: () => listControl()?.toggle(),
    c: () => listControl()?.copy(),
    ".": () => listControl()?.newest(),
    t: switchTheme,
    "?": openShortcuts,
    "/": () => document.getElementById("search")?.focus(),
  };
  if (!Object.hasOwn(does, key)) return false;
  does[key]?.();
  return true;
}

/** One step: out of the box, then the open row, then the list. */
function back(target: Element, writes: boolean): boolean {
  if (writes) {
    commit();
    (target as HTMLElement).blur();
    return true;
  }
  if (open.peek() !== null) {
    show(null);
    return true;
  }
  if (target.closest(".grid") === null) return false;
  listControl()?.newest();
  return true;
}
