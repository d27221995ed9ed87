/** Keeps the focus in the list. If a focused element goes away, its row or the list gets the focus. */
import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import { all, listen } from "../../../api/browser.ts";

export function useFocusRestore(root: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const element = root.current as HTMLElement;
    let had: Element | null = null;
    let row = "";
    const focused = ({ target }: Event) => {
      had = target instanceof Element && element.contains(target) ? target : null;
      row =
        had?.closest<HTMLElement>(".row, .exp")?.dataset.id ?? (had?.closest<HTMLElement>(".exp")?.dataset.of || row);
    };
    // A press beside everything takes the focus away on purpose.
    const pressed = () => {
      had = null;
    };
    const changed = () => {
      if (had === null || (document.activeElement ?? document.body) !== document.body) return;
      // A row that only changes its place in the document loses the focus as well.
      const next = had instanceof HTMLElement && had.isConnected ? had : heir(element, row);
      had = null;
      next?.focus({ preventScroll: true });
    };
    const observer = new MutationObserver(changed);
    observer.observe(element, { childList: true, subtree: true });
    return all(listen(document, "focusin", focused), listen(document, "pointerdown", pressed, true), () =>
      observer.disconnect(),
    );
  }, []);
}

function heir(element: HTMLElement, id: string): HTMLElement | null {
  const row = id === "" ? null : element.querySelector<HTMLElement>(`.row[data-id="${CSS.escape(id)}"]`);
  return row ?? element.querySelector<HTMLElement>(".rows") ?? element.querySelector<HTMLElement>("#list-title");
}
