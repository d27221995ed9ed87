/** The rules of the table: sorted and filtered. */
import type { CanFire, Rule } from "./schemas.ts";

export type Key = "title" | "level" | "can_fire" | "hits" | "failures";
export interface Order {
  by: Key;
  down: boolean;
}
export const SHOWN = ["all", "cannot fire", "may not fire", "never hit", "failing"] as const;
export type Shown = (typeof SHOWN)[number];

const LEVELS = ["informational", "low", "medium", "high", "critical"];
/** What needs a look comes first. */
const FIRES: CanFire["is"][] = ["no", "unknown", "yes"];

const VALUES: Record<Key, (rule: Rule) => number | string> = {
  title: ({ title, id }) => (title || id).toLowerCase(),
  level: ({ level }) => LEVELS.indexOf(level),
  can_fire: ({ can_fire }) => FIRES.indexOf(can_fire.is),
  hits: ({ hits }) => hits,
  failures: ({ failures }) => failures,
};

const PASSES: Record<Shown, (rule: Rule) => boolean> = {
  all: () => true,
  "cannot fire": ({ can_fire }) => can_fire.is === "no",
  "may not fire": ({ can_fire }) => can_fire.is === "unknown",
  "never hit": ({ hits }) => hits === 0,
  failing: ({ failures }) => failures > 0,
};

/** The order after a press on a column: reversed, or its first direction (names ascending, numbers descending). */
export function turned(order: Order, by: Key): Order {
  if (order.by === by) return { by, down: !order.down };
  return { by, down: by === "hits" || by === "failures" || by === "level" };
}

/** The rules that pass, in order; equal ones by title and id. */
export function arranged(rules: readonly Rule[], text: string, shown: Shown, { by, down }: Order): Rule[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = rules.filter((rule) => PASSES[shown](rule) && words.every((word) => written(rule).includes(word)));
  const value = VALUES[by];
  const sign = down ? -1 : 1;
  return found.sort((a, b) => sign * compare(value(a), value(b)) || compare(named(a), named(b)));
}

function named({ title, id }: Rule): string {
  return `${title}\n${id}`.toLowerCase();
}

function written({ id, title, level, type, file, author, hooks, kinds }: Rule): string {
  return [id, title, level, type, file, author, ...hooks, ...kinds].join("\n").toLowerCase();
}

function compare(a: number | string, b: number | string): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The folder that all these files have in common, with its last slash. */
export function folder(files: readonly string[]): string {
  const [first, ...others] = files.filter((file) => file !== "").map((file) => file.split("/").slice(0, -1));
  if (first === undefined) return "";
  const shared = others.reduce((all, parts) => {
    const end = all.findIndex((part, index) => part !== parts[index]);
    return end === -1 ? all : all.slice(0, end);
  }, first);
  return shared.length === 0 ? "" : `${shared.join("/")}/`;
}
