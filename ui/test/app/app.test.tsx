// @vitest-environment happy-dom
/** What stands around every page: pages and links, search and chips, range, keys; and the page of an alert. */
import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import type { ServerFrame } from "../../src/domain/frames.ts";
import { type FarEnd, wire } from "../support/fake_socket.ts";
import { hello, row, rows, snapshot } from "../support/frames.ts";

let far: FarEnd;
/** What the gateway answers, by how the address begins; the longest one counts. */
const answers = new Map<string, { status?: number; body: unknown }>();
const asked: string[] = [];
let copied = "";

beforeAll(async () => {
  vi.stubGlobal(
    "WebSocket",
    wire((own) => {
      far = own;
    }),
  );
  vi.stubGlobal("fetch", async (address: string) => {
    asked.push(address);
    const known = [...answers.keys()].filter((begin) => address.startsWith(begin)).sort((a, b) => b.length - a.length);
    const { status = 200, body } = answers.get(known[0] ?? "") ?? { status: 404, body: { error: "nothing is there" } };
    return new Response(JSON.stringify(body), { status });
  });
  Object.defineProperty(navigator, "clipboard", {
    value: {
      writeText: async (text: string) => {
        copied = text;
      },
    },
  });
  answers.set("/api/v1/status", { body: { cluster: "prod-eu-1" } });
  window.history.replaceState(null, "", "/runtime");
  document.body.innerHTML = '<div id="app"></div>';
  await import("../../src/app/main.tsx");
  far.accept();
  say(hello);
  say(snapshot("e:9", { rows: rows(1, 9, { ns: "payments", bin: "/bin/cat", t: Date.now() }) }));
});

beforeEach(async () => {
  await visit("/runtime");
});

afterEach(() => {
  vi.restoreAllMocks();
});

function say(frame: ServerFrame): void {
  far.say(frame);
}

/** Goes to an address as Back and Forward do. */
async function visit(address: string): Promise<void> {
  (document.activeElement as HTMLElement | null)?.blur();
  window.history.replaceState(null, "", address);
  window.dispatchEvent(new PopStateEvent("popstate", { state: null }));
  await frame();
}

async function frame(): Promise<void> {
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
}

function find(selector: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`nothing is ${selector}`);
  return found;
}

async function seen(selector: string): Promise<HTMLElement> {
  return await vi.waitFor(() => find(selector));
}

function key(name: string, more: KeyboardEventInit = {}): void {
  const at = document.activeElement ?? document.body;
  at.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true, ...more }));
}

function box(): HTMLInputElement {
  return find("#search") as HTMLInputElement;
}

async function type(text: string): Promise<void> {
  box().focus();
  box().value = text;
  box().setSelectionRange(text.length, text.length);
  box().dispatchEvent(new Event("input", { bubbles: true }));
  await frame();
}

function chips(): (string | null)[] {
  return [...document.querySelectorAll(".chip")].map((chip) => chip.querySelector("button")?.title.split(".")[0] ?? "");
}

