/** Why the list is empty: nothing happened, nothing matches, or nothing can be seen. Each looks and reads different. */
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { statusPoll } from "../../../api/status.ts";
import { sight } from "../../../domain/agent_summary.ts";
import { FIELD_NAMES, FIELDS, isEmpty, print } from "../../../domain/filter.ts";
import { count, duration, moment, plural } from "../../../domain/format.ts";
import { total } from "../../../domain/frames.ts";
import { visible } from "../../../domain/json_text.ts";
import { heardAt, lag, list, now, numbers, rangeState, status, window_s } from "../../../state/live.ts";
import { backToLive, clear, clearAll, filter, range, refresh } from "../../../state/query.ts";
import { alertsIn } from "../../../state/rows.ts";

export function Empty() {
  if (!range.value.live) return <Past />;
  const current = status.value;
  if (current.is === "connecting") return <Skeleton />;
  if (current.is !== "live") return <Blind />;
  if (lag.value.broken !== "") return <Broken />;
  if (list.value.waiting > 0) return <Waiting />;
  const { complete } = list.value;
  if (isEmpty(filter.value)) return complete ? <Quiet /> : <Skeleton />;
  return complete ? <Filtered all={numbers.value.known ? total(numbers.value.counts) : null} /> : <Searching />;
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

/** While nothing can be seen, nothing is said of what happened. */
function Blind() {
  const current = status.value;
  const seconds =
    current.is === "reconnecting" && current.retry_at !== null
      ? Math.max(0, Math.ceil((current.retry_at - now.value) / 1000))
      : 0;
  const next = seconds > 0 ? `Trying again in ${seconds} s.` : "Trying now.";
  return (
    <Why is="blind" blind head="Not connected">
      <p>Until the gateway answers, nothing is known about alerts. {current.is === "signed_out" ? "" : next}</p>
      <Clear />
    </Why>
  );
}

/** Connected to the gateway, which hears nothing of what should come before it. */
function Broken() {
  return (
    <Why is="broken" blind head="Alerts may not get here">
      <p>
        <bdi>{visible(lag.value.broken)}</bdi>
      </p>
      <p>
        Where it stops: <a href="/pipeline">Pipeline</a>, <code class="mono">tocsin ledger</code>, or{" "}
        <a href="/readyz">/readyz</a>.
      </p>
      <Clear />
    </Why>
  );
}

function Waiting() {
  return <Why is="waiting" head={`${plural(list.value.waiting, "alert")} arrived since you paused.`} />;
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
  useEffect(() => statusPoll.watch(), []);
  const counted = total(numbers.value.counts);
  const span = window_s.value === null ? "yet" : `in the last ${duration(window_s.value * 1000)}`;
  const { answer, at, why } = statusPoll.state.value;
  const seen = answer === null || at === null ? null : sight(answer.nodes, (now.value - at) / 1000);
  if (counted === 0 && seen?.is === "none") return <NoAgents />;
  const heard =
    heardAt.value === null ? "" : ` The gateway answered ${duration(Math.max(0, now.value - heardAt.value))} ago.`;
  return (
    <Why
      is="quiet"
      head={counted === 0 ? `No alerts ${span}.` : `${count(counted)} alerts ${span}, none of them loaded.`}
    >
      {seen?.is === "some" ? (
        <p class={seen.silent > 0 ? "warn" : ""}>{seen.words}</p>
      ) : (
        <p>
          Connected.{heard} {why !== "" && "Which agents report is not known."}
        </p>
      )}
      {seen?.is === "some" && seen.silent > 0 && (
        <p>
          Which ones: <a href="/pipeline">Pipeline</a>
        </p>
      )}
    </Why>
  );
}

function NoAgents() {
  return (
    <Why is="no-agents" blind head="No agent has reported">
      <p>
        Nothing has been seen of any node, so that no alert means nothing. Whether Tetragon runs, and what reads it:
      </p>
      <pre>{"kubectl get pods -A -l app.kubernetes.io/name=tetragon\ntocsin ledger"}</pre>
      <p>
        Hop by hop: <a href="/pipeline">Pipeline</a>
      </p>
    </Why>
  );
}

/** `all`: how many alerts there are whatever the filter; `null` where that is not known. */
function Filtered({ all, children }: { all: number | null; children?: ComponentChildren }) {
  return (
    <Why is="filtered" head={all === null ? "No alert matches." : `${plural(all, "alert")}, none match.`}>
      <p class="mono">
        <bdi>{visible(print(filter.value))}</bdi>
      </p>
      {children}
      <Clear />
    </Why>
  );
}

/** Of a time that is over. */
function Past() {
  const state = rangeState.value;
  const shown = range.value;
  if (state.is === "loading" || state.is === "live" || shown.live) return <Skeleton />;
  if (state.is === "failed") {
    return (
      <Why is="failed" blind head="This time could not be loaded">
        <p>
          <bdi>{visible(state.why)}</bdi>
        </p>
        <p class="acts">
          <button type="button" class="btn" onClick={refresh}>
            Try again
          </button>
          <Live />
        </p>
      </Why>
    );
  }
  const span = `between ${moment(shown.from)} and ${moment(shown.to)}`;
  if (!isEmpty(filter.value)) {
    return (
      <Filtered all={null}>
        <p>Of what is held {span}.</p>
        <p class="acts">
          <Live />
        </p>
      </Filtered>
    );
  }
  const counted = alertsIn.value?.n ?? 0;
  return (
    <Why
      is="range"
      head={counted > 0 ? `${plural(counted, "alert")}, none of them held any more.` : "No alert is held of this time."}
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
    <button type="button" class="btn" onClick={backToLive}>
      Back to live
    </button>
  );
}

/** The ways out of a filter. */
function Clear() {
  const set = [...FIELDS, "q" as const].filter((field) => (filter.value[field] ?? "").length > 0);
  if (set.length === 0) return null;
  const name = (field: (typeof set)[number]) => (field === "q" ? "text" : FIELD_NAMES[field]);
  return (
    <p class="acts">
      {set.length > 1 &&
        set.map((field) => (
          <button type="button" class="btn" key={field} onClick={() => clear(field)}>
            Clear {name(field)}
          </button>
        ))}
      <button type="button" class="btn" onClick={clearAll}>
        {set.length > 1 ? "Clear all" : `Clear ${name(set[0] ?? "q")}`}
      </button>
    </p>
  );
}
