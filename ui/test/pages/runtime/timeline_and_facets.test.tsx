// @vitest-environment happy-dom
/** Counts, timeline and facets in a document, with a gateway that is played here. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Timeline } from "../../../src/domain/frames.ts";
import * as query from "../../../src/state/query.ts";
import { answers, asked, closeApp, far, find, openApp, say } from "../../support/app.ts";
import { alerts, row, snapshot, stats } from "../../support/frames.ts";

const NOW_S = Math.floor(Date.now() / 6000) * 6;
const COUNTS = { critical: 37, high: 2214, medium: 9480, low: 29_477 };
const TIMELINE: Timeline = {
  t0: NOW_S - 12,
  step_s: 6,
  critical: [0, 1, 0],
  high: [0, 0, 2],
  medium: [3, 0, 0],
  low: [10, 20, 30],
};
const TOP = {
  event: [["execve", 40, "high"] as const, ["<img src=x>\u202e", 10, "critical"] as const],
  namespace: [["payments", 5, "low"] as const],
};

const FIRST = {
  counts: COUNTS,
  previous: { critical: 6, high: 1367, medium: 9480, low: 26_556 },
  timeline: TIMELINE,
  top: JSON.parse(JSON.stringify(TOP)),
  rows: [row(1, { t: Date.now() })],
};

beforeEach(async () => {
  answer({});
  await openApp(structuredClone(FIRST));
});

afterEach(closeApp);

/** Answers the queries for ranges; 503 if there is no answer. */
function answer(bodies: { alerts?: object; timeline?: object; facets?: object }): void {
  for (const name of ["alerts", "timeline", "facets"] as const) {
    const body = bodies[name];
    answers.set(`/api/v1/${name}`, body ? { body } : { status: 503, body: { error: "not now" } });
  }
}

function url(name: string, has = ""): URL | undefined {
  const all = asked.map((path) => new URL(path, "http://x"));
  return all.find(({ pathname, searchParams }) => pathname.endsWith(`/${name}`) && (!has || searchParams.has(has)));
}

async function until(check: () => void): Promise<void> {
  await vi.waitFor(check, { timeout: 3000 });
}

function press(element: Element, key: string, more: KeyboardEventInit = {}): void {
  element.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
}

function search(): URLSearchParams {
  return new URLSearchParams(window.location.search);
}

it("shows counts with their change and their course", async () => {
  await until(() => expect(find(".card.total").textContent).toContain("41,208"));
  expect(find('[data-severity="critical"] .note').textContent).toBe("+31");
  expect(find('[data-severity="high"] .note').textContent).toBe("+62%");
  expect(document.querySelectorAll(".card .spark")).toHaveLength(5);
});

it("says since when a count is known where that is not all of the time", async () => {
  say(snapshot("e:0", { ...FIRST, complete_since: { low: (NOW_S - 6) * 1000 } }));
  await until(() => expect(find('[data-severity="low"] .note').textContent).toMatch(/^since \d\d:\d\d$/));
  expect(find('[data-severity="high"] .note').textContent).toBe("+62%");
  say(snapshot("e:0", FIRST));
  await until(() => expect(find('[data-severity="low"] .note').textContent).toBe("+11%"));
});

it("reads the timeline bar by bar with the arrows, the sum of all before", async () => {
  const chart = find(".plot");
  expect(find(".legend").textContent).toMatch(/Critical 1.*High 2.*Medium 3.*Low 60/);
  press(chart, "ArrowLeft");
  await until(() => expect(chart.getAttribute("aria-valuetext")).toContain("Critical 0, High 2, Medium 0, Low 30"));
  press(chart, "ArrowLeft");
  await until(() => expect(chart.getAttribute("aria-valuetext")).toContain("Critical 1, High 0, Medium 0, Low 20"));
  expect(find(".legend .at").textContent).toMatch(/^\d\d:\d\d:\d\d$/);
  expect(chart.getAttribute("aria-valuenow")).toBe("1");
  press(chart, "Escape");
  await until(() => expect(find(".legend .at").textContent).toBe(""));
});

it("changes bins in place, also late ones", async () => {
  say(stats({ t: NOW_S + 1, counts: COUNTS, bins: [[NOW_S - 12, 4, 0, 3, 10]] }));
  await until(() => expect(find(".legend").textContent).toContain("Critical 5"));
  say(stats({ t: NOW_S + 1, counts: COUNTS, bins: [[NOW_S - 12, 0, 0, 3, 10]] }));
  await until(() => expect(find(".legend").textContent).toContain("Critical 1"));
});

it("has the same numbers as a table", async () => {
  find(".tl .tool").click();
  await until(() => expect(document.querySelectorAll(".tl tbody tr")).toHaveLength(3));
  expect(
    [...document.querySelectorAll(".tl tbody tr")].map((line) =>
      [...line.children].slice(1).map((cell) => cell.textContent),
    ),
  ).toEqual([
    ["0", "2", "0", "30"],
    ["1", "0", "0", "20"],
    ["0", "0", "3", "10"],
  ]);
  find(".tl .tool").click();
  await until(() => find(".plot[role=slider]"));
});

