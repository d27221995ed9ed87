/** Which page is shown. Links within the UI change it without a new load. */
import { batch, signal } from "@preact/signals";

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

export class Router {
  readonly page = signal<Page>(pageOf(window.location.pathname));
  /** The last address on `/runtime`, with filter and range: the way back from an alert. */
  readonly runtimeAddress = signal("/runtime");
  #addressChanged: () => void = () => {};

  /** Goes to an address of this site and adds a history entry. */
  go(address: string): void {
    const goal = new URL(address, window.location.href);
    keepZone(goal);
    if (goal.href === window.location.href) return;
    rememberScroll();
    history.pushState(null, "", goal.pathname + goal.search + goal.hash);
    this.#arrive(0);
  }

  /** Shows the page of the address, scrolled to where it was. */
  #arrive(scroll: number): void {
    const before = JSON.stringify(this.page.peek());
    batch(() => {
      this.page.value = pageOf(window.location.pathname);
      this.#addressChanged();
    });
    const moved = before !== JSON.stringify(this.page.peek());
    requestAnimationFrame(() => {
      const main = document.querySelector("main");
      if (main === null) return;
      main.scrollTop = scroll;
      if (moved) focus(main);
    });
  }

  /** Follows links and the browser's Back. `addressChanged` reads the rest of the state from the address. */
  start(addressChanged: () => void): () => void {
    this.#addressChanged = addressChanged;
    if (window.location.pathname === "/") history.replaceState(null, "", `/runtime${window.location.search}`);
    this.#arrive(0);
    const back = (event: PopStateEvent) => this.#arrive(scrollOf(event.state));
    const click = (event: MouseEvent) => this.#follow(event);
    window.addEventListener("popstate", back);
    document.addEventListener("click", click);
    return () => {
      window.removeEventListener("popstate", back);
      document.removeEventListener("click", click);
    };
  }

  /** Handles a plain click on a link to a page of the UI. The browser handles all other clicks. */
  #follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element).closest?.("a[href]");
    if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute("download")) return;
    const goal = new URL(link.href, window.location.href);
    if (goal.origin !== window.location.origin || pageOf(goal.pathname).name === "unknown") return;
    // The browser scrolls to a part of the same page by itself.
    if (goal.hash && goal.pathname + goal.search === window.location.pathname + window.location.search) return;
    event.preventDefault();
    this.go(goal.href);
  }
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
