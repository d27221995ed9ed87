// @vitest-environment happy-dom
/** The page /pipeline in a document; the gateway is played here. */
import axe from "axe-core";
import { render } from "preact";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { PipelinePage } from "../../../src/pages/pipeline/pipeline_page.tsx";
import { resetState } from "../../../src/state/fresh.ts";
import * as live from "../../../src/state/live.ts";
import * as queries from "../../../src/state/queries.ts";
import { RULES, STATUS } from "../../support/pipeline_answers.ts";

const answers = new Map<string, () => Promise<Response>>();
const json = (value: unknown) => async () => new Response(JSON.stringify(value));
const refused = async () => {
  throw new TypeError("Failed to fetch");
};

vi.stubGlobal("fetch", (path: string) => (answers.get(path) ?? refused)());

beforeEach(() => {
  resetState();
  answers.set("/api/v1/status", json(STATUS));
  answers.set("/api/v1/rules", json(RULES));
  answers.set("/healthz", json({ alive: true }));
  live.status.value = { is: "live", away_ms: 0 };
  live.now.value = Date.now();
  document.title = "Pipeline";
  document.documentElement.lang = "en";
  document.body.innerHTML = '<div id="app"></div>';
  render(<PipelinePage />, app());
});

afterEach(() => render(null, app()));

function app(): HTMLElement {
  return document.getElementById("app") as HTMLElement;
}

function find(selector: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`nothing is ${selector}`);
  return found;
}

async function seen(selector: string): Promise<HTMLElement> {
  return await vi.waitFor(() => find(selector));
}

/** The texts of the rows of the table with this caption. */
function rows(caption: string): string[] {
  const table = [...document.querySelectorAll("table")].find((own) => own.caption?.textContent?.startsWith(caption));
  return [...(table?.querySelectorAll("tbody tr") ?? [])].map((row) => row.textContent ?? "");
}

function button(words: string): HTMLButtonElement {
  const found = [...document.querySelectorAll("button")].find((own) => own.textContent?.includes(words));
  if (found === undefined) throw new Error(`no button says ${words}`);
  return found;
}

it("says which stage is failing, and shows each stage with what it dropped", async () => {
  const verdict = await seen('[data-verdict="broken"]');
  expect(verdict.textContent).toContain("Classifier is failing: 12,400 events wait for the classifier.");
  const hops = [...document.querySelectorAll(".hop")];
  expect(hops.map((hop) => hop.querySelector("bdi")?.textContent)).toEqual([
    "Collector",
    "EVENTS",
    "Classifier",
    "Gateway",
    "This browser",
  ]);
  expect(hops[0]?.textContent).toContain("OK");
  expect(hops[0]?.textContent).toContain("Dropped3 older than the export file");
  expect(hops[1]?.textContent).toContain("Lagunknown");
  expect(hops[2]?.textContent).toContain("Failing");
  expect(find(".clients").textContent).toBe(
    "3 browsers connected to this gateway, 1 slow (sent fewer rows, never older ones). Cluster prod-eu-1.",
  );
});

it("names nodes that do not report first, and shows unknown coverage as unknown with its reason", async () => {
  await seen("#nodes-title ~ p");
  await vi.waitFor(() => expect(rows("Nodes")).toHaveLength(3));
  const [first, second, third] = rows("Nodes");
  expect(first).toMatch(/^worker-3 not reporting/);
  expect(second).toContain("97.3 % 9,730 of 10,000");
  expect(second).toContain("250 ring buffer full");
  expect(third).toContain("unknown the agent's metrics are not scraped");
  expect(find('a[href="/runtime?node=worker-3"]')).toBeTruthy();
});

it("shows the ledger with its balance and what is evicted", async () => {
  await vi.waitFor(() => expect(rows("Counts of each stage")).toHaveLength(2));
  expect(find("#ledger-title + p").textContent).toBe("The ledger does not balance (while events arrive).");
  expect(rows("Counts of each stage")[1]).toContain("12 missing");
  expect(rows("Consumers")).toEqual(["EVENTS/classifier12,4000"]);
});

