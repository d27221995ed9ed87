/** One name and one value in a box of an open alert; nothing where there is no value. */
import type { ComponentChildren } from "preact";
import { visible } from "../json.ts";

interface Props {
  name: string;
  value: string | undefined;
  plain?: boolean;
}

export function Fact({ name, value, plain = false }: Props): ComponentChildren {
  if (!value) return null;
  const text = visible(value);
  return (
    <>
      <dt>{visible(name)}</dt>
      <dd class={plain ? "" : "mono"} title={text}>
        {text}
      </dd>
    </>
  );
}
