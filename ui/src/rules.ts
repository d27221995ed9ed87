/** By which rules is judged, in full: asked for when somebody wants to know what is wrong with them. */
import { signal } from "@preact/signals";

export interface Problem {
  file: string;
  line: number;
  column: number;
  text: string;
  kept: boolean;
  instances: string[];
}

export interface Judge {
  service: string;
  instance: string;
  hash: string;
  loaded: string;
}

export interface Silence {
  id: string;
  title: string;
  owner: string;
  reason: string;
  expires: string;
  expired: boolean;
}

/** What of `/api/v1/rules` is shown. */
export interface Rules {
  judges: Judge[];
  silences: Silence[];
  problems: Problem[];
  hashes_differ: string[];
}

const NOTHING: Rules = { judges: [], silences: [], problems: [], hashes_differ: [] };

export type Asked = { is: "loading" } | { is: "ready"; rules: Rules } | { is: "failed"; why: string };

export const asked = signal<Asked>({ is: "loading" });

let last = 0;

/** Asks the gateway; what is shown stays until it answers, and the answer to the last question counts. */
export async function ask(): Promise<void> {
  last += 1;
  const own = last;
  const answer = await load();
  if (own === last) asked.value = answer;
}

async function load(): Promise<Asked> {
  try {
    const answer = await fetch("/api/v1/rules", {
      headers: { Accept: "application/json" },
      signal: AbortSignal.timeout(10_000),
    });
    if (!answer.ok) return { is: "failed", why: `The gateway answered ${answer.status}.` };
    return { is: "ready", rules: { ...NOTHING, ...((await answer.json()) as Partial<Rules>) } };
  } catch {
    return { is: "failed", why: "The gateway could not be reached." };
  }
}

/** `rules/a.yml:3:5` */
export function place({ file, line, column }: Problem): string {
  if (line === 0) return file;
  return column === 0 ? `${file}:${line}` : `${file}:${line}:${column}`;
}