it("shows the rules: sets, problems by file and line, hits, and whether each can fire", async () => {
  await vi.waitFor(() => expect(rows("Rules;")).toHaveLength(3));
  expect(rows("Rule sets")[1]).toMatch(/^classifier classifier-b differs from its replicas/);
  expect(rows("1 rule not loaded")[0]).toBe(
    "rules/a.yml:3:5no field <img src=x>\\u202ethe last good version stays activeclassifier/classifier-a",
  );
  expect(rows("Rules;")[0]).toMatch(/^Host shell .*No never seen: host processes/);
  const silences = rows("Silences");
  expect(silences[0]).toContain("expired, no effect");
  expect(silences[0]).toContain("ops");
  expect(silences[0]).toContain("2 critical, 41 low");
  expect(silences[1]).toContain("not given");
  expect(document.querySelector("img")).toBeNull();
});

it("sorts the rules by a head, says so, and finds by text and by state", async () => {
  await vi.waitFor(() => expect(rows("Rules;")).toHaveLength(3));
  button("Hits").click();
  await vi.waitFor(() => expect(rows("Rules;")[0]).toMatch(/^Token read/));
  expect(button("Hits").closest("th")?.getAttribute("aria-sort")).toBe("descending");
  const box = find(".sift input") as HTMLInputElement;
  box.value = "token";
  box.dispatchEvent(new Event("input", { bubbles: true }));
  await vi.waitFor(() => expect(rows("Rules;")).toHaveLength(1));
  expect(find(".sift [role=status]").textContent).toBe("1 of 3 rules");
  const choice = find(".sift select") as HTMLSelectElement;
  choice.value = "cannot fire";
  choice.dispatchEvent(new Event("change", { bubbles: true }));
  await vi.waitFor(() => expect(find("#rules").textContent).toContain("3 rules, none match."));
});

it("lets each part fail alone", async () => {
  answers.set("/api/v1/rules", async () => new Response("{}", { status: 503 }));
  queries.rules.again();
  await vi.waitFor(() => expect(find("#rules").textContent).toContain("Unknown. The gateway answered 503."));
  await vi.waitFor(() => expect(rows("Nodes")).toHaveLength(3));
});

it("survives an answer that makes no sense: that panel says it failed, the others stay", async () => {
  const quiet = vi.spyOn(console, "error").mockImplementation(() => {});
  answers.set("/api/v1/status", json({ ...STATUS, nodes: [{ node: 7 }] }));
  queries.status.again();
  await vi.waitFor(() => expect(find(".failed").textContent).toContain("The nodes cannot be shown"));
  expect(rows("Counts of each stage")).toHaveLength(2);
  quiet.mockRestore();
});

it("says that the gateway does not answer and how old what is shown is, and claims no stage to work", async () => {
  await seen('[data-verdict="broken"]');
  answers.clear();
  queries.status.again();
  const blind = await seen('[data-verdict="blind"]');
  live.now.value = Date.now() + 14_000;
  await vi.waitFor(() => expect(blind.textContent).toMatch(/could not be reached\. The data is 14 s old\./));
  expect(rows("Nodes")).toHaveLength(3);
  expect(find(".hop").textContent).toContain("Unknown");
  expect(find(".hop").textContent).not.toContain("OK");
  answers.set("/api/v1/status", json(STATUS));
  button("Retry now").click();
  await seen('[data-verdict="broken"]');
});

it("says what a gateway that never answered leaves unknown", async () => {
  render(null, app());
  resetState();
  answers.clear();
  render(<PipelinePage />, app());
  await seen('[data-verdict="blind"]');
  expect(find("#nodes").textContent).toBe("NodesUnknown. The gateway could not be reached.");
  expect(find("#ledger").textContent).toContain("Unknown.");
});

it("shows a skeleton only for what takes its time", async () => {
  render(null, app());
  resetState();
  answers.set("/api/v1/status", () => new Promise(() => {}));
  render(<PipelinePage />, app());
  expect(document.querySelector(".bones")).toBeNull();
  await seen(".bones");
});

it("says what this browser knows of itself", async () => {
  live.lag.value = { ms: 41, lagging: false, pending: 0, broken: "" };
  await vi.waitFor(() => expect(find(".hop:last-child").textContent).toMatch(/Delay41 msRound trip\d+ ms/));
  live.status.value = { is: "reconnecting", lost_at: 0, retry_at: null };
  await vi.waitFor(() =>
    expect(find(".hop:last-child").textContent).toContain("The connection to the gateway is lost."),
  );
});

it("has no violation that can be found without a layout", async () => {
  await vi.waitFor(() => expect(rows("Rules;")).toHaveLength(3));
  await vi.waitFor(() => expect(rows("Nodes")).toHaveLength(3));
  const { violations } = await axe.run(document, { rules: { "color-contrast": { enabled: false } } });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
});
