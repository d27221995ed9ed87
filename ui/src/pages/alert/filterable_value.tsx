/** A value to filter by: + includes it, − excludes it. */

import { FIELD_NAMES, type Field } from "../../domain/filter.ts";
import { visible } from "../../domain/json_text.ts";
import * as query from "../../state/query.ts";

export function FilterableValue({ field, value }: { field: Field; value: string }) {
  const words = `${FIELD_NAMES[field]} ${visible(value)}`;
  return (
    <span class="value" data-field={field} data-value={value}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: + and − beside it are the way of the keyboard */}
      <bdi
        title={`Click to show only ${words}. Alt-click excludes it.`}
        onClick={(event) => query.include(field, value, event.altKey)}
      >
        {visible(value)}
      </bdi>
      <span class="pm">
        <button type="button" aria-label={`Show only ${words}`} onClick={() => query.include(field, value)}>
          +
        </button>
        <button type="button" aria-label={`Exclude ${words}`} onClick={() => query.include(field, value, true)}>
          −
        </button>
      </span>
    </span>
  );
}
