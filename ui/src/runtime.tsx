/** The page `/runtime`. Panels stand one below the other; a column of facets and a timeline find their place here. */

import { spoken } from "./announce.ts";
import { AlertList } from "./components/alert_list.tsx";
import { Panel } from "./components/panel.tsx";
import { QueryBar } from "./components/query_bar.tsx";
import { Shortcuts } from "./components/shortcuts.tsx";
import { StatCards } from "./components/stat_cards.tsx";
import { TopBar } from "./components/top_bar.tsx";

export function Runtime() {
  return (
    <>
      <a class="skip" href="#list-title">
        Skip to the alerts
      </a>
      <TopBar />
      <QueryBar />
      <div class="body">
        <main class="main">
          <h1 class="vh">Runtime alerts</h1>
          <Panel name="The counts">
            <StatCards />
          </Panel>
          <Panel name="The list">
            <AlertList />
          </Panel>
        </main>
      </div>
      <div class="vh" role="status" aria-live="polite">
        {spoken.value}
      </div>
      <Shortcuts />
    </>
  );
}
