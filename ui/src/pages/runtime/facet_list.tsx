/** One list of the most frequent values. A click includes a value, Alt-click excludes it; the arrow keys move. */

import { useEffect, useRef, useState } from "preact/hooks";
import { facets } from "../../api/client.ts";
import { SeverityMark } from "../../components/icons.tsx";
import { type Facet, has, type Line, lines } from "../../domain/facet_fields.ts";
import { count } from "../../domain/format.ts";
import { visible } from "../../domain/json_text.ts";
import type { TopValue } from "../../domain/schemas.ts";
import { bounds } from "../../domain/time_range.ts";
import * as live from "../../state/live.ts";
import * as query from "../../state/query.ts";

const TYPING_MS = 200;

interface Props {
  facet: Facet;
  entries: readonly TopValue[];
  /** What the values shall hold. */
  narrowed: string;
}

export function FacetList({ facet, entries, narrowed }: Props) {
  const found = useNarrowed(facet, narrowed);
  const shown = lines(found ?? entries, facet.field, query.filter.value, narrowed);
  const [at, setAt] = useState(0);
  const stop = Math.min(at, shown.length - 1);
  if (shown.length === 0) return <p class="none">{narrowed === "" ? "None" : "No match"}</p>;
  return (
    <ol onKeyDown={walk} aria-label={`${facet.title}, most frequent first`}>
      {shown.map((line, index) => (
        <FacetLine key={line.value} facet={facet} line={line} stops={index === stop} onFocus={() => setAt(index)} />
      ))}
    </ol>
  );
}

interface LineProps {
  facet: Facet;
  line: Line;
  /** Whether Tab stops here. */
  stops: boolean;
  onFocus: () => void;
}

function FacetLine({ facet: { field, noun }, line, stops, onFocus }: LineProps) {
  const { value, n, worst, is, share } = line;
  const words = `${noun} ${visible(value)}`;
  const tabIndex = stops ? 0 : -1;
  return (
    <li class={is} onFocusCapture={onFocus}>
      <button
        type="button"
        class="val"
        tabIndex={tabIndex}
        aria-pressed={is === "included"}
        title={`${visible(value)}\nClick to show only this. Alt-click excludes it.`}
        data-field={field}
        data-value={value}
        style={{ "--w": `${Math.round(share * 1000) / 10}%` }}
        onClick={(event) => turn(line, field, event.altKey)}
      >
        {worst === null ? <i /> : <SeverityMark severity={worst} />}
        <bdi class="mono">{visible(value)}</bdi>
        <span class="n">
          {n !== null && count(n)}
          {n !== null && <span class="vh"> alerts, highest severity {worst}</span>}
        </span>
      </button>
      <span class="pm">
        <button
          type="button"
          tabIndex={tabIndex}
          aria-label={is === "included" ? `Stop showing only ${words}` : `Show only ${words}`}
          onClick={() => turn(line, field, false)}
        >
          {is === "included" ? "×" : "+"}
        </button>
        <button
          type="button"
          tabIndex={tabIndex}
          aria-label={is === "excluded" ? `Stop excluding ${words}` : `Exclude ${words}`}
          onClick={() => turn(line, field, true)}
        >
          {is === "excluded" ? "×" : "−"}
        </button>
      </span>
    </li>
  );
}

/** Includes or excludes the value; removes it if it is in the filter already. */
function turn({ value }: Line, field: Facet["field"], excludes: boolean): void {
  if (has(query.filter.peek(), field, value, excludes)) query.remove(field, value);
  else query.include(field, value, excludes);
}

/** Up and down move from line to line, in the column of the focus. */
function walk(event: KeyboardEvent): void {
  const steps: Record<string, number> = {
    ArrowDown: 1,
    ArrowUp: -1,
    Home: Number.NEGATIVE_INFINITY,
    End: Number.POSITIVE_INFINITY,
  };
  const step = steps[event.key];
  const from = (event.target as Element).closest("li");
  if (step === undefined || from === null) return;
  event.preventDefault();
  const all = [...(event.currentTarget as Element).children];
  const to = all[Math.max(0, Math.min(all.length - 1, all.indexOf(from) + step))];
  const column = [...from.querySelectorAll("button")].indexOf(event.target as HTMLButtonElement);
  to?.querySelectorAll("button")[Math.max(0, column)]?.focus();
}

/** All values that contain the text; null until the gateway answers. */
function useNarrowed({ dimension }: Facet, narrowed: string): TopValue[] | null {
  const [found, setFound] = useState<TopValue[] | null>(null);
  const asking = useRef(new AbortController());
  const wanted = query.filter.value;
  useEffect(() => {
    setFound(null);
    if (narrowed === "") return;
    const own = new AbortController();
    asking.current = own;
    const timer = setTimeout(() => {
      const request = { ...bounds(query.range.peek(), live.gatewayNow()), filter: wanted };
      facets(request, own.signal, { dimension, text: narrowed }).then(
        ({ top }) => setFound(top[dimension] ?? []),
        () => {},
      );
    }, TYPING_MS);
    return () => {
      clearTimeout(timer);
      own.abort();
    };
  }, [narrowed, dimension, wanted]);
  return found;
}
