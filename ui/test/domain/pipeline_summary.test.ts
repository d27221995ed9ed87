/** What the numbers of the pipeline mean, in words. */
import { describe, expect, it } from "vitest";
import { complete as completeRules, differing, place } from "../../src/api/rules.ts";
import { complete } from "../../src/api/status.ts";
import {
  ago,
  type Known,
  meaning,
  ordered,
  overall,
  percent,
  rate,
  reporting,
  span,
  verdict,
} from "../../src/domain/pipeline_summary.ts";
import { arranged, folder, turned } from "../../src/domain/rule_sort.ts";

const NODE = { node: "worker-1", last_s: 2, rate: 40, silent: false };
const WELL = { hops: [{ name: "collector", title: "Collector" }], nodes: [NODE] };

function said(answer: Parameters<typeof complete>[0] | null, more: Partial<Known> = {}) {
  const status = answer === null ? null : complete(answer);
  return verdict({ status, why: "", age_ms: 0, connected: true, ...more });
}

describe("the verdict", () => {
  it("says that all is well, and on what it rests", () => {
    const two = { ...WELL, nodes: [NODE, { ...NODE, node: "worker-2", last_s: 9 }] };
    expect(said(two)).toEqual({
      is: "fine",
      lead: "All stages work.",
      text: "All 2 nodes are reporting, last event 2 s ago.",
    });
  });

  it("says what was dropped although all stages work", () => {
    const { is, text } = said({ ...WELL, hops: [{ name: "gateway", dropped: 12 }] });
    expect(is).toBe("fine");
    expect(text).toContain("12 were dropped: see below.");
    const gone = [{ name: "collector", title: "Collector", dropped: null, dropped_why: "2 files were gone" }];
    expect(said({ ...WELL, hops: gone }).text).toContain("An unknown number of events was lost at Collector");
  });

  it("names the nodes whose agents lost events", () => {
    const nodes = [NODE, { ...NODE, node: "worker-2", coverage: { losses: [{ what: "dropped", n: 283 }] } }];
    expect(said({ ...WELL, nodes }).text).toContain("Some events of worker-2 are missing: see Nodes.");
  });

  it("names the first failing stage, and the others after it", () => {
    const hops = [
      { name: "collector", title: "Collector" },
      { name: "classifier", title: "Classifier", problem: "no classifier has reported for 30 s" },
      { name: "ALERTS", title: "", problem: "no alert for 30 s" },
    ];
    expect(said({ ...WELL, hops, broken: "x" })).toEqual({
      is: "broken",
      lead: "Classifier is failing:",
      text: "no classifier has reported for 30 s. Also failing: ALERTS.",
    });
  });

  it("takes the gateway's words if no stage has any", () => {
    expect(said({ ...WELL, broken: "no connection to NATS" })).toMatchObject({ text: "no connection to NATS." });
  });

  it("claims nothing while the gateway does not answer", () => {
    const why = "The gateway could not be reached.";
    expect(said(null, { why })).toMatchObject({ is: "blind", text: expect.stringContaining("is unknown") });
    const { is, lead, text } = said(WELL, { why, age_ms: 14_000 });
    expect([is, lead, text]).toEqual(["blind", why, "The data is 14 s old."]);
  });

  it("is no verdict before the first answer", () => {
    expect(said(null).is).toBe("loading");
  });

  it("names nodes that do not report, three of them and the number of others", () => {
    const nodes = ["a", "b", "c", "d", "e"].map((node) => ({ ...NODE, node, silent: node !== "e" }));
    expect(said({ ...WELL, nodes })).toMatchObject({
      is: "broken",
      lead: "4 nodes not reporting.",
      text: "No events from a, b, c and 1 more.",
    });
    const one = [NODE, { ...NODE, node: "b", silent: true, why: "nothing has come from it for 12 min" }];
    expect(said({ ...WELL, nodes: one, broken: "node b is silent" })).toMatchObject({
      lead: "1 node not reporting.",
      text: "b: nothing has come from it for 12 min.",
    });
    const all = nodes.map((node) => ({ ...node, silent: true }));
    expect(said({ ...WELL, nodes: all }).lead).toBe("No node is reporting.");
  });

  it("says what to type where no agent has reported", () => {
    expect(said({ ...WELL, nodes: [] })).toMatchObject({
      lead: "No agent has reported.",
      command: expect.stringMatching(/^kubectl /),
    });
  });

  it("says that the ledger does not balance, and by how much", () => {
    const ledger = { balanced: false, problems: ["EVENTS to ALERTS: 12 are missing"] };
    expect(said({ ...WELL, ledger })).toMatchObject({ is: "broken", text: "EVENTS to ALERTS: 12 are missing." });
  });

  it("says that this browser is the stage that fails", () => {
    expect(said(WELL, { connected: false })).toMatchObject({ is: "broken", lead: "This browser is not connected:" });
  });
});

