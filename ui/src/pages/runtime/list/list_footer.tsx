/** What stands below the last row: whether that is all, and how to get at the rest. */
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { count } from "../../../domain/format.ts";
import { visible } from "../../../domain/json_text.ts";
import { bounds } from "../../../domain/time_range.ts";
import { gatewayNow, list, more, rangeState } from "../../../state/live.ts";
import { range, setRange } from "../../../state/query.ts";
import { alertsIn } from "../../../state/rows.ts";

/** `near`: the last row is drawn. */
export function ListEnd({ near }: { near: boolean }) {
  if (!near) return null;
  return range.value.live ? <LiveEnd /> : <RangeEnd />;
}

/** A row of the grid like the others: what stands between its rows has to be one. */
function End({ children }: { children: ComponentChildren }) {
  return (
    <div class="end" role="row">
      <span role="gridcell">{children}</span>
    </div>
  );
}

function LiveEnd() {
  const { rows } = list.value;
  const all = alertsIn.value;
  const here = rows.reduce((sum, { n = 1 }) => sum + n, 0);
  if (all === null || all.n <= here) return null;
  return (
    <End>
      {count(here)} of {count(all.n)} alerts are listed here.{" "}
      <button
        type="button"
        class="act"
        onClick={() => setRange({ live: false, ...bounds(range.peek(), gatewayNow()) })}
      >
        Look through all that are held
      </button>
    </End>
  );
}

function RangeEnd() {
  const state = rangeState.value;
  const ready = state.is === "ready";
  const asks = ready && state.more && !state.loading && state.why === "";
  useEffect(() => {
    if (asks) more();
  });
  if (!ready) return null;
  if (state.why !== "") {
    return (
      <End>
        Older ones could not be loaded. <bdi>{visible(state.why)}</bdi>{" "}
        <button type="button" class="act" onClick={more}>
          Try again
        </button>
      </End>
    );
  }
  if (state.more || state.loading) return <End>Loading older ones…</End>;
  return <End>That is all that is held of this time.</End>;
}
