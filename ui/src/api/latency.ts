/** How long a question to the gateway takes from this browser and back, asked while somebody looks at the pipeline. */
import { computed } from "@preact/signals";
import { Poll } from "./poll.ts";

const EVERY_MS = 5_000;
const PATIENCE_MS = 10_000;

/** `/healthz` is answered from memory, so that what is measured is the way and not the work. */
export const roundTripPoll = new Poll<number>(async (signal) => {
  const begun = performance.now();
  const answer = await fetch("/healthz", {
    cache: "no-store",
    signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
  });
  await answer.arrayBuffer();
  return performance.now() - begun;
}, EVERY_MS);

/** Milliseconds; `null` where it is not known now. */
export const roundTrip = computed(() => {
  const { answer, why } = roundTripPoll.state.value;
  return why === "" ? answer : null;
});
