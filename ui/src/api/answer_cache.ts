/** A cache for answers of the gateway that are asked for by id. */
import { type Signal, signal } from "@preact/signals";

type Loading = { is: "loading" };

/** Keeps the last `most` answers. Asks with `load` unless the answer is there or on its way; a failed one is retried. */
export function answerCache<Answer extends { is: string }>(
  most: number,
  load: (id: string, seq?: number) => Promise<Answer>,
) {
  const known = new Map<string, Signal<Answer | Loading>>();
  return (id: string, seq?: number): Signal<Answer | Loading> => {
    const cached = known.get(id);
    if (cached && cached.peek().is !== "failed") return cached;
    const entry = cached ?? signal<Answer | Loading>({ is: "loading" });
    entry.value = { is: "loading" };
    // Last in the map, so that it is evicted last.
    known.delete(id);
    known.set(id, entry);
    if (known.size > most) known.delete([...known.keys()][0] as string);
    void load(id, seq).then((answer) => {
      entry.value = answer;
    });
    return entry;
  };
}
