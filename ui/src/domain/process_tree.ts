/** The processes around an alert as a tree, and how the arrow keys move in it. */

import { SEVERITIES, type Severity } from "./frames.ts";
import type { Ancestry, NodeAlert, ProcessNode } from "./schemas.ts";

/** A process with those that it started, in order of time. */
export interface Branch {
  node: ProcessNode;
  children: Branch[];
}

/** One line of the tree as drawn. */
export type Line = {
  key: string;
  level: number;
  position: number;
  of: number;
  parent: string | null;
} /** A process of which at most the name is known. */ & (
  | { is: "missing"; process: string }
  | { is: "process"; node: ProcessNode; children: number; expanded: boolean; opened: boolean }
  | { is: "alert"; alert: NodeAlert; here: boolean }
  /** Children that are not listed; `told` if they can be. */
  | { is: "folded"; hidden: number; high: number; told: boolean }
  | { is: "more"; alerts: number; high: number }
);

/** Which lines the reader opened or closed, by key. */
export interface Shape {
  /** Processes whose children are put away. */
  closed: ReadonlySet<string>;
  /** Processes whose alerts are listed. */
  opened: ReadonlySet<string>;
  /** Processes of which all children are listed. */
  full: ReadonlySet<string>;
}

/** Children listed before the rest is folded. */
export const LISTED = 20;

const MISSING: ProcessNode = {
  exec_id: "",
  parent_exec_id: "",
  process: "",
  arguments: "",
  pid: null,
  uid: null,
  started: "",
  recorded: false,
  this: false,
  alerts: [],
  more: { alerts: 0, high: 0 },
};

/** The answer of the gateway as a tree; roots are what has no known parent. Never ends in a circle. */
export function grow({ nodes, root }: Pick<Ancestry, "nodes" | "root">): Branch[] {
  const branches = new Map<string, Branch>();
  for (const node of nodes) {
    if (!branches.has(node.exec_id)) branches.set(node.exec_id, { node: { ...MISSING, ...node }, children: [] });
  }
  const roots: Branch[] = [];
  for (const branch of branches.values()) {
    const parent = branches.get(branch.node.parent_exec_id);
    if (parent === undefined || circles(branch, branches)) roots.push(branch);
    else parent.children.push(branch);
  }
  for (const branch of branches.values()) branch.children.sort(byStart);
  return roots.sort((one, other) => Number(other.node.exec_id === root) - Number(one.node.exec_id === root));
}

/** Whether the parents of a branch lead back to it, and it is the one of them to cut at. */
function circles(branch: Branch, branches: ReadonlyMap<string, Branch>): boolean {
  const seen = new Set<string>();
  let at: Branch | undefined = branch;
  while (at !== undefined && !seen.has(at.node.exec_id)) {
    seen.add(at.node.exec_id);
    at = branches.get(at.node.parent_exec_id);
  }
  const inCircle = at !== undefined && at.node.exec_id === branch.node.exec_id;
  return inCircle && [...seen].sort()[0] === branch.node.exec_id;
}

function byStart(one: Branch, other: Branch): number {
  return (Date.parse(one.node.started) || 0) - (Date.parse(other.node.started) || 0);
}

/** The highest severity of a process's own alerts; `null` if it has none. */
export function worst(node: ProcessNode): Severity | null {
  return SEVERITIES.find((severity) => node.alerts.some(({ sev }) => sev === severity)) ?? null;
}

/** The lines of the tree from top to bottom. `id` is the alert that the page is about. */
export function lines(roots: readonly Branch[], shape: Shape, id: string): Line[] {
  const out: Line[] = [];
  const add = (branch: Branch, level: number, position: number, of: number, parent: string | null) => {
    const { node, children } = branch;
    const key = node.exec_id;
    if (!node.recorded) out.push({ is: "missing", process: node.process, key, level, position, of, parent });
    const below = children.length + (node.folded?.processes ?? 0);
    const expanded = below > 0 && !shape.closed.has(key);
    const opened = shape.opened.has(key);
    if (node.recorded) {
      out.push({ is: "process", key, level, position, of, parent, node, children: below, expanded, opened });
    }
    const items = [...(opened ? own(node) : []), ...(expanded || !node.recorded ? listed(branch, shape) : [])];
    items.forEach((item, index) => {
      const place = { level: level + 1, position: index + 1, of: items.length, parent: key };
      if ("children" in item) add(item, place.level, place.position, place.of, key);
      else if ("sev" in item)
        out.push({ is: "alert", key: `${key} ${item.id}`, alert: item, here: item.id === id, ...place });
      else out.push({ ...item, key: `${key} ${item.is}`, ...place });
    });
  };
  const tops = roots.flatMap((branch) =>
    orphaned(branch)
      ? [{ node: { ...MISSING, exec_id: `${branch.node.exec_id} parent` }, children: [branch] }]
      : [branch],
  );
  tops.forEach((branch, index) => {
    add(branch, 1, index + 1, tops.length, null);
  });
  return out;
}

