/** Whether the facets are out, where the screen is too narrow for their column. */
import { signal } from "@preact/signals";

export const drawerOpen = signal(false);
