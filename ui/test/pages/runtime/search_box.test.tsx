// @vitest-environment happy-dom
/** The search box: chips, invalid parts, completion and history. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { closeApp, find, frame, here, key, openApp, seen, visit } from "../../support/app.ts";
import { rows } from "../../support/frames.ts";

beforeEach(async () => {
  await openApp({ rows: rows(1, 9, { ns: "payments", bin: "/bin/cat", t: Date.now() }) });
});

afterEach(closeApp);

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

it("strikes out what is invalid, says why, and gives it back to be edited", async () => {
  await visit("/runtime?sev=critical,urgent&range=yesterday");
  expect(chips()).toEqual(["There is no such severity", "A range is a duration like 15m, at most 24h, or two times"]);
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

it("strikes out what is committed and invalid; the rest is active", async () => {
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

it("makes one step to go back to of all that is typed at once", async () => {
  const { length } = window.history;
  for (const text of ["c", "cu", "cur", "curl"]) await type(text);
  expect(window.history.length).toBe(length + 1);
  expect(here()).toBe("/runtime?q=curl");
});
