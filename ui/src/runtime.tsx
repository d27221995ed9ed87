/** The page `/runtime`: what is most frequent at the side; counts, their course and the list one below the other. */
import "./styles/numbers.css";
import "./styles/timeline.css";
import "./styles/facets.css";
import { useEffect } from "preact/hooks";
import { AlertList } from "./components/alert_list.tsx";
import { Facets } from "./components/facets.tsx";
import { Panel } from "./components/panel.tsx";
import { QueryBar } from "./components/query_bar.tsx";
import { StatCards } from "./components/stat_cards.tsx";
import { Timeline } from "./components/timeline.tsx";
import { watchFigures } from "./shown.ts";

/** The bar above, the tabs below, what is spoken and the keys are the app's: `app.tsx`. */
export function Runtime() {
  useEffect(watchFigures, []);
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
            <Timeline />
          </Panel>
          <Panel name="The list">
            <AlertList />
          </Panel>
        </main>
      </div>
    </>
  );
}
