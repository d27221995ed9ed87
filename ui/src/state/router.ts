/** Which page is shown. Links within the UI change it without a new load. */
import { batch } from "@preact/signals";
import { all, listen } from "../api/browser.ts";
import { fresh } from "./fresh.ts";

export type Page =
  | { name: "runtime" | "pipeline" }
  | { name: "alert"; id: string }
  /** There is no such page. */
  | { name: "unknown"; path: string };

/** The page of a path. */
export function pageOf(path: string): Page {
  const [, first = "", second, ...more] = path.replace(/(.)\/+$/, "$1").split("/");
  if (second === undefined) {
    if (first === "" || first === "runtime") return { name: "runtime" };
    if (first === "pipeline") return { name: "pipeline" };
  }
  if (first === "alerts" && second && more.length === 0) {
    const id = decoded(second);
    if (id !== null) return { name: "alert", id };
  }
  return { name: "unknown", path };
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** The path of an alert's page. */
export function alertPath(id: string): string {
  return `/alerts/${encodeURIComponent(id)}`;
}

export const page = fresh<Page>(() => pageOf(window.location.pathname));
/** The last address on `/runtime`, with filter and range: the way back from an alert. */
export const runtimeAddress = fresh(() => "/runtime");
let onAddressChange: () => void = () => {};

/** Goes to an address of this site and adds a history entry. */
export function go(address: string): void {
  const goal = new URL(address, window.location.href);
  keepZone(goal);
  if (goal.href === window.location.href) return;
  rememberScroll();
  history.pushState(null, "", goal.pathname + goal.search + goal.hash);
  arrive(0);
}

/** Shows the page of the address, scrolled to where it was. */
function arrive(scroll: number): void {
  const before = JSON.stringify(page.peek());
  batch(() => {
    page.value = pageOf(window.location.pathname);
    onAddressChange();
  });
  const moved = before !== JSON.stringify(page.peek());
  requestAnimationFrame(() => {
    const main = document.querySelector("main");
    if (main === null) return;
    main.scrollTop = scroll;
    if (moved) focus(main);
  });
}

/** Follows links and the browser's Back. `addressChanged` reads the rest of the state from the address. */
export function start(addressChanged: () => void): () => void {
  onAddressChange = addressChanged;
  if (window.location.pathname === "/") history.replaceState(null, "", `/runtime${window.location.search}`);
  arrive(0);
  return all(
    listen(window, "popstate", ({ state }: PopStateEvent) => arrive(scrollOf(state))),
    listen(document, "click", (event: MouseEvent) => follow(event)),
  );
}

/** Handles a plain click on a link to a page of the UI. The browser handles all other clicks. */
function follow(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const link = (event.target as Element).closest?.("a[href]");
  if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute("download")) return;
  const goal = new URL(link.href, window.location.href);
  if (goal.origin !== window.location.origin || pageOf(goal.pathname).name === "unknown") return;
  // The browser scrolls to a part of the same page by itself.
  if (goal.hash && goal.pathname + goal.search === window.location.pathname + window.location.search) return;
  event.preventDefault();
  go(goal.href);
}

/** The time zone is the same on all pages, so links do not name it. */
function keepZone(goal: URL): void {
  const zone = new URLSearchParams(window.location.search).get("tz");
  if (zone === null || goal.searchParams.has("tz")) return;
  goal.search += `${goal.search ? "&" : "?"}tz=${encodeURIComponent(zone)}`;
}

/** Stores in the history entry how far the page is scrolled. */
function rememberScroll(): void {
  const scroll = document.querySelector("main")?.scrollTop ?? 0;
  if (scroll > 0) history.replaceState({ ...history.state, scroll }, "");
}

function scrollOf(state: unknown): number {
  const { scroll } = (state ?? {}) as { scroll?: unknown };
  return typeof scroll === "number" ? scroll : 0;
}

/** A screen reader begins at the new page, and Tab continues from there. */
function focus(main: HTMLElement): void {
  if (!main.hasAttribute("tabindex")) main.tabIndex = -1;
  main.focus({ preventScroll: true });
}
