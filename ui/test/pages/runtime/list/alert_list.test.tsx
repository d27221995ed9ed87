// @vitest-environment happy-dom
/** The list and an open row in a document: repeats, columns, focus, what can be done with an alert, and the states of the list. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import * as layout from "../../../../src/state/layout.ts";
import * as queries from "../../../../src/state/queries.ts";
import * as query from "../../../../src/state/query.ts";
import * as listing from "../../../../src/state/rows.ts";
import { answers, asked, closeApp, copied, far, find, frame, key, openApp, say, seen } from "../../../support/app.ts";
import { alerts, row, rows, snapshot, stats } from "../../../support/frames.ts";

const COUNTS = { critical: 1, high: 2, medium: 3, low: 4_994 };
const HOSTILE = "<img src=x>\u202e";
const BEGIN = Math.ceil(Date.now() / 10_000) * 10_000;

let seq: number;

beforeEach(async () => {
  seq = 0;
  await openApp({ counts: COUNTS });
});

afterEach(closeApp);

/** Lets an alert arrive; all within the same ten seconds. */
function arrive(more: Parameters<typeof row>[1] = {}): string {
  seq += 1;
  say(alerts(`e:${seq - 1}`, `e:${seq}`, { rows: [row(seq, { t: BEGIN + seq, ...more })] }));
  return `id-${seq}`;
}

function button(name: string): HTMLElement {
  const found = [...document.querySelectorAll<HTMLElement>("button, a")].find((each) => each.textContent === name);
  if (found === undefined) throw new Error(`no button is ${name}`);
  return found;
}

const ALERT = {
  title: "Reverse shell",
  severity: "critical",
  reason: "The rule says so.",
  time: new Date(BEGIN).toISOString(),
  cluster: "c1",
  namespace: "payments",
  pod: "api-1",
  workload: "api",
  node: "n1",
  process: "/bin/bash",
  rules: [{ id: "r1", title: "Reverse shell", level: "critical", matched: [{ field: "Image", value: HOSTILE }] }],
  event: { process_exec: {} },
};

/** Opens the row of an alert that has just come. */
async function opened(more: Parameters<typeof row>[1] = {}): Promise<string> {
  const id = arrive({ sev: "critical", ns: "payments", pod: "api-1", rule: "r1", ...more });
  answers.set(`/api/v1/alerts/${id}`, { body: { id, ...ALERT } });
  (await seen(`[data-id="${id}"]`)).click();
  await seen('[data-detail="ready"]');
  return id;
}

it("makes one row of repeats, counts them exactly, and lists their times on opening", async () => {
  arrive({ fp: "a" });
  arrive({ fp: "a" });
  const other = arrive({ fp: "a", sev: "high" });
  const last = arrive({ fp: "a" });
  const lead = await seen(`[data-id="${last}"]`);
  expect(document.querySelectorAll(".row")).toHaveLength(2);
  expect(lead.querySelector(".x")?.textContent).toBe("×3");
  expect(find(`[data-id="${other}"] .a`).textContent).not.toContain("×");
  answers.set(`/api/v1/alerts/${last}`, { body: { id: last, ...ALERT } });
  lead.click();
  const times = await seen(".times");
  expect(times.querySelector("h4")?.textContent).toBe("3 alerts of the same kind within 10 s");
  const hrefs = [...times.querySelectorAll("a")].map((link) => link.getAttribute("href"));
  expect(hrefs).toEqual(["/alerts/id-4", "/alerts/id-2", "/alerts/id-1"]);
  find('[role="switch"]').click();
  await vi.waitFor(() => expect(document.querySelectorAll(".row")).toHaveLength(4));
  expect(window.location.search).toContain("fold=0");
  expect(document.querySelector(".row .x")).toBeNull();
  await vi.waitFor(() => expect(far.heard("view").at(-1)).toMatchObject({ fold: false }));
});

it("asks the gateway for the times of what it has folded itself", async () => {
  const id = arrive({ fp: "g", n: 41, ns: "payments", sev: "high" });
  const held = rows(900, 902, { fp: "g", sev: "high" }).reverse();
  answers.set("/api/v1/alerts", {
    body: { rows: held, before: null, counts: COUNTS, exact: true, complete_since: {} },
  });
  answers.set(`/api/v1/alerts/${id}`, { body: { id, ...ALERT } });
  (await seen(`[data-id="${id}"]`)).click();
  await vi.waitFor(() => expect(find(".times ol").textContent).toContain("and 38 more"));
  expect(find(".times h4").textContent).toContain("41 alerts");
  expect(asked.filter((address) => address.includes("sev=high&ns=payments"))).toHaveLength(1);
});

