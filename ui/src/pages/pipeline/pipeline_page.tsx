/** The page `/pipeline`: whether events arrive, from the agents to this browser, and which rules are active. */

import type { PipelineStatus } from "../../domain/schemas.ts";
import * as live from "../../state/live.ts";
import * as queries from "../../state/queries.ts";
import "../../styles/pipeline.css";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

import type { Poll, Polled } from "../../api/poll.ts";

import { Icon } from "../../components/icons.tsx";
import { Panel } from "../../components/panel.tsx";
import { Text } from "../../components/text.tsx";
import { useDelayed } from "../../components/use_delayed.ts";
import { clock, duration } from "../../domain/format.ts";
import { LATE_MS, sentence, type Verdict, verdict } from "../../domain/pipeline_summary.ts";

import { Hops } from "./hops.tsx";
import { LedgerTable } from "./ledger_table.tsx";
import { Nodes } from "./nodes.tsx";
import { RulesPanel } from "./rules_panel.tsx";

const SKELETON_MS = 150;

export function PipelinePage() {
  useWatched(queries.status);
  useWatched(queries.rules);
  useWatched(queries.latency);
  useGoal();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <main id="main" class="body pipeline" tabIndex={0} aria-labelledby="pipeline-title">
      <h1 id="pipeline-title" tabIndex={-1}>
        Pipeline
      </h1>
      <Panel name="The summary">
        <Summary />
      </Panel>
      <Panel name="The hops">
        <Way />
      </Panel>
      <Panel name="The nodes">
        <Part id="nodes" title="Nodes" show={(status) => <Nodes status={status} />} />
      </Panel>
      <Panel name="The ledger">
        <Part id="ledger" title="Ledger" show={(status) => <LedgerTable status={status} />} />
      </Panel>
      <Panel name="The rules">
        <RulesPart />
      </Panel>
    </main>
  );
}

function useWatched(poll: Poll<unknown>): void {
  useEffect(() => poll.watch(), [poll]);
}

/** Scrolls to the part that the address names, again when data arrives above it. Stops when the user scrolls. */
function useGoal(): void {
  const moved = useRef(false);
  const there = queries.status.state.value.answer !== null && queries.rules.state.value.answer !== null;
  useEffect(() => {
    const stop = () => {
      moved.current = true;
    };
    const events = ["wheel", "keydown", "pointerdown"];
    for (const name of events) window.addEventListener(name, stop, { once: true, passive: true });
    return () => {
      for (const name of events) window.removeEventListener(name, stop);
    };
  }, []);
  useEffect(() => {
    const goal = window.location.hash && document.getElementById(window.location.hash.slice(1));
    if (!goal || moved.current) return;
    goal.scrollIntoView({ block: "start" });
    goal.querySelector<HTMLElement>("h2")?.focus({ preventScroll: true });
  }, [there]);
}

/** Why there is no current answer; empty if there is one or the request is recent. */
function silence({ why, asked }: Polled<unknown>): string {
  if (why !== "") return why;
  const waited = asked === null ? 0 : live.now.value - asked;
  return waited > LATE_MS ? `The gateway has not answered for ${duration(waited)}.` : "";
}

function Summary() {
  const state = queries.status.state.value;
  const late = useDelayed(SKELETON_MS);
  const said = verdict({
    status: state.answer,
    why: silence(state),
    age_ms: state.at === null ? 0 : Math.max(0, live.now.value - state.at),
    connected: live.status.value.is === "live" || live.status.value.is === "connecting",
  });
  if (said.is === "loading") return late ? <Bones lines={1} /> : null;
  return <Said said={said} at={state.at} />;
}

function Said({ said: { is, lead, text, command }, at }: { said: Verdict; at: number | null }) {
  return (
    <div class={`panel verdict ${is}`} data-verdict={is}>
      {is !== "fine" && <Icon name="warning" />}
      <p>
        <b>
          <Text of={lead} />
        </b>{" "}
        <Text of={text} />
        {command && (
          <>
            {" "}
            <code class="mono">{command}</code>
          </>
        )}
      </p>
      {is === "blind" ? (
        <button type="button" class="btn" onClick={queries.status.again}>
          Retry now
        </button>
      ) : (
        at !== null && <span class="muted">as of {clock(at)}</span>
      )}
    </div>
  );
}

function Way() {
  const state = queries.status.state.value;
  return <Hops status={state.answer} old={silence(state) !== ""} />;
}

interface PartProps {
  id: string;
  title: string;
  show: (status: PipelineStatus) => ComponentChildren;
}

/** A part of the status: it itself, or why it is not there. */
function Part({ id, title, show }: PartProps) {
  const state = queries.status.state.value;
  return state.answer === null ? <Absent id={id} title={title} why={silence(state)} /> : show(state.answer);
}

function RulesPart() {
  const state = queries.rules.state.value;
  const why = silence(state);
  if (state.answer === null) return <Absent id="rules" title="Rules" why={why} />;
  const old =
    why === "" || state.at === null ? "" : `${sentence(why)} The data is ${duration(live.now.value - state.at)} old.`;
  return (
    <section class="panel block" id="rules" aria-labelledby="rules-title">
      <h2 id="rules-title" tabIndex={-1}>
        Rules
      </h2>
      {old !== "" && (
        <p class="problem">
          <Text of={old} />
        </p>
      )}
      <RulesPanel rules={state.answer} />
    </section>
  );
}

function Absent({ id, title, why }: { id: string; title: string; why: string }) {
  const late = useDelayed(SKELETON_MS);
  return (
    <section class="panel block" id={id} aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`} tabIndex={-1}>
        {title}
      </h2>
      {why !== "" ? (
        <p>
          Unknown. <Text of={why} />
        </p>
      ) : (
        late && <Bones lines={4} />
      )}
    </section>
  );
}

function Bones({ lines }: { lines: number }) {
  return (
    <div class="bones" aria-hidden="true">
      {Array.from({ length: lines }, (_, index) => (
        <div key={index} class="bone" />
      ))}
    </div>
  );
}
