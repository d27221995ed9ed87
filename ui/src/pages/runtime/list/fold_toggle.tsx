import * as liveRegion from "../../../state/live_region.ts";
import * as query from "../../../state/query.ts";
/** Whether repeats are one row. */

export function FoldToggle() {
  const on = query.fold.value;
  return (
    <button
      type="button"
      class="switch"
      role="switch"
      aria-checked={on}
      title="Show repeats within 10 s as one row"
      onClick={() => {
        query.setFold(!on);
        liveRegion.announce(on ? "Every alert is a row." : "Repeats are one row.");
      }}
    >
      Fold repeats
      <i aria-hidden="true" />
    </button>
  );
}