describe("numbers", () => {
  it.each([
    [null, "unknown"],
    [0, "0/s"],
    [0.02, "0.1/s"],
    [4.26, "4.3/s"],
    [1284.4, "1,284/s"],
  ])("writes a rate of %s as %s", (n, words) => expect(rate(n)).toBe(words));

  it.each([
    [1, "100 %"],
    [0.99999, "99.9 %"],
    [0.5, "50 %"],
    [0.57, "57 %"],
    [0.0004, "0 %"],
    [1.2, "100 %"],
  ])("writes a share of %s as %s", (share, words) => expect(percent(share)).toBe(words));

  it("writes what is not known as unknown", () => {
    expect([ago(null), span(null), ago(0.2), ago(61), span(0.041)]).toEqual([
      "unknown",
      "unknown",
      "just now",
      "61 s ago",
      "41 ms",
    ]);
  });

  it.each([
    [0, true, "balances"],
    [40, true, "balances, the rest is in transit"],
    [-16, true, "balances, the rest is not counted yet"],
    [12, false, "12 missing"],
    [-3, false, "3 too many, or not counted yet"],
  ])("says what a difference of %d means", (difference, balanced, words) =>
    expect(meaning(difference, balanced)).toBe(words),
  );
});

describe("nodes", () => {
  const coverage = (share: number | null, produced = 100) => ({
    share,
    produced: share === null ? null : produced,
    reached: share === null ? null : share * produced,
  });
  const { nodes } = complete({
    nodes: [
      { node: "worker-10", coverage: coverage(1) },
      { node: "worker-2", coverage: coverage(1) },
      { node: "seen-less", coverage: coverage(0.5, 300) },
      { node: "unknown", coverage: coverage(null) },
      { node: "silent", silent: true, coverage: null },
    ],
  });

  it("stand in the order in which they need a look", () => {
    expect(ordered(nodes).map(({ node }) => node)).toEqual(["silent", "seen-less", "worker-2", "worker-10", "unknown"]);
  });

  it("are summed up by events, and unknown ones are said to be unknown", () => {
    expect(reporting(nodes)).toBe("4 of 5 nodes reporting.");
    expect(overall(nodes)).toBe("70 % of the kernel events of 3 nodes reached the gateway. It is unknown for 2 nodes.");
    expect(overall(complete({ nodes: [NODE] }).nodes)).toContain("is unknown");
    expect(overall([])).toBe("");
  });
});

describe("rules", () => {
  const { rules } = completeRules({
    rules: [
      { id: "b", title: "Beta", level: "high", hits: 3, can_fire: { is: "yes", why: "" }, hooks: ["tcp_connect"] },
      { id: "a", title: "Alpha", level: "low", hits: 3, failures: 1, can_fire: { is: "no", why: "never seen" } },
      { id: "c", title: "Gamma", level: "critical" },
    ],
  });
  const ids = (...given: [string?, Parameters<typeof arranged>[2]?, Parameters<typeof arranged>[3]?]) =>
    arranged(rules, given[0] ?? "", given[1] ?? "all", given[2] ?? { by: "can_fire", down: false }).map(({ id }) => id);

  it("stand with those first that cannot fire, and those that are not known to", () => {
    expect(ids()).toEqual(["a", "c", "b"]);
  });

  it("are ordered by each column both ways, equal ones by title", () => {
    expect(ids("", "all", { by: "hits", down: true })).toEqual(["a", "b", "c"]);
    expect(ids("", "all", { by: "hits", down: false })).toEqual(["c", "a", "b"]);
    expect(ids("", "all", { by: "level", down: true })).toEqual(["c", "b", "a"]);
    expect(ids("", "all", { by: "title", down: true })).toEqual(["c", "b", "a"]);
  });

  it("turn the order on the second click, and begin with the highest number", () => {
    expect(turned({ by: "title", down: false }, "hits")).toEqual({ by: "hits", down: true });
    expect(turned({ by: "hits", down: true }, "hits")).toEqual({ by: "hits", down: false });
    expect(turned({ by: "hits", down: true }, "title")).toEqual({ by: "title", down: false });
  });

  it("are found by every word, and by what is the matter with them", () => {
    expect(ids("TCP beta")).toEqual(["b"]);
    expect(ids("tcp alpha")).toEqual([]);
    expect([ids("", "cannot fire"), ids("", "may not fire"), ids("", "never hit"), ids("", "failing")]).toEqual([
      ["a"],
      ["c"],
      ["c"],
      ["a"],
    ]);
  });

  it("are in a folder that need not be said of each", () => {
    expect(folder(["/p/rules/a/x.yml", "/p/rules/b/y.yml", ""])).toBe("/p/rules/");
    expect(folder(["/p/rules/x.yml"])).toBe("/p/rules/");
    expect(folder(["a.yml", "b/c.yml"])).toBe("");
    expect(folder([])).toBe("");
  });

  it("say where they stand, and who judges by others", () => {
    expect(place({ file: "a.yml", line: 0, column: 0 })).toBe("a.yml");
    expect(place({ file: "a.yml", line: 3 })).toBe("a.yml:3");
    expect(place({ file: "a.yml", line: 3, column: 5 })).toBe("a.yml:3:5");
    const answer = completeRules({ judges: [{ instance: "a" }, { instance: "b" }], hashes_differ: ["b"] });
    expect(differing(answer).map(({ instance }) => instance)).toEqual(["b"]);
  });
});
