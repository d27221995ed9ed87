/** The filter as chips, one for each field and sign. Invalid parts are struck out. */

import { Icon } from "../../components/icons.tsx";
import { FIELD_NAMES, FIELDS, type Field, sideOf } from "../../domain/filter.ts";
import { visible } from "../../domain/json_text.ts";
import * as query from "../../state/query.ts";

const SHOWN = 2;

export function FilterChips() {
  const asked = query.chips.value;
  const sides = FIELDS.flatMap((field) =>
    [false, true].map((excludes) => ({ field, excludes, values: sideOf(asked[field] ?? [], excludes) })),
  ).filter(({ values }) => values.length > 0);
  if (sides.length + query.rejected.value.length === 0) return null;
  return (
    <ul class="chips" aria-label="Filters">
      {sides.map(({ field, excludes, values }) => (
        <Chip key={`${field}${excludes}`} field={field} excludes={excludes} values={values} />
      ))}
      {query.rejected.value.map((problem) => (
        <li key={problem.text} class="chip wrong">
          <button type="button" title={`${problem.reason} Press to edit.`} onClick={() => query.dismiss(problem, true)}>
            <s>
              <bdi>{visible(problem.text)}</bdi>
            </s>
            <span class="vh">: {problem.reason} Edit</span>
          </button>
          <Remove name={problem.text} onClick={() => query.dismiss(problem)} />
        </li>
      ))}
    </ul>
  );
}

function Chip({ field, excludes, values }: { field: Field; excludes: boolean; values: string[] }) {
  const name = FIELD_NAMES[field];
  const all = values.map(visible).join(", ");
  return (
    <li class={`chip${excludes ? " not" : ""}`}>
      <button
        type="button"
        title={`${name} ${excludes ? "is not" : "is"} ${all}. Press to edit. Alt-click inverts it.`}
        data-field={field}
        data-value={values.length === 1 ? values[0] : undefined}
        onClick={(event) => {
          if (event.altKey) query.invert(field, excludes);
          else change(field, excludes);
        }}
      >
        {name}
        <i aria-hidden="true"> {excludes ? "≠" : "="} </i>
        <span class="vh">{excludes ? " is not " : " is "}</span>
        <bdi>{visible(values.slice(0, SHOWN).join(", "))}</bdi>
        {values.length > SHOWN && `, +${values.length - SHOWN}`}
      </button>
      <Remove name={`${name} ${excludes ? "is not" : "is"} ${all}`} onClick={() => query.removeSide(field, excludes)} />
    </li>
  );
}

function Remove({ name, onClick }: { name: string; onClick: () => void }) {
  const remove = () => {
    onClick();
    document.getElementById("search")?.focus();
  };
  return (
    <button type="button" class="x" aria-label={`Remove ${visible(name)}`} onClick={remove}>
      <Icon name="close" />
    </button>
  );
}

/** Back into the box, with the caret at its end. */
function change(field: Field, excludes: boolean): void {
  query.edit(field, excludes);
  document.getElementById("search")?.focus();
}

/** The last chip goes back into the box: what Backspace does there. */
export function editLast(): boolean {
  const asked = query.chips.peek();
  const last = FIELDS.filter((field) => (asked[field] ?? []).length > 0).at(-1);
  if (last === undefined) return false;
  const values = asked[last] ?? [];
  query.edit(last, sideOf(values, true).length > 0);
  return true;
}
