/** The page `/runtime`: facets at the side; counts, timeline and list below each other. */
import * as stats from "../../state/stats.ts";
import "../../styles/numbers.css";
import "../../styles/timeline.css";
import "../../styles/facets.css";
import { useEffect } from "preact/hooks";
import { Panel } from "../../components/panel.tsx";

import { Facets } from "./facets.tsx";
import { AlertList } from "./list/alert_list.tsx";
import { QueryBar } from "./query_bar.tsx";
import { StatCards } from "./stat_cards.tsx";
import { TimelinePanel } from "./timeline_panel.tsx";

/** The bar above, the tabs below, what is spoken and the keys are the app's: `app.tsx`. */
export function RuntimePage() {
  useEffect(() => stats.watch(), []);
  return (
    <>
      <Panel name="The search">
        <QueryBar />
      </Panel>
      <div class="body runtime">
        <Panel name="What is most frequent">
          <Facets />
        </Panel>
        <main id="main" class="main">
          <h1 class="vh" tabIndex={-1}>
            Runtime alerts
          </h1>
          <Panel name="The counts">
            <StatCards />
          </Panel>
          <Panel name="The timeline">
            <TimelinePanel />
          </Panel>
          <Panel name="The list">
            <AlertList />
          </Panel>
        </main>
      </div>
    </>
  );
}