it("lists what is most frequent as text, and filters by a click, by Alt and a click, and back", async () => {
  const values = () => [...document.querySelectorAll<HTMLElement>('.facet .val[data-field="event"]')];
  await until(() => expect(values()).toHaveLength(2));
  expect(values()[1]?.textContent).toBe("<img src=x>\\u202e10 alerts, highest severity critical");
  expect(document.querySelector("img")).toBeNull();
  values()[0]?.click();
  await until(() => expect(values()[0]?.getAttribute("aria-pressed")).toBe("true"));
  expect(search().get("event")).toBe("execve");
  values()[0]?.dispatchEvent(new MouseEvent("click", { altKey: true, bubbles: true }));
  expect(search().get("event")).toBe("-execve");
  await until(() => expect(find(".facet .excluded .val").dataset.value).toBe("execve"));
  find('.facet .excluded [aria-label^="Stop excluding"]').click();
  expect(search().get("event")).toBeNull();
});

it("walks a list of values with the arrows, with one stop for Tab", async () => {
  const [first, second] = [...document.querySelectorAll<HTMLElement>('.facet .val[data-field="event"]')];
  first?.focus();
  press(first as HTMLElement, "ArrowDown");
  await until(() => expect(document.activeElement).toBe(second));
  await until(() => expect([first?.tabIndex, second?.tabIndex]).toEqual([-1, 0]));
  press(second as HTMLElement, "f");
  await until(() => expect(search().get("event")).toBe("<img src=x>\u202e"));
  press(second as HTMLElement, "f");
  find('.facet .included [aria-label^="Stop showing only"]').click();
  await until(() => expect(search().get("event")).toBeNull());
});

it("asks for the numbers under a filter, and keeps the old ones until they come", async () => {
  answer({
    timeline: { ...TIMELINE, critical: [0, 0, 0], low: [1, 2, 3], exact: true },
    facets: { top: { event: [["exit", 6, "low"]] }, distinct: { event: 1, node: 12 }, exact: true },
  });
  find('.facet .head[aria-expanded="false"]').click();
  await until(() => find('.val[data-value="payments"]'));
  find('.val[data-value="payments"]').click();
  await until(() => expect(find(".cards").className).toContain("stale"));
  expect(find(".card.total").textContent).toContain("66");
  await until(() => expect(find('[data-severity="low"] .only-l').textContent).toBe("6"));
  expect(find(".cards").className).not.toContain("stale");
  expect(find('[data-severity="critical"] .only-l').textContent).toBe("0");
  await until(() => expect(find(".val[data-field=event]").dataset.value).toBe("exit"));
  const facets = url("facets", "ns");
  expect(facets?.searchParams.get("ns")).toBe("payments");
});

it("marks numbers that cover the retained alerts only", async () => {
  answer({ timeline: { ...TIMELINE, exact: false }, facets: { top: {}, distinct: {}, exact: false } });
  const box = find<HTMLInputElement>("#search");
  box.value = "curl";
  box.dispatchEvent(new Event("input", { bubbles: true }));
  await until(() => expect(find('[data-severity="low"] strong').textContent).toContain("≥ 60"));
  box.value = "";
  box.dispatchEvent(new Event("input", { bubbles: true }));
  await until(() => expect(find(".card.total").textContent).toContain("41,208"));
});

it("shows a time that is chosen in the timeline through REST, and goes back to live", async () => {
  const page = { before: null, complete_since: { low: null }, exact: true, from: 0, to: 1 };
  answer({
    alerts: { rows: [row(77, { title: "From then" })], counts: { critical: 0, high: 0, medium: 0, low: 1 }, ...page },
    timeline: { ...TIMELINE, low: [0, 0, 1], exact: true },
    facets: { top: {}, distinct: {}, exact: true },
  });
  const chart = find(".plot");
  press(chart, "ArrowLeft");
  await until(() => expect(find(".legend .at").textContent).not.toBe(""));
  press(chart, "ArrowLeft", { shiftKey: true });
  await until(() => expect(chart.getAttribute("aria-valuetext")).toContain("Selected from"));
  press(chart, "Enter");
  await until(() => find('[data-id="id-77"]'));
  expect(search().get("range")).toMatch(/^\d{4}-.*Z\/\d{4}-.*Z$/);
  const rows = url("alerts");
  expect(Number(rows?.searchParams.get("to")) - Number(rows?.searchParams.get("from"))).toBe(12_000);
  say(alerts("e:0", "e:1", { rows: [row(78, { t: Date.now(), title: "Of now" })] }));
  await new Promise((done) => setTimeout(done, 150));
  expect(document.querySelector('[data-id="id-78"]')).toBeNull();
  press(document.body, "Escape");
  await until(() => find('[data-id="id-78"]'));
  expect(document.querySelector('[data-id="id-77"]')).toBeNull();
  expect(search().get("range")).toBeNull();
});

it("tells the gateway of another window and of folding", async () => {
  query.setRange({ live: true, window: "1h" });
  query.setFold(false);
  expect(far.heard("view").at(-1)).toMatchObject({ window: "1h", fold: false });
  query.setFold(true);
  query.setRange({ live: true, window: "15m" });
});

it("keeps the numbers of the moment of a pause", async () => {
  press(document.body, " ");
  say(
    stats({
      t: NOW_S + 1,
      counts: { ...COUNTS, critical: 99 },
      bins: [[NOW_S, 99, 0, 0, 0]],
      top: { event: [["exit", 1, "low"]] },
    }),
  );
  await new Promise((done) => setTimeout(done, 100));
  expect(find('[data-severity="critical"] strong').textContent).toContain("37");
  expect(find(".legend").textContent).toContain("Critical 1");
  press(document.body, " ");
  await until(() => expect(find('[data-severity="critical"] strong').textContent).toContain("99"));
  expect(find(".legend").textContent).toContain("Critical 100");
});
