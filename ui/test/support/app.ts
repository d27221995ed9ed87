/** A fresh UI for each test, in a document, with a fake gateway. */
import { vi } from "vitest";
import { startApp } from "../../src/app/start_app.tsx";
import type { ServerFrame, Snapshot } from "../../src/domain/frames.ts";
import { resetState } from "../../src/state/fresh.ts";
import { type FarEnd, wire } from "./fake_socket.ts";
import { hello, snapshot } from "./frames.ts";

interface Answer {
  status?: number;
  /** A text is sent as it is, anything else as JSON. */
  body: unknown;
}

/** The gateway's end of the newest WebSocket. */
export let far: FarEnd;
/** Answers by path, without its query. A path without an answer is answered with 404. */
export const answers = new Map<string, Answer>();
/** All paths that were requested. */
export const asked: string[] = [];
/** The text that was copied last. */
export let copied = "";

let stop = (): void => {};

/** Opens the UI and answers the WebSocket with this snapshot. */
export async function openApp(first: Partial<Snapshot> = {}, address = "/runtime"): Promise<void> {
  vi.stubGlobal(
    "WebSocket",
    wire((socket) => {
      far = socket;
    }),
  );
  vi.stubGlobal("fetch", answer);
  const clipboard = {
    writeText: async (text: string) => {
      copied = text;
    },
  };
  Object.defineProperty(navigator, "clipboard", { value: clipboard, configurable: true });
  copied = "";
  asked.length = 0;
  window.history.replaceState(null, "", address);
  document.title = "";
  document.body.innerHTML = '<div id="app"></div>';
  resetState();
  stop = startApp(find("#app"));
  far.accept();
  say(hello);
  say(snapshot("e:0", first));
  await frame();
}

/** Removes the UI. The next test starts with nothing of it. */
export function closeApp(): void {
  stop();
  answers.clear();
  vi.restoreAllMocks();
}

async function answer(path: string): Promise<Response> {
  asked.push(path);
  const [resource = ""] = path.split("?");
  const { status = 200, body } = answers.get(resource) ?? { status: 404, body: { error: "nothing is there" } };
  return new Response(typeof body === "string" ? body : JSON.stringify(body), { status });
}

/** Sends a frame of the gateway. */
export function say(frame: ServerFrame): void {
  far.say(frame);
}

/** Goes to an address as Back and Forward do. */
export async function visit(address: string): Promise<void> {
  (document.activeElement as HTMLElement | null)?.blur();
  window.history.replaceState(null, "", address);
  window.dispatchEvent(new PopStateEvent("popstate", { state: null }));
  await frame();
}

/** Waits until the UI has drawn. */
export async function frame(): Promise<void> {
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
}

export function find<E extends HTMLElement = HTMLElement>(selector: string): E {
  const found = document.querySelector<E>(selector);
  if (found === null) throw new Error(`nothing is ${selector}`);
  return found;
}

export async function seen<E extends HTMLElement = HTMLElement>(selector: string): Promise<E> {
  return await vi.waitFor(() => find<E>(selector));
}

/** Presses a key where the focus is. */
export function key(name: string, more: KeyboardEventInit = {}): void {
  const target = document.activeElement ?? document.body;
  target.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true, ...more }));
}

/** Path and query of the address. */
export function here(): string {
  return window.location.pathname + window.location.search;
}
