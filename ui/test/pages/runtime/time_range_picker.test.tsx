// @vitest-environment happy-dom
/** The time range: live windows, a range from one moment to another, and the way back. */
import { afterEach, beforeEach, expect, it } from "vitest";
import * as query from "../../../src/state/query.ts";
import { closeApp, find, frame, here, key, openApp, seen, visit } from "../../support/app.ts";
import { rows } from "../../support/frames.ts";

beforeEach(async () => {
  await openApp({ rows: rows(1, 9, { ns: "payments", bin: "/bin/cat", t: Date.now() }) });
});

afterEach(closeApp);

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
  query.setRange({ live: false, from: Date.UTC(2026, 10, 23, 14), to: Date.UTC(2026, 10, 23, 15) });
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
  await frame();
  key("Escape");
  await frame();
  expect(document.querySelector(".popup")).toBeNull();
  expect(document.activeElement).toBe(find(".period > button"));
});
