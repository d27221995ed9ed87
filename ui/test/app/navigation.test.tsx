// @vitest-environment happy-dom
/** The pages and the links between them. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { answers, closeApp, find, frame, here, openApp, visit } from "../support/app.ts";
import { rows } from "../support/frames.ts";

beforeEach(async () => {
  answers.set("/api/v1/status", { body: { cluster: "prod-eu-1" } });
  await openApp({ rows: rows(1, 9, { ns: "payments", bin: "/bin/cat", t: Date.now() }) });
});

afterEach(closeApp);

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
