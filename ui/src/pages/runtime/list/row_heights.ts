/** Heights of rows and details by the width of the screen; the style sheet draws to the same numbers. */
import { signal } from "@preact/signals";
import type { Measures } from "../../../domain/virtual_list.ts";

const PHONE = window.matchMedia("(max-width: 760px)");
const NARROW = window.matchMedia("(max-width: 1100px)");

function now(): Measures {
  // On a phone an alert opens as a sheet over the page, so that no row adds to the list.
  if (PHONE.matches) return { row: 68, detail: 0 };
  return NARROW.matches ? { row: 28, detail: 540 } : { row: 28, detail: 330 };
}

export const measures = signal<Measures>(now());
export const phone = signal(PHONE.matches);

for (const query of [PHONE, NARROW]) {
  query.addEventListener("change", () => {
    measures.value = now();
    phone.value = PHONE.matches;
  });
}
