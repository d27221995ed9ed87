/** Draws the UI and connects its state. */
import { render } from "preact";
import { all } from "../api/browser.ts";
import { startState } from "../state/start.ts";
import { App } from "./app.tsx";
import { startShortcuts } from "./shortcuts.ts";

/** Returns a function that removes the UI again. */
export function startApp(root: HTMLElement): () => void {
  const stop = all(() => render(null, root), startShortcuts(), startState());
  render(<App />, root);
  return stop;
}
