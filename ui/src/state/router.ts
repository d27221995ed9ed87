/** Which page is shown, from the path of the address; links within the page change it without a load. */
import { batch, signal } from "@preact/signals";

export type Page =
  | { name: "runtime" | "pipeline" }
  | { name: "alert"; id: string }
  /** A path that means nothing. */
  | { name: "unknown"; path: string };

/** The page that a path stands for. */
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

/** The path of an alert's own page. */
export function alertPath(id: string): string {
  return `/alerts/${encodeURIComponent(id)}`;
}

export const page = signal<Page>(pageOf(window.location.pathname));
/** Where the reader was on `/runtime`, with filters and range: the way back from an alert. */
export const runtimeAddress = signal("/runtime");

let changed: () => void = () => {};

/** Goes to an address of this site: a history entry, then the page. */
export function go(address: string): void {
  const goal = new URL(address, window.location.href);
  keepZone(goal);
  if (goal.href === window.location.href) return;
  const before = page.peek();
  keepPlace();
  history.pushState(null, "", goal.pathname + goal.search + goal.hash);
  arrive(0);
  if (!samePage(before, page.peek())) focusPage();
}

/** Whose clock times are by is for all pages; a link need not say it. */
function keepZone(goal: URL): void {
  const zone = new URLSearchParams(window.location.search).get("tz");
  if (zone === null || goal.searchParams.has("tz")) return;
  goal.search += `${goal.search ? "&" : "?"}tz=${encodeURIComponent(zone)}`;
}

function samePage(one: Page, other: Page): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Where the address is now: read by `startPages`, after going and after the browser's own Back. */
function arrive(scroll: number): void {
  batch(() => {
    page.value = pageOf(window.location.pathname);
    changed();
  });
  requestAnimationFrame(() => {
    const main = document.querySelector("main");
    if (main !== null) main.scrollTop = scroll;
  });
}

/** Remembers in the history entry how far the page was scrolled. */
function keepPlace(): void {
  const scroll = document.querySelector("main")?.scrollTop ?? 0;
  if (scroll > 0) history.replaceState({ ...history.state, scroll }, "");
}

/** A screen reader begins where the new page does, and Tab goes on from there. */
function focusPage(): void {
  requestAnimationFrame(() => {
    const main = document.querySelector("main");
    if (main === null) return;
    if (!main.hasAttribute("tabindex")) main.tabIndex = -1;
    main.focus({ preventScroll: true });
  });
}

/** `read` takes the rest of the state from the address, each time that it changes. */
export function startPages(read: () => void): void {
  changed = read;
  if (window.location.pathname === "/") history.replaceState(null, "", `/runtime${window.location.search}`);
  arrive(0);
  window.addEventListener("popstate", (event) => {
    const before = page.peek();
    arrive(scrollOf(event.state));
    if (!samePage(before, page.peek())) focusPage();
  });
  document.addEventListener("click", follow);
}

function scrollOf(state: unknown): number {
  const { scroll } = (state ?? {}) as { scroll?: unknown };
  return typeof scroll === "number" ? scroll : 0;
}

/** Takes a plain click on a link to a page of ours; all else is the browser's. */
function follow(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const link = (event.target as Element).closest?.("a[href]");
  if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute("download")) return;
  const goal = new URL(link.href, window.location.href);
  if (goal.origin !== window.location.origin || pageOf(goal.pathname).name === "unknown") return;
  // A part of this page: the browser goes there by itself.
  if (goal.hash && goal.pathname + goal.search === window.location.pathname + window.location.search) return;
  event.preventDefault();
  go(goal.href);
}
