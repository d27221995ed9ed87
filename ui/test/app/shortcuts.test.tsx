// @vitest-environment happy-dom
/** The keyboard shortcuts of all pages. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import * as shortcuts from "../../src/state/shortcut_settings.ts";
import { closeApp, find, frame, here, key, openApp, visit } from "../support/app.ts";
import { rows } from "../support/frames.ts";

beforeEach(async () => {
  await openApp({ rows: rows(1, 9, { ns: "payments", bin: "/bin/cat", t: Date.now() }) });
});

afterEach(closeApp);

function box(): HTMLInputElement {
  return find("#search") as HTMLInputElement;
}

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
  shortcuts.setSingleKeys(false);
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
  shortcuts.setSingleKeys(true);
});
