/** One name and one value of an alert; nothing if there is no value. */
import type { ComponentChildren } from "preact";
import type { Field } from "../../domain/filter.ts";
import { visible } from "../../domain/json_text.ts";
import { FilterableValue } from "./filterable_value.tsx";

interface Props {
  name: string;
  value: string | undefined;
  /** Ours, not a machine's. */
  plain?: boolean;
  /** What the value can be filtered by. */
  field?: Field | undefined;
}

export function FieldRow({ name, value, plain = false, field }: Props): ComponentChildren {
  if (!value) return null;
  return (
    <>
      <dt>
        <bdi>{visible(name)}</bdi>
      </dt>
      <dd class={plain ? "" : "mono"}>
        {field ? <FilterableValue field={field} value={value} /> : <bdi>{visible(value)}</bdi>}
      </dd>
    </>
  );
}
