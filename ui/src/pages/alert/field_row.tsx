/** One name and one value in a box of an open alert; nothing where there is no value. */
import type { ComponentChildren } from "preact";
import type { Field } from "../../domain/filter.ts";
import { visible } from "../../domain/json_text.ts";
import { Value } from "./filterable_value.tsx";

interface Props {
  name: string;
  value: string | undefined;
  /** Ours, not a machine's. */
  plain?: boolean;
  /** What the value can be filtered by. */
  field?: Field | undefined;
}

export function Fact({ name, value, plain = false, field }: Props): ComponentChildren {
  if (!value) return null;
  return (
    <>
      <dt>
        <bdi>{visible(name)}</bdi>
      </dt>
      <dd class={plain ? "" : "mono"}>{field ? <Value field={field} value={value} /> : <bdi>{visible(value)}</bdi>}</dd>
    </>
  );
}
