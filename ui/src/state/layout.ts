/** The size of the screen, and which parts of the filters are open. */
import type { Signal } from "@preact/signals";
import { listen } from "../api/browser.ts";
import type { Dimension } from "../domain/schemas.ts";
import { fresh } from "./fresh.ts";

/** An alert opens as a sheet over the page. */
export const phone = mediaSignal("(max-width: 760px)");
/** The details of an open row are stacked. */
export const stacked = mediaSignal("(max-width: 1100px)");
/** The filters have no column of their own. */
export const narrow = mediaSignal("(max-width: 1023px)");
export const drawerOpen = fresh(() => false);
export const openFacets = fresh<ReadonlySet<Dimension>>(() => new Set(["event", "process"]));

/** Whether a media query matches. The listener lives as long as the page. */
function mediaSignal(media: string): Signal<boolean> {
  const query = window.matchMedia(media);
  const matches = fresh(() => query.matches);
  listen(query, "change", () => {
    matches.value = query.matches;
  });
  return matches;
}
