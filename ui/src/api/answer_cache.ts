/** Answers of the gateway that are asked for by id; the last few are kept. */
import { type Signal, signal } from "@preact/signals";

type Loading = { is: "loading" };

/** Asks with `load` unless the answer is there or on its way; one that failed is asked for again. */
export function keeper<Found extends { is: string }>(most: number, load: (id: string, seq?: number) => Promise<Found>) {
  const known = new Map<string, Signal<Found | Loading>>();
  return (id: string, seq?: number): Signal<Found | Loading> => {
    let own = known.get(id);
    if (own && own.peek().is !== "failed") return own;
    known.delete(id);
    own ??= signal<Found | Loading>({ is: "loading" });
    own.value = { is: "loading" };
    known.set(id, own);
    if (known.size > most) known.delete([...known.keys()][0] as string);
    const fresh = own;
    void load(id, seq).then((found) => {
      fresh.value = found;
    });
    return own;
  };
}
