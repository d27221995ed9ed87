/** Whether repeats are one row. */
import { announce } from "../../../state/live_region.ts";
import { fold, setFold } from "../../../state/query.ts";

export function FoldToggle() {
  const on = fold.value;
  return (
    <button
      type="button"
      class="switch"
      role="switch"
      aria-checked={on}
      title="One row for what repeats within 10 s; never across severities"
      onClick={() => {
        setFold(!on);
        announce(on ? "Every alert is a row." : "Repeats are one row.");
      }}
    >
      Fold repeats
      <i aria-hidden="true" />
    </button>
  );
}
