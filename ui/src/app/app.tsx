/** What every page has: the top bar, the tabs of a phone, the live region and the list of shortcuts. */

import { Panel } from "../components/panel.tsx";
import { AlertPage } from "../pages/alert/alert_page.tsx";
import { PipelinePage } from "../pages/pipeline/pipeline_page.tsx";
import { RuntimePage } from "../pages/runtime/runtime_page.tsx";
import * as liveRegion from "../state/live_region.ts";
import * as router from "../state/router.ts";

import { PhoneTabs } from "./phone_tabs.tsx";
import { ShortcutsDialog } from "./shortcuts_dialog.tsx";
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
      <PhoneTabs />
      <div class="vh" role="status" aria-live="polite">
        {liveRegion.text.value}
      </div>
      <ShortcutsDialog />
    </>
  );
}

function Shown() {
  const shown = router.page.value;
  switch (shown.name) {
    case "runtime":
      return <RuntimePage />;
    case "alert":
      return <AlertPage key={shown.id} id={shown.id} />;
    case "pipeline":
      return <PipelinePage />;
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
