/** Which columns the list has: the reader's choice, kept in the address. */

import { Icon } from "../../../components/icons.tsx";
import { usePopup } from "../../../components/use_popup.ts";
import { COLUMN_NAMES, turned } from "../../../domain/column_layout.ts";
import { COLUMNS, DEFAULT_COLUMNS, sameColumns } from "../../../domain/columns.ts";
import * as query from "../../../state/query.ts";

export function ColumnMenu() {
  const { root, open, toggle } = usePopup<HTMLDivElement>();
  return (
    <div class="menu only-l" ref={root}>
      <button type="button" class="tool" aria-expanded={open} onClick={toggle}>
        <Icon name="columns" />
        Columns
      </button>
      {open && <Choice />}
    </div>
  );
}

function Choice() {
  const chosen = query.columns.value;
  return (
    <div class="popup right" role="group" aria-label="Columns">
      {COLUMNS.map((column) => {
        const on = chosen.includes(column);
        return (
          <label key={column} class="choice">
            <input
              type="checkbox"
              checked={on}
              disabled={on && chosen.length === 1}
              onChange={() => query.setColumns(turned(query.columns.peek(), column))}
            />
            {COLUMN_NAMES[column]}
          </label>
        );
      })}
      <button
        type="button"
        class="btn"
        disabled={sameColumns(chosen, DEFAULT_COLUMNS)}
        onClick={() => query.setColumns(DEFAULT_COLUMNS)}
      >
        Reset
      </button>
      <p class="muted">A narrow window hides some columns.</p>
    </div>
  );
}
