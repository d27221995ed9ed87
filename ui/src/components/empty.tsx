/** Why the list is empty: nothing happened, nothing matches, or nothing can be seen. Each looks and reads different. */

import { FIELDS, type Field, isEmpty, print } from "../filter.ts";
import { count, duration, plural } from "../format.ts";
import { visible } from "../json.ts";
import { heardAt, lag, list, now, numbers, status, window_s } from "../live.ts";
import { total } from "../protocol.ts";
import { clear, clearAll, filter } from "../query.ts";

const NAMES: Record<Field | "q", string> = {
  sev: "severity",
  ns: "namespace",
  pod: "pod",
  wl: "workload",
  node: "node",
  proc: "process",
  event: "event",
  kind: "kind",
  rule: "rule",
  att: "technique",
  container: "container",
  target: "target",
  q: "text",
};

export function Empty() {
  const current = status.value;
  if (current.is === "connecting") return <Skeleton />;
  if (current.is !== "live") return <Blind />;
  if (lag.value.broken !== "") return <Broken />;
  if (list.value.waiting > 0) return <Waiting />;
  const { complete } = list.value;
  if (isEmpty(filter.value)) return complete ? <Quiet /> : <Skeleton />;
  return complete ? <Filtered /> : <Searching />;
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
    <div class="empty blind" data-empty="blind">
      <h3>Not connected</h3>
      <p>Until the gateway answers, nothing is known about alerts. {current.is === "signed_out" ? "" : next}</p>
      <Clear />
    </div>
  );
}

/** Connected to the gateway, which hears nothing of what should come before it. */
function Broken() {
  return (
    <div class="empty blind" data-empty="broken">
      <h3>Alerts may not get here</h3>
      <p>{visible(lag.value.broken)}</p>
      <p>
        To see where it stops: <code class="mono">tocsin ledger</code>, or <a href="/readyz">/readyz</a>.
      </p>
      <Clear />
    </div>
  );
}

function Waiting() {
  return (
    <div class="empty" data-empty="waiting">
      <h3>{plural(list.value.waiting, "alert")} arrived since you paused.</h3>
    </div>
  );
}

function Searching() {
  return (
    <div class="empty" data-empty="searching">
      <h3>Searching…</h3>
      <Clear />
    </div>
  );
}

function Quiet() {
  const counted = total(numbers.value.counts);
  const span = window_s.value === null ? "yet" : `in the last ${duration(window_s.value * 1000)}`;
  const heard =
    heardAt.value === null ? "" : ` The gateway answered ${duration(Math.max(0, now.value - heardAt.value))} ago.`;
  return (
    <div class="empty" data-empty="quiet">
      <h3>{counted === 0 ? `No alerts ${span}.` : `${count(counted)} alerts ${span}, none of them loaded.`}</h3>
      <p>Connected.{heard}</p>
    </div>
  );
}

function Filtered() {
  return (
    <div class="empty" data-empty="filtered">
      <h3>{count(total(numbers.value.counts))} alerts, none match.</h3>
      <p class="mono">{visible(print(filter.value))}</p>
      <Clear />
    </div>
  );
}

/** The ways out of a filter. */
function Clear() {
  const set = [...FIELDS, "q" as const].filter((field) => (filter.value[field] ?? "").length > 0);
  if (set.length === 0) return null;
  return (
    <p class="acts">
      {set.length > 1 &&
        set.map((field) => (
          <button type="button" class="btn" key={field} onClick={() => clear(field)}>
            Clear {NAMES[field]}
          </button>
        ))}
      <button type="button" class="btn" onClick={clearAll}>
        {set.length > 1 ? "Clear all" : `Clear ${NAMES[set[0] ?? "q"]}`}
      </button>
    </p>
  );
}
