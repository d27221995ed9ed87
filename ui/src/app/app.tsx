/** What every page stands in: the bar above, the tabs below, what is spoken, and the keys. */

import { Panel } from "../components/panel.tsx";
import { AlertPage } from "../pages/alert/alert_page.tsx";
import { Pipeline } from "../pages/pipeline/pipeline_page.tsx";
import { Runtime } from "../pages/runtime/runtime_page.tsx";
import * as liveRegion from "../state/live_region.ts";
import * as router from "../state/router.ts";

import { Tabs } from "./phone_tabs.tsx";
import { Shortcuts } from "./shortcuts_dialog.tsx";
import { TopBar } from "./top_bar.tsx";

export function App() {
  return (
    <>
      {router.page.value.name === "runtime" ? (
        <a class="skip" href="#list-title">
          Skip to the alerts
        </a>
      ) : (
        <a class="skip" href="#main">
          Skip to content
        </a>
      )}
      <TopBar />
      <Panel key={router.page.value.name} name="The page">
        <Shown />
      </Panel>
      <Tabs />
      <div class="vh" role="status" aria-live="polite">
        {liveRegion.text.value}
      </div>
      <Shortcuts />
    </>
  );
}

function Shown() {
  const shown = router.page.value;
  switch (shown.name) {
    case "runtime":
      return <Runtime />;
    case "alert":
      return <AlertPage key={shown.id} id={shown.id} />;
    case "pipeline":
      return <Pipeline />;
    default:
      return <Unknown />;
  }
}

function Unknown() {
  return (
    <main id="main" class="body empty" tabIndex={-1}>
      <h1>There is no such page</h1>
      <p>
        <a href={router.runtimeAddress.value}>Back to the alerts</a>
      </p>
    </main>
  );
}
