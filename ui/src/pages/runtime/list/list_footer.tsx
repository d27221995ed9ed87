/** The end of the list: whether that is all, and how to load more. */

import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { count } from "../../../domain/format.ts";
import { visible } from "../../../domain/json_text.ts";
import { bounds } from "../../../domain/time_range.ts";
import * as live from "../../../state/live.ts";
import * as query from "../../../state/query.ts";
import * as listing from "../../../state/rows.ts";

/** `near`: the last row is drawn. */
export function ListFooter({ near }: { near: boolean }) {
  if (!near) return null;
  return query.range.value.live ? <LiveEnd /> : <RangeEnd />;
}

/** A row of the grid: a grid may contain nothing else. */
function End({ children }: { children: ComponentChildren }) {
  return (
    <div class="end" role="row">
      <span role="gridcell">{children}</span>
    </div>
  );
}

function LiveEnd() {
  const { rows } = live.list.value;
  const all = listing.alerts.value;
  const here = rows.reduce((sum, { n = 1 }) => sum + n, 0);
  if (all === null || all.n <= here) return null;
  return (
    <End>
      {count(here)} of {count(all.n)} alerts are listed.{" "}
      <button
        type="button"
        class="act"
        onClick={() => query.setRange({ live: false, ...bounds(query.range.peek(), live.gatewayNow()) })}
      >
        Load all retained alerts
      </button>
    </End>
  );
}

function RangeEnd() {
  const state = live.rangeState.value;
  const ready = state.is === "ready";
  const asks = ready && state.more && !state.loading && state.why === "";
  useEffect(() => {
    if (asks) live.loadOlder();
  });
  if (!ready) return null;
  if (state.why !== "") {
    return (
      <End>
        Older alerts could not be loaded. <bdi>{visible(state.why)}</bdi>{" "}
        <button type="button" class="act" onClick={() => live.loadOlder()}>
          Try again
        </button>
      </End>
    );
  }
  if (state.more || state.loading) return <End>Loading older alerts…</End>;
  return <End>No older alerts are retained for this range.</End>;
}
