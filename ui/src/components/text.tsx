/** A text that somebody else chose: as text, its invisible characters written out, and apart from the words around it. */
import { calendar, clock, moment } from "../domain/format.ts";
import { visible } from "../domain/json_text.ts";

/** Longer texts are cut: whoever wrote them wants more room than they need. */
const MOST = 400;
const HOVERED = 4_000;

interface Props {
  of: string;
  mono?: boolean;
  /** So many characters are shown, and more of them to those who hover. */
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

/** What stands after a value and says why, quietly; nothing where nothing is said. */
export function Why({ of, most = MOST }: Pick<Props, "of" | "most">) {
  if (of === "") return null;
  return (
    <span class="why">
      {" "}
      <Text of={of} most={most} />
    </span>
  );
}

/** A time (RFC 3339) to the second; what is none is shown as it stands. */
export function When({ at }: { at: string }) {
  const ms = Date.parse(at);
  if (Number.isNaN(ms)) return <Text of={at} />;
  return (
    <time dateTime={new Date(ms).toISOString()} title={moment(ms)}>
      {calendar(ms)} {clock(ms)}
    </time>
  );
}
