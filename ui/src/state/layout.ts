/** The size of the screen, and which parts of the filters are open. */
import { type Signal, signal } from "@preact/signals";
import type { Dimension } from "../domain/schemas.ts";

export class Layout {
  /** An alert opens as a sheet over the page. */
  readonly phone = mediaSignal("(max-width: 760px)");
  /** The details of an open row are stacked. */
  readonly stacked = mediaSignal("(max-width: 1100px)");
  /** The filters have no column of their own. */
  readonly narrow = mediaSignal("(max-width: 1023px)");
  readonly drawerOpen = signal(false);
  readonly openFacets = signal<ReadonlySet<Dimension>>(new Set(["event", "process"]));
}

/** Whether a media query matches. The listener lives as long as the page. */
function mediaSignal(media: string): Signal<boolean> {
  const query = window.matchMedia(media);
  const matches = signal(query.matches);
  query.addEventListener("change", () => {
    matches.value = query.matches;
  });
  return matches;
}
