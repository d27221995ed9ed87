/** The process ancestry of alerts, loaded when a tree is drawn. */
import type { Ancestry } from "../domain/schemas.ts";
import { answerCache } from "./answer_cache.ts";
import { ancestry, type Failed, failed } from "./client.ts";

type Loaded = { is: "ready"; answer: Ancestry } | Failed;

/** Keeps the last ten. */
export function ancestryCache() {
  return answerCache<Loaded>(10, (id) => ancestry(id).then((answer) => ({ is: "ready", answer }), failed));
}
