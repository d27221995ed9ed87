/** The way of an event, hop by hop; the last one is this browser. */

import { roundTrip } from "../../api/latency.ts";
import { Text } from "../../components/text.tsx";
import { useLate } from "../../components/use_delayed.ts";
import { plural } from "../../domain/format.ts";
import { total } from "../../domain/frames.ts";
import { rate, span } from "../../domain/pipeline_summary.ts";
import type { PipelineStatus } from "../../domain/schemas.ts";
import { lag, numbers, status as stream } from "../../state/live.ts";
import { Box, Hop, Value } from "./hop.tsx";

const SKELETON_MS = 150;
const HOPS = 6;

interface Props {
  status: PipelineStatus | null;
  /** Whether the gateway does not answer, so that nothing is known of now. */
  old: boolean;
}

export function Hops({ status, old }: Props) {
  const late = useLate(SKELETON_MS);
  const hops = (status?.hops ?? []).filter(({ name }) => name !== "you");
  return (
    <section class="panel block" aria-labelledby="hops-title">
      <h2 id="hops-title">From sensor to this browser</h2>
      {status !== null && hops.length === 0 && <p>The gateway names no hop.</p>}
      <ol class="hops">
        {hops.map((hop) => (
          <Hop key={hop.name} hop={hop} old={old} />
        ))}
        {status === null && !old && late && <Outlines />}
        <You old={old} />
      </ol>
      {status !== null && <Clients status={status} />}
    </section>
  );
}

/** Where the boxes will be. */
function Outlines() {
  return Array.from({ length: HOPS }, (_, index) => (
    <li key={index} class="hop bones" aria-hidden="true">
      {Array.from({ length: HOPS }, (_, line) => (
        <div key={line} class="bone" />
      ))}
    </li>
  ));
}

const CONNECTION = {
  connecting: "",
  reconnecting: "The connection to the gateway is lost.",
  signed_out: "You are signed out.",
  live: "",
} as const;

/** What this browser knows of itself: it needs no answer for that. */
function You({ old }: { old: boolean }) {
  const { ms, lagging } = lag.value;
  const live = stream.value.is === "live";
  const late = live && lagging && ms !== null ? `What is shown is ${span(ms / 1000)} old.` : "";
  return (
    <Box
      title="This browser"
      problem={CONNECTION[stream.value.is] || late}
      unknown={stream.value.is === "connecting" ? "Connecting" : old ? "Unknown now" : ""}
    >
      <Value name="In">{live ? rate(total(numbers.value.rate)) : "nothing"}</Value>
      <Value name="Delay">{live ? span(ms === null ? null : ms / 1000) : "unknown"}</Value>
      <Value name="Round trip">{span(roundTrip.value === null ? null : roundTrip.value / 1000)}</Value>
    </Box>
  );
}

function Clients({ status: { clients, cluster } }: { status: PipelineStatus }) {
  const { open, slow } = clients;
  const many =
    open === null
      ? "How many browsers are connected is unknown"
      : `${plural(open, "browser")} connected to this gateway`;
  const behind = slow === null ? "" : slow === 0 ? ", none slow" : `, ${slow} slow (sent fewer rows, never older ones)`;
  return (
    <p class="muted clients">
      {`${many}${behind}.`}
      {cluster !== "" && (
        <>
          {" "}
          Cluster <Text of={cluster} />.
        </>
      )}
    </p>
  );
}
