/** The store: all state of the UI that lasts. Each module registers its part, so that a test can begin with new state. */
import { batch, type Signal, signal } from "@preact/signals";

const resets: (() => void)[] = [];

/** Runs `reset` now, and each time that the state is reset. */
export function onReset(reset: () => void): void {
  resets.push(reset);
  reset();
}

/** A signal that has its initial value again after a reset. */
export function fresh<T>(initial: () => T): Signal<T> {
  const state = signal(initial());
  resets.push(() => {
    state.value = initial();
  });
  return state;
}

/** Sets all state to what it is when the UI opens. Modules are reset in the order in which they import each other. */
export function resetState(): void {
  batch(() => {
    for (const reset of resets) reset();
  });
}
