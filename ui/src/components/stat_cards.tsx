/** Five counts; four of them choose what the list shows. */
import { brief, capital, count, duration } from "../format.ts";
import { numbers, window_s } from "../live.ts";
import { SEVERITIES, type Severity, total } from "../protocol.ts";
import { isAsked, passes, toggleSeverity } from "../query.ts";
import { SeverityMark } from "./icons.tsx";

export function StatCards() {
  const { counts, known } = numbers.value;
  const span = window_s.value === null ? "" : ` in the last ${duration(window_s.value * 1000)}`;
  return (
    <ul class="cards" aria-label={`Alerts${span} by severity`}>
      <li>
        <div class="card total" title={`All alerts${span}`}>
          <div class="k">
            <span>Total</span>
          </div>
          <Value n={known ? total(counts) : null} />
        </div>
      </li>
      {SEVERITIES.map((severity) => (
        <li key={severity}>
          <SeverityCard severity={severity} n={known ? counts[severity] : null} />
        </li>
      ))}
    </ul>
  );
}

function SeverityCard({ severity, n }: { severity: Severity; n: number | null }) {
  return (
    <button
      type="button"
      class={`card${passes(severity) ? "" : " off"}`}
      data-severity={severity}
      aria-pressed={isAsked(severity)}
      title={`Show ${severity} alerts; press several to see them together`}
      onClick={() => toggleSeverity(severity)}
    >
      <div class="k">
        <SeverityMark severity={severity} />
        <span>{capital(severity)}</span>
      </div>
      <Value n={n} />
    </button>
  );
}

function Value({ n }: { n: number | null }) {
  return (
    <div class="v">
      <strong>
        <span class="only-l">{n === null ? "–" : count(n)}</span>
        <span class="only-s">{n === null ? "–" : brief(n)}</span>
      </strong>
    </div>
  );
}