function here(): string {
  return window.location.pathname + window.location.search;
}

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
  answers.set("/api/v1/alerts?", {
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

it("names the place and the page in the title, and says which page is current", async () => {
  await vi.waitFor(() => expect(document.title).toBe("Runtime · prod-eu-1"));
  expect(find('.nav [aria-current="page"]').textContent).toBe("Runtime");
  find('.nav a[href="/pipeline"]').click();
  await frame();
  expect(here()).toBe("/pipeline");
  expect(document.title).toBe("Pipeline · prod-eu-1");
  expect(find('.nav [aria-current="page"]').textContent).toBe("Pipeline");
  expect(find('.tabs [aria-current="page"]').textContent).toBe("Pipeline");
});

it("says of a path that it means nothing, and leads back", async () => {
  await visit("/alerts/a/b");
  expect(find("main h1").textContent).toBe("There is no such page");
  find("main a").click();
  await frame();
  expect(here()).toBe("/runtime");
});

it("leaves clicks to the browser that are not plain, and links to elsewhere", async () => {
  const link = find('.nav a[href="/pipeline"]');
  const stop = (event: Event) => event.preventDefault();
  for (const more of [{ ctrlKey: true }, { shiftKey: true }, { button: 1 }]) {
    const click = new MouseEvent("click", { bubbles: true, cancelable: true, ...more });
    window.addEventListener("click", stop, { once: true });
    link.dispatchEvent(click);
  }
  expect(here()).toBe("/runtime");
});

it("makes chips of what is committed and keeps free text in the box", async () => {
  await type("ns:payments,ml -proc:/bin/cat curl");
  key("Enter");
  await frame();
  expect(chips()).toEqual(["namespace is payments, ml", "process is not /bin/cat"]);
  expect(box().value).toBe("curl");
  expect(here()).toBe("/runtime?ns=payments,ml&proc=-/bin/cat&q=curl");
});

it("adds to the chips what is typed, and takes one away", async () => {
  await visit("/runtime?ns=payments");
  await type("pod:a");
  expect(here()).toBe("/runtime?ns=payments");
  await type("pod:a curl");
  expect(here()).toBe("/runtime?ns=payments&pod=a&q=curl");
  await type("pod:a");
  key("Enter");
  await frame();
  expect(here()).toBe("/runtime?ns=payments&pod=a");
  find(".chip .x").click();
  await frame();
  expect(here()).toBe("/runtime?pod=a");
  expect(document.activeElement).toBe(box());
});

it("takes a chip back into the box by a click and by Backspace, and turns it with Alt", async () => {
  await visit("/runtime?ns=payments");
  find(".chip button").dispatchEvent(new MouseEvent("click", { bubbles: true, altKey: true }));
  await frame();
  expect(here()).toBe("/runtime?ns=-payments");
  find(".chip button").click();
  await frame();
  expect(box().value).toBe("-ns:payments");
  expect(chips()).toEqual([]);
  expect(here()).toBe("/runtime?ns=-payments");
  key("Enter");
  await frame();
  expect(chips()).toEqual(["namespace is not payments"]);
  box().focus();
  key("Backspace");
  await frame();
  expect(box().value).toBe("-ns:payments");
});

it("strikes out what means nothing, says why, and gives it back for mending", async () => {
  await visit("/runtime?sev=critical,urgent&range=yesterday");
  expect(chips()).toEqual(["There is no such severity", "A range is a time like 15m, at most 24h, or two moments"]);
  expect(find(".problems").textContent).toContain("There is no such severity.");
  expect(here()).toContain("urgent");
  find(".chip.wrong button").click();
  await frame();
  expect(box().value).toBe("sev:urgent");
  await type("sev:high");
  expect(find(".problems").textContent).not.toContain("severity");
  find('[aria-label="Remove range=yesterday"]').click();
  await frame();
  expect(find(".problems").textContent).toBe("");
});

it("strikes out what is committed and means nothing; the rest is in force", async () => {
  await type("ns:a colour:red");
  expect(find(".problems").textContent).toContain("no field colour");
  key("Enter");
  await frame();
  expect(here()).toBe("/runtime?ns=a");
  expect(find(".chip.wrong").textContent).toContain("colour:red");
});

it("does not complain of a value that has still to be typed", async () => {
  for (const text of ["ns:", 'ns:"kube sys', "-ns:a,"]) {
    await type(text);
    expect(find(".problems").textContent).toBe("");
  }
});

it("completes a field and then its value by the keyboard", async () => {
  await type("names");
  expect(box().getAttribute("aria-expanded")).toBe("true");
  key("ArrowDown");
  await frame();
  expect(find(`#${box().getAttribute("aria-activedescendant")}`).textContent).toBe("namespace:");
  key("Enter");
  await vi.waitFor(() => expect(box().value).toBe("namespace:"));
  await seen("[role=option]");
  expect(find("[role=option]").textContent).toContain("payments");
  key("ArrowDown");
  await frame();
  key("Enter");
  await frame();
  expect(chips()).toEqual(["namespace is payments"]);
  expect(here()).toBe("/runtime?ns=payments");
});

it("closes the completions first, the box second", async () => {
  await type("names");
  key("Escape");
  await frame();
  expect(document.activeElement).toBe(box());
  expect(find("#search-choices").hidden).toBe(true);
  key("Escape");
  expect(document.activeElement).not.toBe(box());
});

it("chooses a window, and goes back to it from a range with Escape", async () => {
  find(".period > button").click();
  await seen('[role="dialog"][aria-label="Time range"]');
  const hour = [...document.querySelectorAll<HTMLElement>(".presets button")].find((button) =>
    /1 hour/.test(button.textContent ?? ""),
  );
  hour?.click();
  await frame();
  expect(here()).toBe("/runtime?range=1h");
  expect(find(".period > button").textContent).toBe("Last 1 hour");
  const { setRange } = await import("../../src/state/query.ts");
  setRange({ live: false, from: Date.UTC(2026, 10, 23, 14), to: Date.UTC(2026, 10, 23, 15) });
  await frame();
  expect(here()).toBe("/runtime?range=2026-11-23T14:00:00Z/2026-11-23T15:00:00Z");
  expect(find(".pause").textContent).toContain("Back to live");
  document.body.focus();
  key("Escape");
  await frame();
  expect(here()).toBe("/runtime?range=1h");
});

it("takes two moments by the chosen clock, and says why it does not", async () => {
  await visit("/runtime?tz=utc");
  find(".period > button").click();
  await seen(".absolute");
  const [from, to] = [...document.querySelectorAll<HTMLInputElement>(".absolute input")];
  for (const [input, text] of [
    [from, "2026-11-23T14:00:00"],
    [to, "2026-11-23T13:00:00"],
  ] as const) {
    (input as HTMLInputElement).value = text;
    input?.dispatchEvent(new Event("input", { bubbles: true }));
  }
  await frame();
  find(".absolute").dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  await frame();
  expect(find("#period-wrong").textContent).toContain("after the beginning");
  (to as HTMLInputElement).value = "2026-11-23T14:30:00";
  to?.dispatchEvent(new Event("input", { bubbles: true }));
  await frame();
  find(".absolute").dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  await frame();
  expect(here()).toBe("/runtime?range=2026-11-23T14:00:00Z/2026-11-23T14:30:00Z&tz=utc");
});

it("closes the range menu with Escape and gives the focus back", async () => {
  find(".period > button").click();
  await seen(".popup");
  find(".popup button").focus();
  key("Escape");
  await frame();
  expect(document.querySelector(".popup")).toBeNull();
  expect(document.activeElement).toBe(find(".period > button"));
});

it("keeps the zone from page to page, and takes it from the address alone", async () => {
  find(".zone").click();
  await frame();
  expect(here()).toBe("/runtime?tz=utc");
  find('.nav a[href^="/pipeline"]').click();
  await frame();
  expect(here()).toBe("/pipeline?tz=utc");
  find(".zone").click();
  await frame();
  expect(here()).toBe("/pipeline");
  find(".nav a").click();
  await frame();
  expect(here()).toBe("/runtime");
});

it("goes from page to page with g and a letter, and only within a second", async () => {
  await visit("/runtime?ns=a");
  key("g");
  key("p");
  await frame();
  expect(here()).toBe("/pipeline");
  key("g");
  key("r");
  await frame();
  expect(here()).toBe("/runtime?ns=a");
  key("g");
  vi.spyOn(performance, "now").mockReturnValue(performance.now() + 2000);
  key("p");
  await frame();
  expect(here()).toBe("/runtime?ns=a");
});

it("filters by the value that has the focus", async () => {
  await visit("/runtime?ns=payments,b");
  const value = document.createElement("button");
  value.dataset.field = "pod";
  value.dataset.value = "p-1";
  document.body.append(value);
  value.focus();
  key("f");
  await frame();
  expect(here()).toBe("/runtime?ns=payments,b&pod=p-1");
  value.focus();
  key("F");
  await frame();
  expect(here()).toBe("/runtime?ns=payments,b&pod=-p-1");
  value.remove();
});

it("takes no single key where they are turned off, but Escape", async () => {
  const { setSingleKeys } = await import("../../src/app/shortcuts.ts");
  setSingleKeys(false);
  key("2");
  key("g");
  key("p");
  key("?");
  await frame();
  expect(here()).toBe("/runtime");
  expect(document.querySelector("dialog[open]")).toBeNull();
  box().focus();
  key("Escape");
  expect(document.activeElement).not.toBe(box());
  setSingleKeys(true);
});

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
  find('[aria-label="Show all but node worker-3"]').click();
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
  [410, "gone", "past what is kept"],
  [404, "unknown", "no such alert"],
  [500, "failed", "could not be loaded"],
])("says of an alert what an answer of %d means", async (status, is, words) => {
  answers.set(`/api/v1/alerts/x${status}`, { status, body: { error: "the reason" } });
  await visit(`/alerts/x${status}`);
  const shown = await seen(`[data-empty="${is}"]`);
  expect(shown.textContent).toContain(words);
  expect(shown.textContent).toContain("the reason");
});

it("says when the ancestry cannot be had, and asks again", async () => {
  answers.set("/api/v1/alerts/y", { body: { ...ALERT, id: "y" } });
  answers.set("/api/v1/alerts/y/ancestry", { status: 503, body: {} });
  await visit("/alerts/y");
  const failed = await seen(".absent");
  expect(failed.textContent).toContain("could not be loaded");
  answers.set("/api/v1/alerts/y/ancestry", { body: ANCESTRY });
  failed.querySelector("button")?.click();
  await seen("[role=tree]");
});

it("makes one step to go back to of all that is typed at once", async () => {
  const { length } = window.history;
  for (const text of ["c", "cu", "cur", "curl"]) await type(text);
  expect(window.history.length).toBe(length + 1);
  expect(here()).toBe("/runtime?q=curl");
});