it("has the columns that the reader chose, in the address too", async () => {
  arrive({ rule: "some-rule", container: HOSTILE });
  await seen(".row");
  button("Columns").click();
  const box = async (name: string) => {
    await seen(".choice");
    const label = [...document.querySelectorAll(".choice")].find((each) => each.textContent === name);
    return label?.querySelector("input") as HTMLInputElement;
  };
  (await box("Rule")).click();
  (await box("Container")).click();
  (await box("Event")).click();
  await vi.waitFor(() =>
    expect(window.location.search).toBe("?cols=severity,time,alert,process,where,container,node,rule,technique"),
  );
  const heads = [...document.querySelectorAll('[role="columnheader"]')].map((each) => each.textContent);
  expect(heads).toEqual([
    "Severity",
    "Time",
    "Alert",
    "Process",
    "Namespace / pod",
    "Container",
    "Node",
    "Rule",
    "ATT&CK",
  ]);
  expect(find(".row .c").textContent).toBe("<img src=x>\\u202e");
  expect(find(".row .r").textContent).toBe("some-rule");
  expect(find(".grid").style.getPropertyValue("--tracks").split(" minmax")).not.toHaveLength(1);
  button("Reset").click();
  await vi.waitFor(() => expect(window.location.search).toBe(""));
  await frame();
  key("Escape");
  await vi.waitFor(() => expect(document.querySelector(".popup")).toBeNull());
});

it("says why it fired with the matched fields, what to do first and what else it may be", async () => {
  const rules = [
    { id: "r1", title: "Reverse shell", runbook: `Look at ${HOSTILE}`, falsepositives: ["A backup", "A test"] },
  ];
  answers.set("/api/v1/rules", { body: { rules } });
  await opened();
  await vi.waitFor(() => expect(find(".advice").textContent).toContain("Do firstLook at <img src=x>\\u202e"));
  expect(find(".advice").textContent).toContain("False positivesA backupA test");
  expect(find(".why").textContent).toContain("Image<img src=x>\\u202e");
  expect(document.querySelector("img")).toBeNull();
});

it("filters by any value of an open row, and by the technique of a closed one", async () => {
  const id = await opened({ att: ["T1059"], wl: "api" });
  find('.why [data-field="wl"] button').click();
  await vi.waitFor(() => expect(window.location.search).toContain("wl=api"));
  find(`[data-id="${id}"] .k a`).click();
  await vi.waitFor(() => expect(window.location.search).toContain("att=T1059"));
  find('.why [data-field="ns"] button:last-child').click();
  await vi.waitFor(() => expect(window.location.search).toContain("ns=-payments"));
});

it("opens a row beside others with Shift, and counts their details as rows", async () => {
  const first = await opened();
  const second = arrive();
  (await seen(".pill")).click();
  (await seen(`[data-id="${second}"]`)).click();
  await seen(`.exp[data-of="${second}"]`);
  find(`[data-id="${first}"]`).dispatchEvent(new MouseEvent("click", { bubbles: true, shiftKey: true }));
  await vi.waitFor(() => expect(document.querySelectorAll(".exp")).toHaveLength(2));
  const places = [...document.querySelectorAll(".row, .exp")].map((each) => Number(each.getAttribute("aria-rowindex")));
  const sorted = places.sort((a, b) => a - b);
  expect(sorted).toEqual(sorted.map((_, at) => at + 2));
  expect(find("[role=treegrid]").getAttribute("aria-rowcount")).toBe(String(listing.shown.peek().rows.length + 3));
  find(`[data-id="${second}"]`).click();
  await vi.waitFor(() => expect(document.querySelectorAll(".exp")).toHaveLength(1));
  expect(window.location.search).toBe(`?open=${first}`);
});

it("copies for a shell, for the rules and for a colleague", async () => {
  const id = await opened();
  button("Copy as").click();
  await seen(".copies");
  const copies = async (name: string) => {
    [...document.querySelectorAll<HTMLElement>(".copies button")]
      .find((each) => each.textContent?.startsWith(name))
      ?.click();
    await vi.waitFor(() => expect(copied).not.toBe(""));
    return copied;
  };
  expect(await copies("nats sub")).toBe("nats sub 'alerts.critical.c1.payments.*'");
  expect(await copies("kubectl")).toBe("kubectl describe --namespace=payments pod/api-1");
  const silence = await copies("silence YAML");
  expect(silence).toContain('pod.workload: "api"');
  expect(silence).toMatch(/id: [0-9a-f-]{36}\n/);
  button("Copy link").click();
  await vi.waitFor(() => expect(copied).toMatch(/\/runtime\?range=\d{4}-[^/]*Z\/\d{4}-[^/]*Z&open=/));
  expect(copied).toContain(`open=${id}`);
  await vi.waitFor(() => expect(button("Copied")).toBeDefined());
});

