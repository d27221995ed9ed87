/** Heights of rows and details by the width of the screen. The style sheets have the same numbers. */
import type { Measures } from "../../../domain/virtual_list.ts";
import { phone, stacked } from "../../../state/layout.ts";

export function rowHeights(): Measures {
  // On a phone an alert opens as a sheet over the page, so an open row adds nothing to the list.
  if (phone.value) return { row: 68, detail: 0 };
  return { row: 28, detail: stacked.value ? 540 : 330 };
}
