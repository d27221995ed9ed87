/** Puts text on the clipboard. */
import { announce } from "./live_region.ts";

/** Whether it worked. Without a secure origin only the old way is left. */
export async function copy(text: string): Promise<boolean> {
  const done = await write(text);
  announce(done ? "Copied." : "Could not copy.");
  return done;
}

async function write(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return selectAndCopy(text);
  }
}

function selectAndCopy(text: string): boolean {
  const focused = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "vh";
  document.body.append(area);
  area.select();
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    area.remove();
    if (focused instanceof HTMLElement) focused.focus();
  }
}
