/** The stages of the pipeline. The last one is this browser. */

import { Text } from "../../components/text.tsx";
import { useDelayed } from "../../components/use_delayed.ts";
import { plural } from "../../domain/format.ts";
import { total } from "../../domain/frames.ts";
import { rate, span } from "../../domain/pipeline_summary.ts";
import type { PipelineStatus } from "../../domain/schemas.ts";
import * as live from "../../state/live.ts";
import * as queries from "../../state/queries.ts";

import { Box, Hop, Value } from "./hop.tsx";

const SKELETON_MS = 150;
const HOPS = 6;

interface Props {
  status: PipelineStatus | null;
  /** Whether the gateway does not answer, so that nothing is known of now. */
  old: boolean;
}

export function Hops({ status, old }: Props) {
  const late = useDelayed(SKELETON_MS);
  const hops = (status?.hops ?? []).filter(({ name }) => name !== "you");
  return (
    <section class="panel block" aria-labelledby="hops-title">
      <h2 id="hops-title">From sensor to this browser</h2>
      {status !== null && hops.length === 0 && <p>The gateway reports no stages.</p>}
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
  const { ms, lagging } = live.lag.value;
  const round_trip = queries.roundTrip();
  const connected = live.status.value.is === "live";
  const late = connected && lagging && ms !== null ? `The data is ${span(ms / 1000)} old.` : "";
  return (
    <Box
      title="This browser"
      problem={CONNECTION[live.status.value.is] || late}
      unknown={live.status.value.is === "connecting" ? "Connecting" : old ? "Unknown" : ""}
    >
      <Value name="In">{connected ? rate(total(live.numbers.value.rate)) : "nothing"}</Value>
      <Value name="Delay">{connected ? span(ms === null ? null : ms / 1000) : "unknown"}</Value>
      <Value name="Round trip">{span(round_trip === null ? null : round_trip / 1000)}</Value>
    </Box>
  );
}

function Clients({ status: { clients, cluster } }: { status: PipelineStatus }) {
  const { open, slow } = clients;
  const many =
    open === null
      ? "An unknown number of browsers is connected"
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
