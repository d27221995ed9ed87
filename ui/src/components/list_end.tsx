/** What stands below the last row: whether that is all, and how to get at the rest. */
import { useEffect } from "preact/hooks";
import { count } from "../format.ts";
import { visible } from "../json.ts";
import { alertsIn } from "../listing.ts";
import { gatewayNow, list, more, rangeState } from "../live.ts";
import { bounds } from "../period.ts";
import { range, setRange } from "../query.ts";

/** `near`: the last row is drawn. */
export function ListEnd({ near }: { near: boolean }) {
  if (!near) return null;
  return range.value.live ? <LiveEnd /> : <RangeEnd />;
}

function LiveEnd() {
  const { rows } = list.value;
  const all = alertsIn.value;
  const here = rows.reduce((sum, { n = 1 }) => sum + n, 0);
  if (all === null || all.n <= here) return null;
  return (
    <p class="end">
      {count(here)} of {count(all.n)} alerts are listed here.{" "}
      <button
        type="button"
        class="act"
        onClick={() => setRange({ live: false, ...bounds(range.peek(), gatewayNow()) })}
      >
        Look through all that are held
      </button>
    </p>
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
      <p class="end">
        Older ones could not be loaded. <bdi>{visible(state.why)}</bdi>{" "}
        <button type="button" class="act" onClick={more}>
          Try again
        </button>
      </p>
    );
  }
  if (state.more || state.loading) return <p class="end">Loading older ones…</p>;
  return <p class="end">That is all that is held of this time.</p>;
}
