/** Why the list is empty: nothing happened, nothing matches, or alerts cannot arrive. Each looks different. */

import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { agentSummary } from "../../../domain/agent_summary.ts";
import { FIELD_NAMES, FIELDS, isEmpty, print } from "../../../domain/filter.ts";
import { count, duration, moment, plural } from "../../../domain/format.ts";
import { total } from "../../../domain/frames.ts";
import { visible } from "../../../domain/json_text.ts";
import * as live from "../../../state/live.ts";
import * as queries from "../../../state/queries.ts";
import * as query from "../../../state/query.ts";
import * as listing from "../../../state/rows.ts";

export function EmptyState() {
  if (!query.range.value.live) return <Past />;
  const current = live.status.value;
  if (current.is === "connecting") return <Skeleton />;
  if (current.is !== "live") return <Blind />;
  if (live.lag.value.broken !== "") return <Broken />;
  if (live.list.value.waiting > 0) return <Waiting />;
  const { complete } = live.list.value;
  if (isEmpty(query.filter.value)) return complete ? <Quiet /> : <Skeleton />;
  return complete ? (
    <Filtered all={live.numbers.value.known ? total(live.numbers.value.counts) : null} />
  ) : (
    <Searching />
  );
}

function Why({ is, blind = false, head, children }: WhyProps) {
  return (
    <div class={`empty${blind ? " blind" : ""}`} data-empty={is}>
      <h3>{head}</h3>
      {children}
    </div>
  );
}

interface WhyProps {
  is: string;
  blind?: boolean;
  head: string;
  children?: ComponentChildren;
}

function Skeleton() {
  return (
    <div class="skeleton" data-empty="connecting" aria-hidden="true">
      {Array.from({ length: 12 }, (_, index) => (
        <div key={index} class="bone" />
      ))}
    </div>
  );
}

/** Without a connection it says nothing about alerts. */
function Blind() {
  const current = live.status.value;
  const seconds =
    current.is === "reconnecting" && current.retry_at !== null
      ? Math.max(0, Math.ceil((current.retry_at - live.now.value) / 1000))
      : 0;
  const next = seconds > 0 ? `Trying again in ${seconds} s.` : "Trying now.";
  return (
    <Why is="blind" blind head="Not connected">
      <p>Alerts are unknown until the gateway answers. {current.is === "signed_out" ? "" : next}</p>
      <Clear />
    </Why>
  );
}

/** The gateway answers, but a stage before it fails. */
function Broken() {
  return (
    <Why is="broken" blind head="Alerts may be missing">
      <p>
        <bdi>{visible(live.lag.value.broken)}</bdi>
      </p>
      <p>
        Find the cause: <a href="/pipeline">Pipeline</a>, <code class="mono">tocsin ledger</code>, or{" "}
        <a href="/readyz">/readyz</a>.
      </p>
      <Clear />
    </Why>
  );
}

function Waiting() {
  return <Why is="waiting" head={`${plural(live.list.value.waiting, "alert")} arrived since you paused.`} />;
}

function Searching() {
  return (
    <Why is="searching" head="Searching…">
      <Clear />
    </Why>
  );
}

/** Nothing happened, and the proof that it would have been seen. */
function Quiet() {
  useEffect(() => queries.status.watch(), []);
  const counted = total(live.numbers.value.counts);
  const span = live.window_s.value === null ? "yet" : `in the last ${duration(live.window_s.value * 1000)}`;
  const { answer, at, why } = queries.status.state.value;
  const seen = answer === null || at === null ? null : agentSummary(answer.nodes, (live.now.value - at) / 1000);
  if (counted === 0 && seen?.is === "none") return <NoAgents />;
  const heard =
    live.lastFrameAt.value === null
      ? ""
      : ` The gateway answered ${duration(Math.max(0, live.now.value - live.lastFrameAt.value))} ago.`;
  return (
    <Why
      is="quiet"
      head={counted === 0 ? `No alerts ${span}.` : `${count(counted)} alerts ${span}, none of them loaded.`}
    >
      {seen?.is === "some" ? (
        <p class={seen.silent > 0 ? "warn" : ""}>{seen.words}</p>
      ) : (
        <p>
          Connected.{heard} {why !== "" && "It is unknown which agents report."}
        </p>
      )}
      {seen?.is === "some" && seen.silent > 0 && (
        <p>
          Details: <a href="/pipeline">Pipeline</a>
        </p>
      )}
    </Why>
  );
}

function NoAgents() {
  return (
    <Why is="no-agents" blind head="No agent has reported">
      <p>No node has sent an event. Check Tetragon and the pipeline:</p>
      <pre>{"kubectl get pods -A -l app.kubernetes.io/name=tetragon\ntocsin ledger"}</pre>
      <p>
        Details: <a href="/pipeline">Pipeline</a>
      </p>
    </Why>
  );
}

/** `all` is the number of alerts without the filter; `null` if unknown. */
function Filtered({ all, children }: { all: number | null; children?: ComponentChildren }) {
  return (
    <Why is="filtered" head={all === null ? "No alert matches." : `${plural(all, "alert")}, none match.`}>
      <p class="mono">
        <bdi>{visible(print(query.filter.value))}</bdi>
      </p>
      {children}
      <Clear />
    </Why>
  );
}

/** Of a time that is over. */
function Past() {
  const state = live.rangeState.value;
  const shown = query.range.value;
  if (state.is === "loading" || state.is === "live" || shown.live) return <Skeleton />;
  if (state.is === "failed") {
    return (
      <Why is="failed" blind head="This range could not be loaded">
        <p>
          <bdi>{visible(state.why)}</bdi>
        </p>
        <p class="acts">
          <button type="button" class="btn" onClick={() => query.refresh()}>
            Try again
          </button>
          <Live />
        </p>
      </Why>
    );
  }
  const span = `between ${moment(shown.from)} and ${moment(shown.to)}`;
  if (!isEmpty(query.filter.value)) {
    return (
      <Filtered all={null}>
        <p>Of the alerts retained {span}.</p>
        <p class="acts">
          <Live />
        </p>
      </Filtered>
    );
  }
  const counted = listing.alerts.value?.n ?? 0;
  return (
    <Why
      is="range"
      head={
        counted > 0 ? `${plural(counted, "alert")}, none of them retained.` : "No alerts are retained for this range."
      }
    >
      <p>{span}</p>
      <p class="acts">
        <Live />
      </p>
    </Why>
  );
}

function Live() {
  return (
    <button type="button" class="btn" onClick={() => query.backToLive()}>
      Back to live
    </button>
  );
}

/** The ways out of a filter. */
function Clear() {
  const set = [...FIELDS, "q" as const].filter((field) => (query.filter.value[field] ?? "").length > 0);
  if (set.length === 0) return null;
  const name = (field: (typeof set)[number]) => (field === "q" ? "text" : FIELD_NAMES[field]);
  return (
    <p class="acts">
      {set.length > 1 &&
        set.map((field) => (
          <button type="button" class="btn" key={field} onClick={() => query.clear(field)}>
            Clear {name(field)}
          </button>
        ))}
      <button type="button" class="btn" onClick={() => query.clearAll()}>
        {set.length > 1 ? "Clear all" : `Clear ${name(set[0] ?? "q")}`}
      </button>
    </p>
  );
}
