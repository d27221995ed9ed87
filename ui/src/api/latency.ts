/** How long a request from this browser to the gateway and back takes. */
import { Poll } from "./poll.ts";

const EVERY_MS = 5_000;
const TIMEOUT_MS = 10_000;

/** Milliseconds. `/healthz` is answered from memory, so this is the time of the network alone. */
export function latencyPoll(): Poll<number> {
  return new Poll(async (signal) => {
    const begun = performance.now();
    const answer = await fetch("/healthz", {
      cache: "no-store",
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    await answer.arrayBuffer();
    return performance.now() - begun;
  }, EVERY_MS);
}
