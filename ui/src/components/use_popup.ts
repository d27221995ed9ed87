/** A panel that a button opens. Escape, a press outside and a lost focus close it; the focus returns to the button. */
import { useEffect, useRef, useState } from "preact/hooks";
import { all, listen } from "../api/browser.ts";

export function usePopup<Root extends HTMLElement>() {
  const root = useRef<Root>(null);
  const [open, setOpen] = useState(false);
  const close = () => {
    setOpen(false);
    root.current?.querySelector<HTMLElement>("[aria-expanded]")?.focus();
  };
  useEffect(() => {
    if (!open) return;
    const outside = (event: Event) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      close();
    };
    // Before all others: what is open over the page is the first to be closed.
    return all(
      listen(document, "keydown", onKey, true),
      listen(document, "pointerdown", outside),
      listen(document, "focusin", outside),
    );
  }, [open]);
  return { root, open, close, toggle: () => setOpen(!open) };
}
