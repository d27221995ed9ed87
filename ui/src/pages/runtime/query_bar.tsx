/** Time range, search box, filters, refresh and pause. */

import { Icon } from "../../components/icons.tsx";
import { FIELDS } from "../../domain/filter.ts";
import { count } from "../../domain/format.ts";
import { visible } from "../../domain/json_text.ts";
import * as layout from "../../state/layout.ts";
import * as live from "../../state/live.ts";
import * as liveRegion from "../../state/live_region.ts";
import * as query from "../../state/query.ts";

import { SearchBox } from "./search_box.tsx";
import { TimeRangePicker } from "./time_range_picker.tsx";

export function QueryBar() {
  return (
    <div class="query" role="search">
      <TimeRangePicker />
      <SearchBox />
      <FiltersButton />
      <RefreshButton />
      {query.range.value.live ? <PauseButton /> : <LiveButton />}
      <div id="search-problems" class="problems" role="status">
        {query.problems.value.map(({ text: part, reason }) => (
          <p key={part}>
            <s>
              <bdi>{visible(part)}</bdi>
            </s>{" "}
            {reason}
          </p>
        ))}
      </div>
    </div>
  );
}

/** Opens the facets if they have no column of their own. */
function FiltersButton() {
  const set = FIELDS.filter((field) => (query.filter.value[field] ?? []).length > 0).length;
  const open = layout.drawerOpen.value;
  return (
    <button
      type="button"
      class="btn filters"
      aria-expanded={open}
      aria-label={set > 0 ? `Filters, ${set} set` : "Filters"}
      onClick={() => {
        layout.drawerOpen.value = !open;
      }}
    >
      <Icon name="filter" />
      <span class="lab">Filters</span>
      {set > 0 && <span class="badge">{set}</span>}
    </button>
  );
}

/** A frozen view can be refreshed. */
function RefreshButton() {
  const following = query.range.value.live;
  if (following && live.pausedAt.value === null) return null;
  const again = () => {
    if (following) {
      live.togglePause();
      live.togglePause();
    } else {
      query.refresh();
    }
    liveRegion.announce("Refreshed.");
  };
  return (
    <button type="button" class="btn square" aria-label="Refresh" title="Refresh" onClick={again}>
      <Icon name="refresh" />
    </button>
  );
}

function LiveButton() {
  return (
    <button type="button" class="btn pause on" onClick={() => query.backToLive()}>
      <Icon name="play" />
      <span class="lab">Back to live</span>
      <kbd>Esc</kbd>
    </button>
  );
}

function PauseButton() {
  const paused = live.pausedAt.value !== null;
  const { waiting } = live.list.value;
  const word = paused ? (waiting > 0 ? `Resume · ${count(waiting)} new` : "Resume") : "Pause";
  return (
    <button type="button" class={`btn pause${paused ? " on" : ""}`} onClick={() => live.togglePause()}>
      <Icon name={paused ? "play" : "pause"} />
      <span class="lab">{word}</span>
      <kbd>Space</kbd>
    </button>
  );
}
