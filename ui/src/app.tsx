/** What every page stands in: the bar above, the tabs below, what is spoken, and the keys. */

import { AlertPage } from "./alert_page.tsx";
import { spoken } from "./announce.ts";
import { Panel } from "./components/panel.tsx";
import { Shortcuts } from "./components/shortcuts.tsx";
import { Tabs } from "./components/tabs.tsx";
import { TopBar } from "./components/top_bar.tsx";
import { page, runtimeAddress } from "./page.ts";
import { Pipeline } from "./pipeline.tsx";
import { Runtime } from "./runtime.tsx";

export function App() {
  return (
    <>
      {page.value.name === "runtime" ? (
        <a class="skip" href="#list-title">
          Skip to the alerts
        </a>
      ) : (
        <a class="skip" href="#main">
          Skip to the content
        </a>
      )}
      <TopBar />
      <Panel key={page.value.name} name="The page">
        <Shown />
      </Panel>
      <Tabs />
      <div class="vh" role="status" aria-live="polite">
        {spoken.value}
      </div>
      <Shortcuts />
    </>
  );
}

function Shown() {
  const shown = page.value;
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
        <a href={runtimeAddress.value}>To the alerts</a>
      </p>
    </main>
  );
}
