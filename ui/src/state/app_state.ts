/** The state of the UI: one object for each subject. `createAppState` creates all of them, so that each test has its own. */
import { Cluster } from "./cluster.ts";
import { Commands } from "./commands.ts";
import { DocumentTitle } from "./document_title.ts";
import { Layout } from "./layout.ts";
import { LiveAlerts } from "./live.ts";
import { LiveRegion } from "./live_region.ts";
import { Notices } from "./notices.ts";
import { OpenRows } from "./open_rows.ts";
import { Queries } from "./queries.ts";
import { Query } from "./query.ts";
import { Router } from "./router.ts";
import { Listing } from "./rows.ts";
import { Shortcuts } from "./shortcut_settings.ts";
import { Stats } from "./stats.ts";
import { Theme } from "./theme.ts";

export let cluster: Cluster;
export let commands: Commands;
export let documentTitle: DocumentTitle;
export let layout: Layout;
export let listing: Listing;
export let live: LiveAlerts;
export let liveRegion: LiveRegion;
export let notices: Notices;
export let openRows: OpenRows;
export let queries: Queries;
export let query: Query;
export let router: Router;
export let shortcuts: Shortcuts;
export let stats: Stats;
export let theme: Theme;

/** Creates the state as it is when the UI opens. It does nothing until `startAppState`. */
export function createAppState(): void {
  commands = new Commands();
  layout = new Layout();
  liveRegion = new LiveRegion();
  queries = new Queries();
  shortcuts = new Shortcuts();
  theme = new Theme();
  router = new Router();
  query = new Query(router);
  openRows = new OpenRows(query);
  live = new LiveAlerts(query, liveRegion);
  stats = new Stats(query, live);
  listing = new Listing(query, live, stats);
  notices = new Notices(live, query, router, listing);
  cluster = new Cluster();
  documentTitle = new DocumentTitle();
}

/** Connects the state with the browser and the gateway. Returns a function that ends this. */
export function startAppState(): () => void {
  const stops = [
    theme.start(),
    router.start(() => query.readAddress()),
    documentTitle.start(router, live, cluster),
    cluster.start(live),
    notices.start(liveRegion),
    live.start(),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