it("goes to the five minutes around, and back", async () => {
  answers.set("/api/v1/alerts", {
    body: {
      rows: [],
      before: null,
      counts: COUNTS,
      exact: true,
      complete_since: { low: BEGIN },
    },
  });
  await opened();
  button("5 minutes around").click();
  await vi.waitFor(() => expect(window.location.search).toContain("range="));
  await seen('[data-empty="range"]');
  expect(find("#list-title").textContent).toBe("Alerts");
  expect(find('[data-notice="past"]').textContent).toContain("low since");
  button("Back to live").click();
  await vi.waitFor(() => expect(find("#list-title").textContent).toBe("Live alerts"));
});

it("never loses the focus to the page: it goes to the row that was open, else to the list", async () => {
  const id = await opened();
  find(".exp .acts button").focus();
  key("Escape");
  await vi.waitFor(() => expect(document.querySelector(".exp")).toBeNull());
  await vi.waitFor(() => expect(document.activeElement?.getAttribute("data-id")).toBe(id));
  key(".");
  await opened();
  arrive();
  (await seen(".pill")).focus();
  find(".pill").click();
  await vi.waitFor(() => expect(document.querySelector(".pill")).toBeNull());
  await vi.waitFor(() => expect(document.activeElement?.matches(".row, .rows")).toBe(true));
});

it("asks for a detail once the pointer has rested on a row", async () => {
  const id = arrive();
  const found = await seen(`[data-id="${id}"] .a`);
  found.dispatchEvent(new Event("pointerover", { bubbles: true }));
  expect(asked.some((address) => address.includes(`/alerts/${id}`))).toBe(false);
  await vi.waitFor(() => expect(asked.some((address) => address.includes(`/alerts/${id}`))).toBe(true));
});

it("marks what came late, and says once how many did", async () => {
  const id = arrive({ late_s: 3480 });
  expect((await seen(`[data-id="${id}"] .late`)).textContent).toBe("arrived 58 minutes late");
  expect((await seen('[data-notice="late"]')).textContent).toContain("1 alert arrived up to 58 minutes late.");
});

it("says that the gateway is busy, not that nothing matches", async () => {
  query.type("zebra");
  await vi.waitFor(() => expect(far.sent.at(-1)).toMatchObject({ filter: { q: "zebra" } }));
  say(snapshot(`e:${seq}`, { filter: { q: "zebra" }, counts: COUNTS, busy: true }));
  expect((await seen('[data-notice="busy"]')).textContent).toContain("busy");
  expect(find("[data-empty]").dataset.empty).toBe("searching");
  say(snapshot(`e:${seq}`, { filter: { q: "zebra" }, counts: COUNTS }));
  await seen('[data-empty="filtered"]');
  expect(document.querySelector('[data-notice="busy"]')).toBeNull();
});

it("proves that it sees where nothing happened, and says so where no agent has reported", async () => {
  const nodes = [
    { node: "a", last_s: 2 },
    { node: "b", last_s: 90, silent: true },
  ];
  answers.set("/api/v1/status", { body: { nodes } });
  queries.status.again();
  say(snapshot("f:1", { filter: {}, counts: { critical: 0, high: 0, medium: 0, low: 0 } }));
  await vi.waitFor(() => expect(find('[data-empty="quiet"]').textContent).toContain("1 of 2 agents reporting"));
  expect(find('[data-empty="quiet"] a').getAttribute("href")).toBe("/pipeline");
  answers.set("/api/v1/status", { body: { nodes: [] } });
  queries.status.again();
  expect((await seen('[data-empty="no-agents"]')).textContent).toContain("kubectl get pods");
  say(stats({ counts: COUNTS }));
});

it("opens as a sheet on a phone, which Back closes", async () => {
  seq = 500;
  say(snapshot(`e:${seq}`, { filter: {}, counts: COUNTS }));
  layout.phone.value = true;
  const id = arrive({ sev: "high", title: HOSTILE });
  answers.set(`/api/v1/alerts/${id}`, { body: { id, ...ALERT } });
  (await seen(`[data-id="${id}"]`)).click();
  const sheet = await seen<HTMLDialogElement>('.sheet[data-detail="ready"]');
  expect(document.querySelector(".exp")).toBeNull();
  expect(sheet.querySelector("h2")?.textContent).toBe("High: <img src=x>\\u202e");
  expect(sheet.querySelectorAll(".box")).toHaveLength(3);
  expect(window.location.search).toBe(`?open=${id}`);
  expect(window.history.state).toEqual({ sheet: true });
});
