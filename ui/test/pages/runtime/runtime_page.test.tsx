// @vitest-environment happy-dom
/** The whole page in a document, talking to a far end that is played here. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Filter, Snapshot } from "../../../src/domain/frames.ts";
import * as liveRegion from "../../../src/state/live_region.ts";
import { answers, closeApp, far, find, key, openApp, say, seen } from "../../support/app.ts";
import { alerts, hello, row, rows, snapshot, stats } from "../../support/frames.ts";

const COUNTS = { critical: 1, high: 2, medium: 3, low: 41_202 };

let seq: number;

beforeEach(async () => {
  seq = 0;
  await openApp({ counts: COUNTS });
});

afterEach(closeApp);

/** Lets an alert arrive. */
function arrive(more: Parameters<typeof row>[1] = {}): string {
  seq += 1;
  say(alerts(`e:${seq - 1}`, `e:${seq}`, { rows: [row(seq, { t: Date.now() + seq, ...more })] }));
  return `id-${seq}`;
}

/** Writes into the search box. */
function search(text: string): void {
  const box = find("#search") as HTMLInputElement;
  box.value = text;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Answers the filter that the UI asks for, once the gateway has received it. */
async function answer(filter: Filter, more: Partial<Snapshot> = {}): Promise<void> {
  await vi.waitFor(() => expect(far.sent.at(-1)).toMatchObject({ filter }));
  say(snapshot(`e:${seq}`, { filter, counts: COUNTS, ...more }));
}

function spoken(): string {
  return find('[aria-live="polite"]').textContent ?? "";
}

it("shows the gateway's counts and says that nothing is there", async () => {
  await vi.waitFor(() => expect(find(".card.total").textContent).toContain("41,208"));
  await seen('[data-empty="quiet"]');
  expect(document.title).toBe("1 critical · Runtime · Tocsin");
  expect(find(".conn").dataset.state).toBe("live");
});

it("lists an alert with its severity as a word, at a place given in px", async () => {
  const id = arrive({ sev: "critical", title: "Reverse shell" });
  const shown = await seen(`[data-id="${id}"]`);
  expect(shown.textContent).toContain("Critical");
  expect(shown.style.top).toBe("0px");
  expect(find(".space").style.height).toBe("28px");
});

it("puts each row below the one before it", async () => {
  arrive();
  arrive();
  const second = await seen(`[data-id="id-${seq - 1}"]`);
  await vi.waitFor(() => expect(second.style.top).toBe("28px"));
});

it("writes hostile text as text and what cannot be seen as escapes", async () => {
  const id = arrive({ title: "<img src=x onerror=alert(1)>", bin: "/bin/gpj\u202eexe", args: "a\nb" });
  const shown = await seen(`[data-id="${id}"]`);
  expect(document.querySelector("img")).toBeNull();
  expect(shown.textContent).toContain("<img src=x onerror=alert(1)>");
  expect(shown.textContent).toContain("/bin/gpj\\u202eexe a\\u000ab");
});

it("draws a window of rows, not all of them", async () => {
  arrive();
  seq += 2000;
  say(alerts(`e:${seq - 2000}`, `e:${seq}`, { rows: rows(seq - 1999, seq, { t: Date.now() }) }));
  await vi.waitFor(() => expect(Number.parseInt(find(".space").style.height, 10)).toBeGreaterThan(2000 * 28));
  expect(document.querySelectorAll(".row").length).toBeLessThan(60);
  expect(find("[role=treegrid]").getAttribute("aria-rowcount")).toBe(String(seq + 1));
});

it("opens a row in place with why, process and event, and closes it with Escape", async () => {
  const id = arrive({ sev: "high" });
  answers.set(`/api/v1/alerts/${id}`, {
    status: 200,
    body: `{"id":"${id}","title":"Token read","reason":"The rule token matched.","severity_from":"token","base_severity":"low","process":"/bin/cat","parent_process":"/bin/sh","event":{"pid":18446744073709551615,"x":"</pre><img>"}}`,
  });
  (await seen(`[data-id="${id}"]`)).click();
  const detail = await seen('[data-detail="ready"]');
  expect(detail.textContent).toContain("The rule token matched.");
  expect(find("pre").textContent).toContain('"pid": 18446744073709551615');
  expect(find("pre").textContent).toContain("</pre><img>");
  expect(window.location.search).toBe(`?open=${id}`);
  expect(find(`[data-id="${id}"]`).getAttribute("aria-expanded")).toBe("true");
  key("Escape");
  await vi.waitFor(() => expect(document.querySelector(".exp")).toBeNull());
  expect(window.location.search).toBe("");
});

it("shows each rule that matched with what made it match, and what a silence did", async () => {
  const id = arrive({ sev: "low", silenced: true });
  const rules = [
    {
      id: "r1",
      title: "Reverse shell",
      level: "critical",
      author: "Tocsin",
      link: "https://example.com/r1",
      techniques: ["T1059.004"],
      matched: [
        { field: "CommandLine", value: "<img src=x>\u202e" },
        { field: "CommandLine", value: "second" },
      ],
    },
    { id: "r2", title: "", link: "javascript:alert(1)" },
  ];
  const text = JSON.stringify({ id, rules, silenced_by: "quiet-night", unsilenced_severity: "critical", event: {} });
  answers.set(`/api/v1/alerts/${id}`, { status: 200, body: text });
  const shown = await seen(`[data-id="${id}"]`);
  expect(shown.textContent).toContain("silenced");
  shown.click();
  const why = await seen('[data-detail="ready"] .why');
  for (const word of [
    "Reverse shell",
    "critical",
    "Tocsin",
    "T1059.004",
    "<img src=x>\\u202e",
    "second",
    "quiet-night",
  ]) {
    expect(why.textContent).toContain(word);
  }
  expect(why.textContent).toMatch(/Without itcritical/);
  const links = [...why.querySelectorAll("a")].map((link) => [link.getAttribute("href"), link.rel]);
  expect(links).toEqual([["https://example.com/r1", "noopener noreferrer"]]);
  expect(why.textContent).toContain("javascript:alert(1)");
  expect(document.querySelector("img")).toBeNull();
});

it("shows of a correlation what it counted, and opens its evidence in place", async () => {
  const evidence = arrive();
  answers.set(`/api/v1/alerts/${evidence}`, { status: 200, body: `{"id":"${evidence}","event":{}}` });
  const id = arrive({ sev: "high", title: "Many programs started", event: "correlation", fn: "correlation" });
  const correlation = { rule: "exec-storm", key: { scope: "payments/api" }, from: "12:00", to: "12:10", count: 1512 };
  const whole = { id, kind: "correlation", correlation, evidence: [evidence, "gone-1"], rules: [] };
  answers.set(`/api/v1/alerts/${id}`, { status: 200, body: JSON.stringify(whole) });
  const shown = await seen(`[data-id="${id}"]`);
  expect(shown.querySelector(".e")?.textContent).toBe("correlation");
  shown.click();
  const detail = await seen('[data-detail="ready"]');
  for (const word of ["What was counted", "1,512", "payments/api", "12:00", "12:10", "exec-storm"]) {
    expect(detail.textContent).toContain(word);
  }
  expect(detail.textContent).not.toContain("parent not recorded");
  expect(detail.querySelector(".json h3")?.textContent).toContain("Alert");
  expect(detail.querySelector(".evidence a")?.getAttribute("href")).toBe("/alerts/gone-1");
  find(".evidence button").click();
  await vi.waitFor(() => expect(window.location.search).toBe(`?open=${evidence}`));
  await vi.waitFor(() => expect(find(".json h3").textContent).toContain("Event"));
});

it.each([
  [410, "gone", "no longer retained"],
  [404, "unknown", "does not know"],
  [500, "failed", "could not be loaded"],
])("says what an answer of %d means", async (status, is, words) => {
  const id = arrive();
  answers.set(`/api/v1/alerts/${id}`, { status, body: '{"error":"the reason"}' });
  (await seen(`[data-id="${id}"]`)).click();
  const detail = await seen(`[data-detail="${is}"]`);
  expect(detail.textContent).toContain(words);
  expect(detail.textContent).toContain("the reason");
});

it("holds the list while a row is open and offers what is new", async () => {
  arrive();
  (await seen(".row")).click();
  await seen(".exp");
  const first = find(".row").dataset.id;
  arrive();
  arrive();
  await vi.waitFor(() => expect(find(".pill").textContent).toContain("2 new"));
  expect(find(".row").dataset.id).toBe(first);
  find(".pill").click();
  await vi.waitFor(() => expect(find(".row").dataset.id).toBe(`id-${seq}`));
});

it("moves row by row with j and k, also while nothing arrives", async () => {
  for (let n = 0; n < 4; n += 1) arrive();
  await seen(".row");
  const places: (string | null | undefined)[] = [];
  for (const name of ["j", "j", "ArrowDown", "k"]) {
    key(name);
    await vi.waitFor(() => expect(document.activeElement?.matches(".row")).toBe(true));
    await new Promise((done) => requestAnimationFrame(done));
    places.push(document.activeElement?.getAttribute("aria-rowindex"));
  }
  expect(places).toEqual(["2", "3", "4", "3"]);
  key(".");
});

it("asks for a severity by its card and by its key", async () => {
  const card = find('[data-severity="high"]');
  expect(card.getAttribute("aria-pressed")).toBe("false");
  card.click();
  await vi.waitFor(() => expect(card.getAttribute("aria-pressed")).toBe("true"));
  expect(window.location.search).toBe("?sev=high");
  await vi.waitFor(() => expect(far.heard("view").at(-1)).toMatchObject({ filter: { sev: ["high"] } }));
  key("2");
  await vi.waitFor(() => expect(card.getAttribute("aria-pressed")).toBe("false"));
  expect(window.location.search).toBe("");
});

it("filters by text, and says when nothing matches", async () => {
  search("no-such-thing");
  const searching = await seen('[data-empty="searching"]');
  expect(searching.textContent).not.toContain("none match");
  expect(window.location.search).toBe("?q=no-such-thing");
  await answer({ q: "no-such-thing" });
  expect((await seen('[data-empty="filtered"]')).textContent).toContain("none match");
  find('[data-empty="filtered"] button').click();
  await answer({}, { rows: rows(seq - 5, seq) });
  await seen(".row");
});

it("says under the box what the gateway would refuse, and does not send it", async () => {
  const before = far.sent.length;
  search("x".repeat(513));
  await vi.waitFor(() => expect(find(".problems").textContent).toContain("at most 512 characters"));
  expect(find(".problems").getAttribute("role")).toBe("status");
  search("");
  await vi.waitFor(() => expect(find(".problems").textContent).toBe(""));
  expect(far.sent.slice(before).filter(({ k }) => k === "view")).toEqual([]);
});

it("shows the day of an alert that is not of today", async () => {
  const own = new Date();
  own.setDate(own.getDate() - 2);
  const id = arrive({ t: own.getTime() });
  const shown = await seen(`[data-id="${id}"] .t`);
  expect(shown.textContent).toMatch(/^[A-Z][a-z]{2} \d{1,2} \d\d:\d\d:\d\d$/);
  expect(shown.title).toMatch(/^\d{4}-\d\d-\d\d /);
  const today = await seen(`[data-id="${arrive()}"] .t`);
  expect(today.textContent).toMatch(/^\d\d:\d\d:\d\d\.\d{3}$/);
});

it("keeps the last good filter while the text means nothing, and says why", async () => {
  arrive();
  await seen(".row");
  search("colour:red");
  await vi.waitFor(() => expect(find(".problems").textContent).toContain("no field colour"));
  expect(document.querySelectorAll(".row").length).toBeGreaterThan(0);
  search("");
});

it("pauses and resumes with Space, the counts too", async () => {
  key(" ");
  await vi.waitFor(() => expect(find(".conn").dataset.state).toBe("paused"));
  say(stats({ counts: { critical: 7, high: 0, medium: 0, low: 0 } }));
  arrive();
  await vi.waitFor(() => expect(find(".pause").textContent).toContain("1 new"));
  expect(find(".card.total").textContent).toContain("41,208");
  expect(document.title).toMatch(/^Paused/);
  key(" ");
  await vi.waitFor(() => expect(find('[data-severity="critical"]').textContent).toContain("7"));
});

it("says that rows were left out", async () => {
  seq += 1;
  say(alerts(`e:${seq - 1}`, `e:${seq}`, { left_out: 12 }));
  expect((await seen('[data-notice="more"]')).textContent).toContain("Counts are exact");
});

it("says that the connection is lost, keeps what had arrived, and comes back from its cursor", async () => {
  arrive();
  await seen(".row");
  const lost = far;
  lost.hangUp();
  const notice = await seen('[data-notice="offline"]');
  expect(spoken()).toMatch(/^Connection lost at/);
  expect(find(".conn").dataset.state).toBe("reconnecting");
  expect(document.title).toMatch(/^Offline/);
  expect(document.querySelectorAll(".row").length).toBeGreaterThan(0);
  notice.querySelector("button")?.click();
  await vi.waitFor(() => expect(far).not.toBe(lost));
  far.accept();
  expect(far.sent[0]).toMatchObject({ k: "open", cursor: `e:${seq}` });
  say(hello);
  seq += 3;
  say(alerts(`e:${seq - 3}`, `e:${seq}`, { replay: true, rows: rows(seq - 2, seq, { t: Date.now() + seq }) }));
  say(stats());
  expect((await seen('[data-notice="back"]')).textContent).toMatch(
    /^Reconnected after .+\. 3 alerts from that time were added\.$/,
  );
  expect(spoken()).toMatch(/^Reconnected after .+\. 3 alerts/);
});

/** Loses the connection and comes back as far as the gateway's greeting. */
async function again(): Promise<void> {
  const lost = far;
  lost.hangUp();
  (await seen('[data-notice="offline"] button')).click();
  await vi.waitFor(() => expect(far).not.toBe(lost));
  far.accept();
  say(hello);
}

it("counts what a snapshot added after a break, and gives no number where it cannot be known", async () => {
  arrive();
  await again();
  seq += 2;
  say(snapshot(`e:${seq}`, { rows: rows(seq - 2, seq, { t: Date.now() + seq }) }));
  expect((await seen('[data-notice="back"]')).textContent).toMatch(
    /^Reconnected after .+\. 2 alerts from that time were added\.$/,
  );
  await again();
  seq += 100;
  say(snapshot(`e:${seq}`, { rows: rows(seq - 2, seq, { t: Date.now() + seq }) }));
  await vi.waitFor(() => expect(find('[data-notice="back"]').textContent).toMatch(/^Reconnected after [^.]+\.$/));
});

it("speaks what is said of a gap, of a broken hop and of lag, each once", async () => {
  const heard: string[] = [];
  const stop = liveRegion.text.subscribe((text) => void heard.push(text));
  say(stats({ lag: { broken: "collector: not heard for 20 s" } }));
  say(stats({ lag: { broken: "collector: not heard for 21 s" } }));
  expect((await seen('[data-notice="broken"]')).textContent).toContain("21 s");
  say({ k: "gap", from: `e:${seq}`, to: `e:${seq + 50}`, why: "too_far", counts: { low: 50 } });
  seq += 50;
  say(snapshot(`e:${seq}`, { rows: rows(seq - 2, seq, { t: Date.now() + seq }) }));
  (await seen('[data-notice="gap"] button:last-child')).click();
  stop();
  expect(heard.slice(1)).toEqual([
    "The pipeline reports: collector: not heard for 20 s",
    expect.stringContaining("could not be replayed"),
    "The pipeline reports: collector: not heard for 21 s",
  ]);
  say(stats());
});

it("says what is wrong with the rules, once aloud, and leads to where", async () => {
  const heard: string[] = [];
  const stop = liveRegion.text.subscribe((text) => void heard.push(text));
  const rules = { problems: 2, differ: ["classifier-a", "classifier-b"], expired: 1 };
  say(stats({ rules }));
  say(stats({ rules }));
  const words = "2 rules not loaded. Rule sets differ: classifier-a, classifier-b. 1 silence has expired.";
  expect((await seen('[data-notice="rules"]')).textContent).toContain(words);
  stop();
  expect(heard.filter((text) => text === words)).toHaveLength(1);
  expect(find('[data-notice="rules"] a').getAttribute("href")).toBe("/pipeline#rules");
  say(stats());
  await vi.waitFor(() => expect(document.querySelector('[data-notice="rules"]')).toBeNull());
});

it("names no more than three replicas whose rules differ", async () => {
  say(stats({ rules: { problems: 1, differ: ["a", "b", "c", "d", "e"] } }));
  expect((await seen('[data-notice="rules"]')).textContent).toContain(
    "1 rule not loaded. Rule sets differ: a, b, c, 2 more.",
  );
  say(stats());
});

it("says of an empty list that is paused how many wait, not that none match", async () => {
  search("no-such-thing");
  await answer({ q: "no-such-thing" });
  await seen('[data-empty="filtered"]');
  key("Escape");
  key(" ");
  arrive({ title: "no-such-thing" });
  expect((await seen('[data-empty="waiting"]')).textContent).toContain("1 alert arrived");
  key(" ");
  await seen(".row");
  search("");
  await answer({}, { rows: rows(seq - 5, seq) });
});

it("does not take a value of a row into the filter that the gateway would refuse", async () => {
  const id = arrive({ pod: "p".repeat(513) });
  answers.set(`/api/v1/alerts/${id}`, { status: 200, body: `{"id":"${id}"}` });
  (await seen(`[data-id="${id}"]`)).click();
  (await seen(".exp .acts .btn")).click();
  await vi.waitFor(() => expect(find(".problems").textContent).toContain("at most 512 characters"));
  expect(window.location.search).toBe(`?open=${id}`);
  search("");
});

it("says what is broken, not that all is quiet, while the list is empty", async () => {
  search("no-such-thing");
  await answer({ q: "no-such-thing" });
  await seen('[data-empty="filtered"]');
  say(stats({ lag: { broken: "collector: not heard for 20 s" } }));
  const broken = await seen('[data-empty="broken"]');
  expect(broken.textContent).toContain("collector: not heard for 20 s");
  expect(broken.textContent).toContain("tocsin ledger");
  expect([...broken.querySelectorAll("a")].map((link) => link.getAttribute("href"))).toEqual(["/pipeline", "/readyz"]);
  expect(broken.textContent).not.toMatch(/none match|No alerts|Connected/);
  say(stats());
  await seen('[data-empty="filtered"]');
});

it("claims nothing of an empty list while the connection is lost, and offers to retry", async () => {
  const lost = far;
  lost.hangUp();
  const blind = await seen('[data-empty="blind"]');
  expect(blind.textContent).toContain("Not connected");
  expect(find(".alerts").textContent).not.toMatch(/none match|No alerts/);
  search("");
  await vi.waitFor(() => expect(find('[data-empty="blind"]').textContent).not.toContain("Clear"));
  expect(find(".alerts").textContent).not.toMatch(/none match|No alerts/);
  (await seen('[data-notice="offline"] button')).click();
  await vi.waitFor(() => expect(far).not.toBe(lost));
  far.accept();
});

it("shows what the gateway refused, for as long as it does", async () => {
  const refused = far;
  say({ k: "bye", why: "protocol", retry_ms: 1000, text: "q must be a text of at most 512 characters" });
  await vi.waitFor(() => expect(find('[data-notice="offline"]').textContent).toContain("refused: q must be a text"));
  find('[data-notice="offline"] button').click();
  await vi.waitFor(() => expect(far).not.toBe(refused));
  expect(find('[data-notice="offline"]').textContent).toContain("refused: q must be a text");
  far.accept();
  say(hello);
  say(snapshot(`e:${seq}`, { filter: {} }));
  await vi.waitFor(() => expect(document.querySelector('[data-notice="offline"]')).toBeNull());
});
