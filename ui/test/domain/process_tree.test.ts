import { describe, expect, it } from "vitest";
import { enter, grow, type Line, lines, press, reshape, type Shape, worst } from "../../src/domain/process_tree.ts";
import type { ProcessNode } from "../../src/domain/schemas.ts";
import { chance } from "../support/seeded_random.ts";

const SHAPE: Shape = { closed: new Set(), opened: new Set(), full: new Set() };

function node(exec_id: string, parent_exec_id = "", more: Partial<ProcessNode> = {}): ProcessNode {
  return {
    exec_id,
    parent_exec_id,
    process: `/bin/${exec_id}`,
    arguments: "",
    pid: 1,
    uid: 0,
    started: "",
    recorded: true,
    this: false,
    alerts: [],
    more: { alerts: 0, high: 0 },
    ...more,
  };
}

function alert(id: string, sev: "low" | "high" = "low") {
  return { id, sev, title: id, t: 0 };
}

/** The tree as `level:key`. */
function drawn(nodes: ProcessNode[], shape = SHAPE): string[] {
  return all(nodes, shape).map(({ level, key }) => `${level}:${key}`);
}

function all(nodes: ProcessNode[], shape = SHAPE): Line[] {
  return lines(grow({ nodes, root: nodes[0]?.exec_id ?? "" }), shape, "this");
}

const FAMILY = [node("a"), node("b", "a"), node("c", "b", { this: true, alerts: [alert("this", "high"), alert("x")] })];

describe("a tree", () => {
  it("stands parents over children, in order of time", () => {
    const late = node("d", "a", { started: "2026-11-23T14:00:01Z" });
    const early = node("e", "a", { started: "2026-11-23T14:00:00.9Z" });
    expect(drawn([node("a"), late, early])).toEqual(["1:a", "2:e", "2:d"]);
  });

  it("says that a parent is not recorded instead of naming a wrong one", () => {
    const found = all([node("a", "gone"), node("b", "a")]);
    expect(found.map(({ is, level }) => `${level}:${is}`)).toEqual(["1:missing", "2:process", "3:process"]);
  });

  it("draws a parent that is only named as missing, with its children below", () => {
    const found = all([node("a", "", { recorded: false }), node("b", "a")]);
    expect(found.map(({ is }) => is)).toEqual(["missing", "process"]);
    expect(found[0]).toMatchObject({ process: "/bin/a" });
  });

  it("puts two processes of one missing parent below one place that is missing", () => {
    expect(all([node("a", "gone"), node("b", "gone")]).filter(({ is }) => is === "missing")).toHaveLength(2);
  });

  it("ends, and shows each process once, where parents go in a circle", () => {
    expect(drawn([node("a", "b"), node("b", "c"), node("c", "a")])).toHaveLength(4);
    expect(drawn([node("a", "a")])).toHaveLength(2);
  });

  it("shows each process of any answer once", () => {
    const roll = chance(3);
    for (let turn = 0; turn < 200; turn += 1) {
      const nodes = Array.from({ length: 1 + roll(12) }, (_, at) => node(`n${at}`, `n${roll(14)}`));
      const keys = all(nodes)
        .filter(({ is }) => is === "process")
        .map(({ key }) => key);
      expect(keys.sort()).toEqual(nodes.map(({ exec_id }) => exec_id).sort());
    }
  });

  it("folds children beyond 20, but never the way to the alert", () => {
    const children = Array.from({ length: 30 }, (_, at) =>
      node(`c${at}`, "a", at > 27 ? { alerts: [alert(`${at}`, "high")] } : {}),
    );
    const own = node("this", "c25", { this: true });
    const found = all([node("a"), ...children, own]);
    expect(found.filter(({ is }) => is === "process")).toHaveLength(23);
    expect(found.at(-1)).toMatchObject({ is: "folded", hidden: 9, high: 2, parent: "a" });
    const full = all([node("a"), ...children, own], { ...SHAPE, full: new Set(["a"]) });
    expect(full.filter(({ is }) => is === "process")).toHaveLength(32);
  });

  it("says how many children the gateway did not tell of, which cannot be listed", () => {
    const found = all([node("a", "", { folded: { processes: 34, high: 2 } })]);
    expect(found.map(({ is }) => is)).toEqual(["process", "folded"]);
    expect(found[1]).toMatchObject({ hidden: 34, high: 2, told: false });
    expect(found.map(enter)).toEqual([null, null]);
    expect(press("ArrowLeft", found, "a")).toEqual({ does: "close", key: "a" });
  });

  it("counts places among siblings for who cannot see them", () => {
    const found = all([node("a"), node("b", "a"), node("c", "a")]);
    expect(found.map(({ position, of }) => [position, of])).toEqual([
      [1, 1],
      [1, 2],
      [2, 2],
    ]);
  });

  it("lists a process's alerts before its children, and how many more there are", () => {
    const nodes = [node("a", "", { alerts: [alert("x")], more: { alerts: 4, high: 1 } }), node("b", "a")];
    const found = all(nodes, { ...SHAPE, opened: new Set(["a"]) });
    expect(found.map(({ is }) => is)).toEqual(["process", "alert", "more", "process"]);
    expect(found[2]).toMatchObject({ alerts: 4, high: 1 });
  });

  it("knows the worst of a process", () => {
    expect(worst(node("a", "", { alerts: [alert("x"), alert("y", "high")] }))).toBe("high");
    expect(worst(node("a"))).toBeNull();
  });
});

describe("keys", () => {
  const found = all(FAMILY);

  it.each([
    ["ArrowDown", "a", { does: "go", to: "b" }],
    ["ArrowDown", "c", { does: "go", to: "c" }],
    ["ArrowUp", "b", { does: "go", to: "a" }],
    ["Home", "c", { does: "go", to: "a" }],
    ["End", "a", { does: "go", to: "c" }],
    ["ArrowRight", "a", { does: "go", to: "b" }],
    ["ArrowRight", "c", null],
    ["ArrowLeft", "b", { does: "close", key: "b" }],
    ["ArrowLeft", "c", { does: "go", to: "b" }],
    ["Enter", "c", { does: "open", key: "c" }],
    ["Enter", "a", null],
    ["x", "a", null],
  ])("%s on %s", (key, at, step) => {
    expect(press(key, found, at)).toEqual(step);
  });

  it("open again what is closed", () => {
    const closed = reshape(SHAPE, { does: "close", key: "a" });
    const short = all(FAMILY, closed);
    expect(short.map(({ key }) => key)).toEqual(["a"]);
    const step = press("ArrowRight", short, "a");
    expect(step).toEqual({ does: "expand", key: "a" });
    if (step !== null) expect(all(FAMILY, reshape(closed, step))).toHaveLength(3);
  });

  it("open a process's alerts, follow one of them, but not the one that is shown", () => {
    const opened = reshape(SHAPE, { does: "open", key: "c" });
    const more = all(FAMILY, opened).filter(({ is }) => is === "alert");
    expect(more.map(enter)).toEqual([null, { does: "follow", id: "x" }]);
    expect(reshape(opened, { does: "open", key: "c" }).opened.size).toBe(0);
  });

  it("do nothing in an empty tree", () => {
    expect(press("ArrowDown", [], "a")).toBeNull();
  });
});
