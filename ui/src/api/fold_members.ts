/** The alerts that a folded row stands for. If the gateway folded some of them, it is asked for all. */
import { type Signal, signal } from "@preact/signals";
import { signed } from "../domain/filter.ts";
import { repeats, WITHIN_MS } from "../domain/folding.ts";
import type { Filter, Row } from "../domain/frames.ts";
import { alerts, type Failed, failed } from "./client.ts";

export interface Time {
  id: string;
  t: number;
}

/** Newest first; `more` is the number of times that are not listed. */
export type Times = { is: "loading" } | { is: "ready"; times: Time[]; more: number } | Failed;

/** Times that are listed. */
const MOST = 200;

/** The times of all alerts of a row. Asks the gateway at most once. */
export function timesOf(row: Row): Signal<Times> {
  const members = repeats(row);
  if (members.every(({ n = 1 }) => n === 1)) return signal(ready(members, members.length));
  const found = signal<Times>({ is: "loading" });
  void load(row, members)
    .catch(failed)
    .then((loaded) => {
      found.value = loaded;
    });
  return found;
}

async function load(row: Row, members: readonly Row[]): Promise<Times> {
  const all = members.reduce((sum, { n = 1 }) => sum + n, 0);
  const from = (members[0]?.t ?? row.t) - WITHIN_MS;
  const { rows } = await alerts({ from, to: row.t + 1, filter: alike(row) }, undefined, null, MOST);
  return ready(among(rows, row, all), all);
}

/** The rows of the same fingerprint, at most `most`, oldest first. */
export function among(rows: readonly Row[], { fp, sev }: Row, most: number): Row[] {
  return rows
    .filter((row) => row.fp === fp && row.sev === sev)
    .slice(0, most)
    .reverse();
}

function ready(oldestFirst: readonly Row[], all: number): Times {
  const times = oldestFirst
    .slice(-MOST)
    .reverse()
    .map(({ id, t }) => ({ id, t }));
  return { is: "ready", times, more: Math.max(0, all - times.length) };
}

/** The filter for what all alerts of a fingerprint have in common. */
export function alike({ sev, ns, wl, node, container, rule, bin }: Row): Filter {
  const asked: [keyof Filter, string | undefined][] = [
    ["ns", ns],
    wl ? ["wl", wl] : ["node", node],
    ["container", container],
    ["rule", rule],
    ["proc", bin],
  ];
  return {
    sev: [sev],
    ...Object.fromEntries(
      asked.filter(([, value]) => value).map(([name, value]) => [name, [signed(value as string, false)]]),
    ),
  };
}
