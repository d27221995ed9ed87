/** The whole of one alert, loaded when its row is opened. */
import { members } from "../domain/json_text.ts";
import type { Alert } from "../domain/schemas.ts";
import { answerCache } from "./answer_cache.ts";
import { ApiError, askText, failed } from "./client.ts";

export type Detail =
  | { is: "loading" }
  /** `event` is the text of the Tetragon event as received; the whole alert if it has none (`whole`). */
  | { is: "ready"; alert: Alert; event: string; whole: boolean }
  /** `gone`: the alert is no longer retained. */
  | { is: "gone" | "unknown" | "failed"; why: string };

type Loaded = Exclude<Detail, { is: "loading" }>;

/** Keeps the last 30. */
export function alertCache() {
  return answerCache<Loaded>(30, load);
}

async function load(id: string, seq?: number): Promise<Loaded> {
  try {
    return ready(await askText(`/api/v1/alerts/${encodeURIComponent(id)}${seq === undefined ? "" : `?seq=${seq}`}`));
  } catch (error) {
    if (!(error instanceof ApiError)) return failed(error);
    const is = error.status === 410 ? "gone" : error.status === 404 ? "unknown" : "failed";
    return { is, why: error.reason || error.message };
  }
}

function ready(text: string): Loaded {
  const event = members(text).get("event");
  return { is: "ready", alert: JSON.parse(text) as Alert, event: event ?? text, whole: event === undefined };
}
