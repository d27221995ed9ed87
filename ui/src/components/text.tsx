/** A text that somebody else chose: shown as text, isolated, with its invisible characters written out. */
import { calendar, clock, moment } from "../domain/format.ts";
import { visible } from "../domain/json_text.ts";

/** A longer text is truncated, so that it does not push everything else away. */
const MOST = 400;
const HOVERED = 4_000;

interface Props {
  of: string;
  mono?: boolean;
  /** The number of characters that are shown. The tooltip has more. */
  most?: number;
}

export function Text({ of, mono = false, most = MOST }: Props) {
  const long = of.length > most;
  return (
    <bdi class={mono ? "mono" : undefined} title={long ? visible(of.slice(0, HOVERED)) : undefined}>
      {visible(long ? of.slice(0, most) : of)}
      {long && "…"}
    </bdi>
  );
}

/** The reason after a value, in quiet colours; nothing if there is none. */
export function Why({ of, most = MOST }: Pick<Props, "of" | "most">) {
  if (of === "") return null;
  return (
    <span class="why">
      {" "}
      <Text of={of} most={most} />
    </span>
  );
}

/** A time (RFC 3339) to the second. Anything else is shown as it is. */
export function When({ at }: { at: string }) {
  const ms = Date.parse(at);
  if (Number.isNaN(ms)) return <Text of={at} />;
  return (
    <time dateTime={new Date(ms).toISOString()} title={moment(ms)}>
      {calendar(ms)} {clock(ms)}
    </time>
  );
}
