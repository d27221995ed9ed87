/** Limits painting to ten times a second, each on an animation frame. */

const LEAST_MS = 100;

/** Returns a function that requests a paint. `painted` gets the time from the request to the screen. */
export function painter(paint: () => void, painted: (ms: number) => void): () => void {
  let asked_at: number | null = null;
  let last = 0;
  const draw = () => {
    const since = asked_at ?? performance.now();
    asked_at = null;
    last = performance.now();
    paint();
    // A task that the frame posts runs after the frame is drawn.
    setTimeout(() => painted(performance.now() - since), 0);
  };
  return () => {
    if (asked_at !== null) return;
    asked_at = performance.now();
    const wait = last + LEAST_MS - asked_at;
    if (wait > 0) setTimeout(() => requestAnimationFrame(draw), wait);
    else requestAnimationFrame(draw);
  };
}
