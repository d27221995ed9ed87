/** When each alert was that a folded row stands for; those that the gateway folded are asked for. */
import { type Signal, signal } from "@preact/signals";
import { signed } from "../domain/filter.ts";
import { repeats, WITHIN_MS } from "../domain/folding.ts";
import type { Filter, Row } from "../domain/frames.ts";
import { alerts } from "./client.ts";

export interface Time {
  id: string;
  t: number;
}

export type Times = { is: "loading" } | { is: "ready"; times: Time[]; more: number } | { is: "failed"; why: string };

/** More than these no one reads; the rest is a number. */
const MOST = 200;

/** Newest first, with how many are not among them; asks at most once. */
export function timesOf(row: Row): Signal<Times> {
  const members = repeats(row);
  if (members.every(({ n = 1 }) => n === 1)) return signal(ready(members, members.length));
  const found = signal<Times>({ is: "loading" });
  void load(row, members).then((loaded) => {
    found.value = loaded;
  });
  return found;
}

async function load(row: Row, members: readonly Row[]): Promise<Times> {
  const all = members.reduce((sum, { n = 1 }) => sum + n, 0);
  const from = (members[0]?.t ?? row.t) - WITHIN_MS;
  try {
    const { rows } = await alerts({ from, to: row.t + 1, filter: alike(row) }, undefined, null, MOST);
    return ready(among(rows, row, all), all);
  } catch (error) {
    return { is: "failed", why: error instanceof Error ? error.message : String(error) };
  }
}

/** Those of the same fingerprint, as many as the row stands for, oldest first. */
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

/** What all alerts of a fingerprint have in common and a filter can ask for. */
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
