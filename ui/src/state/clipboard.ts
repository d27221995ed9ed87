/** Copies text to the clipboard. */
import { announce } from "./live_region.ts";

/** Returns whether it worked. */
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

/** The clipboard API needs a secure origin. Without one, only this older way works. */
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
