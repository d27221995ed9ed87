/** The bar at the top of every page: cluster, pages, state of the connection, and settings. */

import { Brand, HalfCircle, Icon } from "../components/icons.tsx";
import { clock, count, duration } from "../domain/format.ts";
import { total } from "../domain/frames.ts";
import { visible } from "../domain/json_text.ts";
import { offset, zone } from "../domain/time_zone.ts";
import * as cluster from "../state/cluster.ts";
import { PAGE_NAMES } from "../state/document_title.ts";
import * as live from "../state/live.ts";
import * as query from "../state/query.ts";
import * as router from "../state/router.ts";
import * as shortcuts from "../state/shortcut_settings.ts";
import * as theme from "../state/theme.ts";

import { Nav } from "./nav.tsx";

export function TopBar() {
  return (
    <header class="top">
      <a class="brand" href={router.runtimeAddress.value}>
        <Brand />
        <span class="only-l">Tocsin</span>
        <span class="only-s">{PAGE_NAMES[router.page.value.name]}</span>
      </a>
      {cluster.name.value && (
        <span class="cluster" title="Cluster">
          <bdi>{visible(cluster.name.value)}</bdi>
        </span>
      )}
      <Nav />
      <div class="right">
        <ConnectionPill />
        <ZoneButton />
        <ThemeButton />
        <button
          type="button"
          class="icon keys"
          aria-label="Keyboard shortcuts"
          onClick={() => {
            shortcuts.open.value = true;
          }}
        >
          <Icon name="keys" />
        </button>
        {cluster.session.value && (
          <a class="tool" href="/logout">
            Sign out
          </a>
        )}
      </div>
    </header>
  );
}

/** Whose clock the times are by; the offset is on hover. */
function ZoneButton() {
  const utc = zone.value === "utc";
  const own = offset(live.now.value, "local");
  return (
    <button
      type="button"
      class="tool zone"
      aria-label={utc ? "Times are in UTC. Switch to local time" : `Times are local, ${own}. Switch to UTC`}
      title={utc ? "Times are in UTC" : `Times are local, UTC${own}`}
      onClick={() => query.setZone(utc ? "local" : "utc")}
    >
      {utc ? "UTC" : "Local"}
    </button>
  );
}

function ThemeButton() {
  const other = theme.name.value === "dark" ? "light" : "dark";
  return (
    <button type="button" class="icon" aria-label={`Switch to ${other}`} onClick={() => theme.toggle()}>
      <HalfCircle />
    </button>
  );
}

/** The state of the connection in one word, with rate and delay while it is live. */
export function ConnectionPill() {
  const { state, word, facts } = connection();
  return (
    <div class={`conn ${state}`} data-state={state}>
      <span class="vh">Connection: </span>
      <b>{word}</b>
      {facts.map((fact, index) => (
        <span key={index} class={`fact${index > 0 ? " only-l" : ""}`}>
          {fact}
        </span>
      ))}
    </div>
  );
}

function connection(): { state: string; word: string; facts: string[] } {
  const current = live.status.value;
  if (current.is === "signed_out") return { state: "signed_out", word: "Signed out", facts: [] };
  if (current.is === "connecting") return { state: "connecting", word: "Connecting", facts: [] };
  if (current.is === "reconnecting") {
    const { retry_at } = current;
    const seconds = retry_at === null ? 0 : Math.ceil((retry_at - live.now.value) / 1000);
    return { state: "reconnecting", word: "Reconnecting", facts: seconds > 0 ? [`${seconds} s`] : [] };
  }
  if (live.pausedAt.value !== null) return { state: "paused", word: `Paused ${clock(live.pausedAt.value)}`, facts: [] };
  const { ms, lagging, broken } = live.lag.value;
  if (broken) return { state: "broken", word: "Failing", facts: [] };
  if (lagging && ms !== null) return { state: "lagging", word: `${duration(ms)} behind`, facts: [] };
  const rate = `${count(total(live.numbers.value.rate))}/s`;
  return { state: "live", word: "Live", facts: ms === null ? [rate] : [rate, duration(ms)] };
}
