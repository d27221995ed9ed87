// @vitest-environment happy-dom
/** The page of an alert: its fields, its process ancestry, alerts nearby, and what is copied. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { answers, asked, closeApp, copied, find, frame, here, key, openApp, seen, visit } from "../../support/app.ts";
import { row, rows } from "../../support/frames.ts";

beforeEach(async () => {
  answers.set("/api/v1/status", { body: { cluster: "prod-eu-1" } });
  await openApp({ rows: rows(1, 9, { ns: "payments", bin: "/bin/cat", t: Date.now() }) });
});

afterEach(closeApp);

const ALERT = {
  id: "a 1",
  title: "Reverse <b>shell</b>",
  severity: "critical",
  reason: "It \u202espoke to the net.",
  time: "2026-11-23T14:08:12.641Z",
  namespace: "payments",
  pod: "ledger-1",
  node: "worker-3",
  process: "/bin/bash",
  rules: [{ id: "shell", title: "A shell", level: "high", techniques: ["T1059"], link: "javascript:alert(1)" }],
  event: { process_exec: { process: { pid: 18 } } },
};

function process(exec_id: string, parent_exec_id: string, more: object = {}) {
  const none = { alerts: 0, high: 0 };
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
    more: none,
    ...more,
  };
}

const ANCESTRY = {
  root: "sh",
  source: "window",
  nodes: [
    process("sh", "gone"),
    process("bash", "sh", {
      this: true,
      alerts: [
        { id: "a 1", sev: "critical", title: "Reverse shell", t: 1 },
        { id: "b", sev: "low", title: "Other", t: 2 },
      ],
    }),
  ],
};

async function openAlert(): Promise<void> {
  answers.set("/api/v1/alerts/a%201", { body: ALERT });
  answers.set("/api/v1/alerts/a%201/ancestry", { body: ANCESTRY });
  answers.set("/api/v1/alerts", {
    body: {
      rows: [row(1, { id: "near", t: Date.parse(ALERT.time) - 5 })],
      before: null,
      complete_since: {},
      counts: { critical: 0, high: 0, medium: 0, low: 1 },
      exact: true,
      from: 0,
      to: 1,
    },
  });
  await visit("/alerts/a%201");
  await seen('[data-detail="ready"]');
}

it("shows an alert with its facts as text, and its title in the tab", async () => {
  await openAlert();
  await vi.waitFor(() => expect(document.title).toBe("Reverse <b>shell</b> · payments · prod-eu-1"));
  expect(find("h1").textContent).toBe("Reverse <b>shell</b>");
  expect(find(".reason").textContent).toBe("It \\u202espoke to the net.");
  expect(find("main").textContent).toContain("javascript:alert(1)");
  expect(
    [...document.querySelectorAll("main a")].some((a) => (a.getAttribute("href") ?? "").startsWith("javascript")),
  ).toBe(false);
  expect(find(".event pre").textContent).toContain('"pid": 18');
  expect(find("main b, main img").closest("h1")).toBeNull();
  expect(find("[download]").getAttribute("href")).toBe("/api/v1/alerts/a%201");
});

it("walks the ancestry by arrows and follows another alert", async () => {
  await openAlert();
  await seen("[role=tree]");
  const items = () => [...document.querySelectorAll<HTMLElement>("[role=treeitem]")];
  expect(items().map((item) => item.getAttribute("aria-level"))).toEqual(["1", "2", "3"]);
  expect(items()[0]?.textContent).toBe("parent not recorded");
  expect(items().map((item) => item.tabIndex)).toEqual([-1, -1, 0]);
  items()[2]?.focus();
  key("ArrowUp");
  await vi.waitFor(() => expect(document.activeElement).toBe(items()[1]));
  key("End");
  await vi.waitFor(() => expect(document.activeElement).toBe(items()[2]));
  key("Enter");
  await vi.waitFor(() => expect(items()).toHaveLength(5));
  key("End");
  await frame();
  key("Enter");
  await frame();
  expect(here()).toBe("/alerts/b");
});

it("lists what happened in the same pod, and leads there in Runtime", async () => {
  asked.length = 0;
  await openAlert();
  await seen(".near li");
  expect(
    asked
      .filter((address) => address.startsWith("/api/v1/alerts?"))
      .every((a) => a.includes("&ns=payments&pod=ledger-1&")),
  ).toBe(true);
  expect(find(".near a").getAttribute("href")).toBe("/alerts/near");
  find(".around p a").click();
  await frame();
  expect(here()).toBe("/runtime?range=2026-11-23T14:03:12.641Z/2026-11-23T14:13:12.641Z&ns=payments&pod=ledger-1");
});

it("makes a filter of a fact, and comes back with Escape to where the reader was", async () => {
  await visit("/runtime?ns=b");
  await openAlert();
  document.body.focus();
  key("Escape");
  await frame();
  expect(here()).toBe("/runtime?ns=b");
  await openAlert();
  find('[aria-label="Exclude node worker-3"]').click();
  await frame();
  expect(here()).toBe("/runtime?ns=b&node=-worker-3");
});

it("copies the permanent link and the event with one key each", async () => {
  await openAlert();
  key("l");
  await vi.waitFor(() => expect(copied).toBe(`${window.location.origin}/alerts/a%201`));
  key("c");
  await vi.waitFor(() => expect(copied).toContain('"process_exec"'));
});

it.each([
  [410, "gone", "no longer retained"],
  [404, "unknown", "no such alert"],
  [500, "failed", "could not be loaded"],
])("says of an alert what an answer of %d means", async (status, is, words) => {
  answers.set(`/api/v1/alerts/x${status}`, { status, body: { error: "the reason" } });
  await visit(`/alerts/x${status}`);
  const shown = await seen(`[data-empty="${is}"]`);
  expect(shown.textContent).toContain(words);
  expect(shown.textContent).toContain("the reason");
});

it("says if the ancestry cannot be loaded, and asks again", async () => {
  answers.set("/api/v1/alerts/y", { body: { ...ALERT, id: "y" } });
  answers.set("/api/v1/alerts/y/ancestry", { status: 503, body: {} });
  await visit("/alerts/y");
  const failed = await seen(".absent");
  expect(failed.textContent).toContain("could not be loaded");
  answers.set("/api/v1/alerts/y/ancestry", { body: ANCESTRY });
  failed.querySelector("button")?.click();
  await seen("[role=tree]");
});
