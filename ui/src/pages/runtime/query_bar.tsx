/** Time range, search box, filters and Pause. */

import { Icon } from "../../components/icons.tsx";
import { FIELDS } from "../../domain/filter.ts";
import { count } from "../../domain/format.ts";
import { visible } from "../../domain/json_text.ts";
import { drawerOpen } from "../../state/drawer.ts";
import { list, pausedAt, togglePause } from "../../state/live.ts";
import { announce } from "../../state/live_region.ts";
import { backToLive, filter, problems, range, refresh } from "../../state/query.ts";
import { SearchBox } from "./search_box.tsx";
import { TimeRange } from "./time_range_picker.tsx";

export function QueryBar() {
  return (
    <div class="query" role="search">
      <TimeRange />
      <SearchBox />
      <FiltersButton />
      <RefreshButton />
      {range.value.live ? <PauseButton /> : <LiveButton />}
      <div id="search-problems" class="problems" role="status">
        {problems.value.map(({ text: part, reason }) => (
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

/** Brings out the facets where their column has no room. */
function FiltersButton() {
  const set = FIELDS.filter((field) => (filter.value[field] ?? []).length > 0).length;
  const open = drawerOpen.value;
  return (
    <button
      type="button"
      class="btn filters"
      aria-expanded={open}
      aria-label={set > 0 ? `Filters, ${set} set` : "Filters"}
      onClick={() => {
        drawerOpen.value = !open;
      }}
    >
      <Icon name="filter" />
      <span class="lab">Filters</span>
      {set > 0 && <span class="badge">{set}</span>}
    </button>
  );
}

/** What stands still can be asked for again. */
function RefreshButton() {
  const { live } = range.value;
  if (live && pausedAt.value === null) return null;
  const again = () => {
    if (live) {
      togglePause();
      togglePause();
    } else {
      refresh();
    }
    announce("Refreshed.");
  };
  return (
    <button type="button" class="btn square" aria-label="Refresh" title="Refresh" onClick={again}>
      <Icon name="refresh" />
    </button>
  );
}

function LiveButton() {
  return (
    <button type="button" class="btn pause on" onClick={backToLive}>
      <Icon name="play" />
      <span class="lab">Back to live</span>
      <kbd>Esc</kbd>
    </button>
  );
}

function PauseButton() {
  const paused = pausedAt.value !== null;
  const { waiting } = list.value;
  const word = paused ? (waiting > 0 ? `Resume · ${count(waiting)} new` : "Resume") : "Pause";
  return (
    <button type="button" class={`btn pause${paused ? " on" : ""}`} onClick={togglePause}>
      <Icon name={paused ? "play" : "pause"} />
      <span class="lab">{word}</span>
      <kbd>Space</kbd>
    </button>
  );
}