/** Whether a process names a parent that nothing is known of. */
function orphaned({ node }: Branch): boolean {
  return node.recorded && node.parent_exec_id !== "";
}

type Rest =
  | { is: "more"; alerts: number; high: number }
  | { is: "folded"; hidden: number; high: number; told: boolean };

function own(node: ProcessNode): (NodeAlert | Rest)[] {
  const { alerts, more } = node;
  return more.alerts > 0 ? [...alerts, { is: "more", ...more }] : alerts;
}

/** The listed children: all, or the first ones and the ancestors of the alert, then the number of others. */
function listed({ node, children }: Branch, shape: Shape): (Branch | Rest)[] {
  const { processes: untold = 0, high = 0 } = node.folded ?? {};
  const full = shape.full.has(node.exec_id);
  const shown = children.filter((child, index) => full || index < LISTED || leads(child));
  const hidden = children.filter((child) => !shown.includes(child));
  if (hidden.length + untold === 0) return children;
  const worse = hidden.reduce((sum, child) => sum + grave(child), high);
  return [...shown, { is: "folded", hidden: hidden.length + untold, high: worse, told: hidden.length > 0 }];
}

function leads(branch: Branch): boolean {
  return branch.node.this || branch.children.some(leads);
}

/** High and critical alerts of a branch. */
function grave({ node, children }: Branch): number {
  const here = node.alerts.filter(({ sev }) => sev === "critical" || sev === "high").length + node.more.high;
  return children.reduce((sum, child) => sum + grave(child), here);
}

/** What a key does on a line: goes to another one, or opens or closes something. */
export type Step =
  | { does: "go"; to: string }
  | { does: "close" | "expand" | "open" | "unfold"; key: string }
  | { does: "follow"; id: string };

const BIG_STEP = 10;

/** What the keys of a tree do (WAI-ARIA): arrows walk, left and right close and open, Enter opens a process's alerts. */
export function press(key: string, all: readonly Line[], at: string): Step | null {
  const index = Math.max(
    0,
    all.findIndex((line) => line.key === at),
  );
  const line = all[index];
  if (line === undefined) return null;
  const to = (next: number): Step => ({
    does: "go",
    to: (all[Math.min(all.length - 1, Math.max(0, next))] as Line).key,
  });
  switch (key) {
    case "ArrowDown":
      return to(index + 1);
    case "ArrowUp":
      return to(index - 1);
    case "PageDown":
      return to(index + BIG_STEP);
    case "PageUp":
      return to(index - BIG_STEP);
    case "Home":
      return to(0);
    case "End":
      return to(all.length - 1);
    case "ArrowRight":
      return right(line, all[index + 1]);
    case "ArrowLeft":
      return left(line);
    case "Enter":
    case " ":
      return enter(line);
    default:
      return null;
  }
}

function right(line: Line, next: Line | undefined): Step | null {
  if (line.is === "folded") return unfold(line);
  if (line.is === "process" && line.children > 0 && !line.expanded) return { does: "expand", key: line.key };
  return next?.parent === line.key ? { does: "go", to: next.key } : null;
}

function left(line: Line): Step | null {
  if (line.is === "process" && line.expanded) return { does: "close", key: line.key };
  return line.parent === null ? null : { does: "go", to: line.parent };
}

/** What Enter and a click do. */
export function enter(line: Line): Step | null {
  if (line.is === "alert") return line.here ? null : { does: "follow", id: line.alert.id };
  if (line.is === "folded") return unfold(line);
  if (line.is !== "process" || line.node.alerts.length === 0) return null;
  return { does: "open", key: line.key };
}

function unfold({ parent, told }: Extract<Line, { is: "folded" }>): Step | null {
  return parent === null || !told ? null : { does: "unfold", key: parent };
}

/** The shape after a step. */
export function reshape(shape: Shape, step: Step): Shape {
  switch (step.does) {
    case "close":
      return { ...shape, closed: new Set([...shape.closed, step.key]) };
    case "expand":
      return { ...shape, closed: without(shape.closed, step.key) };
    case "open": {
      const { opened } = shape;
      return { ...shape, opened: opened.has(step.key) ? without(opened, step.key) : new Set([...opened, step.key]) };
    }
    case "unfold":
      return { ...shape, full: new Set([...shape.full, step.key]) };
    default:
      return shape;
  }
}

function without(set: ReadonlySet<string>, key: string): ReadonlySet<string> {
  return new Set([...set].filter((known) => known !== key));
}
