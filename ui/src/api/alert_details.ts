/** The whole of one alert, fetched when its row is opened. */

import { members } from "../domain/json_text.ts";
import type { Alert } from "../domain/schemas.ts";
import { keeper } from "./answer_cache.ts";

export type Detail =
  | { is: "loading" }
  /** `event` is the text of the Tetragon event as received; of the whole alert where it has none (`whole`). */
  | { is: "ready"; alert: Alert; event: string; whole: boolean }
  /** The stream no longer holds it. */
  | { is: "gone" | "unknown" | "failed"; why: string };

type Answer = Exclude<Detail, { is: "loading" }>;

/** The detail of an alert; asks the gateway for it unless it is there or on its way. */
export const detail = keeper(30, load);

async function load(id: string, seq?: number): Promise<Answer> {
  try {
    const place = seq === undefined ? "" : `?seq=${seq}`;
    const answer = await fetch(`/api/v1/alerts/${encodeURIComponent(id)}${place}`, {
      headers: { Accept: "application/json" },
      signal: AbortSignal.timeout(10_000),
    });
    const text = await answer.text();
    if (answer.ok) return ready(text);
    const is = answer.status === 410 ? "gone" : answer.status === 404 ? "unknown" : "failed";
    return { is, why: reason(text) || `The gateway answered ${answer.status}.` };
  } catch (error) {
    const late = error instanceof DOMException && error.name === "TimeoutError";
    return {
      is: "failed",
      why: late ? "The gateway did not answer within 10 s." : "The gateway could not be reached.",
    };
  }
}

function ready(text: string): Answer {
  const event = members(text).get("event");
  return { is: "ready", alert: JSON.parse(text) as Alert, event: event ?? text, whole: event === undefined };
}

function reason(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === "string" ? error : "";
  } catch {
    return "";
  }
}
