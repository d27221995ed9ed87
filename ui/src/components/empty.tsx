/** Why the list is empty: nothing happened, nothing matches, or nothing can be seen. Each looks and reads different. */

import { FIELDS, type Field, isEmpty, print } from "../filter.ts";
import { count, duration } from "../format.ts";
import { heardAt, now, numbers, retryNow, status, window_s } from "../live.ts";
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
  if (current.is !== "live" && !numbers.value.known) return <Blind />;
  return isEmpty(filter.value) ? <Quiet /> : <Filtered />;
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
      <p>The gateway cannot be reached, so nothing is known about alerts. {current.is === "signed_out" ? "" : next}</p>
      <button type="button" class="btn" onClick={retryNow}>
        Retry now
      </button>
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
      <p>{status.value.is === "live" ? `Connected.${heard}` : "The connection is lost."}</p>
    </div>
  );
}

function Filtered() {
  const now = filter.value;
  const set = [...FIELDS, "q" as const].filter((field) => (now[field] ?? "").length > 0);
  return (
    <div class="empty" data-empty="filtered">
      <h3>{count(total(numbers.value.counts))} alerts, none match.</h3>
      <p class="mono">{print(now)}</p>
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
    </div>
  );
}
