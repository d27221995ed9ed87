/** One stage of the pipeline: what goes in and out, how far behind it is, and what it dropped. */

import type { ComponentChildren } from "preact";
import { Icon } from "../../components/icons.tsx";
import { Text, Why } from "../../components/text.tsx";
import { ago, number, rate, span, titleOf } from "../../domain/pipeline_summary.ts";
import type { Hop as Facts } from "../../domain/schemas.ts";

interface BoxProps {
  title: string;
  /** What fails, as a sentence; empty if nothing does. */
  problem: string;
  /** Why the present state is unknown, in a word or two; empty if it is known. */
  unknown?: string;
  children: ComponentChildren;
}

/** Longer reasons are cut in a box. */
const REASON = 120;

export function Box({ title, problem, unknown = "", children }: BoxProps) {
  const wrong = problem !== "";
  const word = wrong ? "Failing" : unknown || "OK";
  return (
    <li class={`hop${wrong ? " wrong" : ""}`}>
      <h3>
        <Text of={title} />
        <span class={`state${unknown ? " unknown" : ""}`}>
          {wrong && <Icon name="warning" />}
          {word}
        </span>
      </h3>
      {wrong && (
        <p class="problem">
          <Text of={problem} />
        </p>
      )}
      <dl>{children}</dl>
    </li>
  );
}

export function Value({ name, children, wide = false }: { name: string; children: ComponentChildren; wide?: boolean }) {
  return (
    <div class={wide ? "wide" : ""}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

export function Hop({ hop, old }: { hop: Facts; old: boolean }) {
  const { dropped, dropped_why } = hop;
  return (
    <Box
      title={titleOf(hop)}
      problem={hop.problem}
      unknown={old ? "Unknown" : hop.instances === 0 ? "No report yet" : ""}
    >
      {hop.instances !== null && <Value name="Instances">{number(hop.instances)}</Value>}
      <Value name="In">{rate(hop.in_s)}</Value>
      <Value name="Out">{rate(hop.out_s)}</Value>
      <Value name="Lag">{span(hop.lag_s)}</Value>
      <Value name="Waiting">{number(hop.waiting)}</Value>
      <Value name="Last seen">{ago(hop.last_seen_s)}</Value>
      <Value name="Dropped" wide={dropped_why !== ""}>
        {number(dropped)}
        <Why of={dropped_why} most={REASON} />
      </Value>
    </Box>
  );
}
