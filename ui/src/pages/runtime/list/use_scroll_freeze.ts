/** Freezes the list while a row is under the pointer, focused, open or selected, so that rows do not move. */

import { useEffect } from "preact/hooks";
import { listen } from "../../../api/browser.ts";
import type { FreezeReason } from "../../../state/alert_store.ts";
import * as live from "../../../state/live.ts";
import * as openRows from "../../../state/open_rows.ts";

export const REASONS: readonly FreezeReason[] = ["scrolled", "pointer", "focus", "selection", "open"];

/** A finger leaves before its click arrives. */
const TAP_MS = 300;

export function useScrollFreeze(isOpen: boolean) {
  useEffect(() => live.freeze("open", isOpen), [isOpen]);
  useEffect(watchSelection, []);
  useEffect(() => releaseAll, []);
  return {
    onPointerMove(event: PointerEvent) {
      if (event.pointerType === "mouse" && moved(event)) live.freeze("pointer", true);
    },
    // A press holds at once: a row that moved before the release would not be clicked, or another one would.
    onPointerDown() {
      live.freeze("pointer", true);
    },
    onPointerLeave(event: PointerEvent) {
      if (event.pointerType === "mouse") live.freeze("pointer", false);
      else setTimeout(() => live.freeze("pointer", false), TAP_MS);
    },
    onFocusIn(event: FocusEvent) {
      const target = event.target as Element;
      if (target.matches(".row:focus-visible, .exp *")) live.freeze("focus", true);
      const id = target.closest<HTMLElement>(".row")?.dataset.id;
      if (id !== undefined) openRows.active.value = id;
    },
    onFocusOut(event: FocusEvent) {
      const list = event.currentTarget as Element;
      if (list.contains(event.relatedTarget as Node | null)) return;
      // A row that has left the drawing loses the focus, and the one that was gone to gets it just after.
      requestAnimationFrame(() => list.matches(":focus-within") || live.freeze("focus", false));
    },
  };
}

export function releaseAll(): void {
  for (const reason of REASONS) live.freeze(reason, false);
}

let pointer = "";
/** Whether the pointer itself moved; a browser also reports rows that move under a pointer at rest. */
function moved({ screenX, screenY }: PointerEvent): boolean {
  const before = pointer;
  pointer = `${screenX} ${screenY}`;
  return before !== "" && before !== pointer;
}

function watchSelection(): () => void {
  const changed = () => {
    const selection = document.getSelection();
    const inside = selection?.anchorNode?.parentElement?.closest(".rows") != null;
    live.freeze("selection", inside && selection?.isCollapsed === false);
  };
  return listen(document, "selectionchange", changed);
}
