/** Creates the state, connects it and draws the UI. */
import { render } from "preact";
import { createAppState, startAppState } from "../state/app_state.ts";
import { App } from "./app.tsx";
import { startShortcuts } from "./shortcuts.ts";

/** Returns a function that removes the UI again. */
export function startApp(root: HTMLElement): () => void {
  createAppState();
  const stops = [startShortcuts(), startAppState()];
  render(<App />, root);
  return () => {
    render(null, root);
    for (const stop of stops) stop();
  };
}
