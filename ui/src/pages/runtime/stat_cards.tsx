/** Five counts, each with its change and a sparkline. Four of them filter by severity. */

import { SeverityMark } from "../../components/icons.tsx";
import { brief, capital, clock, count, duration, moment } from "../../domain/format.ts";
import { SEVERITIES, type Severity, type Timeline, total } from "../../domain/frames.ts";
import { windowWords } from "../../domain/time_range.ts";
import { change } from "../../domain/timeline.ts";
import * as live from "../../state/live.ts";
import * as query from "../../state/query.ts";
import type { Counted } from "../../state/stats.ts";
import * as stats from "../../state/stats.ts";
import { Sparkline } from "./sparkline.tsx";

interface CardProps {
  n: number | null;
  before: number | null;
  /** From when on (ms) the count is complete; null if it is complete. */
  since: number | null;
  exact: boolean;
  values: readonly number[] | null;
}

export function StatCards() {
  const numbers = stats.counted.value;
  const course = stats.timeline.value;
  return (
    <ul class={`cards${stats.stale.value ? " stale" : ""}`} aria-label={`Alerts ${spanWords()} by severity`}>
      <li>
        <div class="card total" title={`All alerts ${spanWords()}`}>
          <div class="k">
            <span>Total</span>
          </div>
          <Value of="all" {...all(numbers, course)} />
        </div>
      </li>
      {SEVERITIES.map((severity) => (
        <li key={severity}>
          <SeverityCard severity={severity} {...one(severity, numbers, course)} />
        </li>
      ))}
    </ul>
  );
}

/** `in the last 15 min`, `in this range`. The gateway may use a longer window. */
function spanWords(): string {
  return query.range.value.live ? `in the last ${lengthWords()}` : "in this range";
}

function lengthWords(): string {
  const shown = query.range.value;
  if (!shown.live) return duration(shown.to - shown.from);
  return windowWords(live.window_s.value === null ? shown.window : `${live.window_s.value}s`);
}

function one(severity: Severity, { counts, previous, known, exact }: Counted, course: Timeline | null): CardProps {
  return {
    n: known ? counts[severity] : null,
    before: previous === null ? null : previous[severity],
    since: stats.complete_since.value[severity] ?? null,
    exact,
    values: course === null ? null : course[severity],
  };
}

function all({ counts, previous, known, exact }: Counted, course: Timeline | null): CardProps {
  const since = Math.max(0, ...Object.values(stats.complete_since.value));
  return {
    n: known ? total(counts) : null,
    before: previous === null ? null : total(previous),
    since: since > 0 ? since : null,
    exact,
    values:
      course === null
        ? null
        : course.critical.map((_, index) => SEVERITIES.reduce((sum, each) => sum + (course[each][index] ?? 0), 0)),
  };
}

function SeverityCard({ severity, ...card }: { severity: Severity } & CardProps) {
  return (
    <button
      type="button"
      class={`card${query.passes(severity) ? "" : " off"}`}
      data-severity={severity}
      aria-pressed={query.selects(severity)}
      title={`Show ${severity} alerts; press several to see them together`}
      onClick={() => query.toggleSeverity(severity)}
    >
      <div class="k">
        <SeverityMark severity={severity} />
        <span>{capital(severity)}</span>
      </div>
      <Value of={severity} {...card} />
    </button>
  );
}

function Value({ of, n, before, since, exact, values }: { of: string } & CardProps) {
  const least = exact ? "" : "≥ ";
  return (
    <div class="v">
      <strong title={exact ? undefined : "A lower bound: older alerts are no longer retained"}>
        <span class="only-l">{n === null ? "–" : least + count(n)}</span>
        <span class="only-s">{n === null ? "–" : least + brief(n)}</span>
      </strong>
      <Note n={n} before={before} since={since} />
      {values && <Sparkline of={of} values={values} />}
    </div>
  );
}

/** Since when the count is complete; if it is complete, how it changed. */
function Note({ n, before, since }: Pick<CardProps, "n" | "before" | "since">) {
  if (since !== null) {
    return (
      <span class="note" title={`Alerts before ${moment(since)} are unknown`}>
        since {clock(since).slice(0, 5)}
      </span>
    );
  }
  if (n === null || before === null) return null;
  const found = change(n, before, count);
  if (found === null) return null;
  return (
    <span class={`note${found.up ? " up" : ""}`} title={`${count(before)} in the ${lengthWords()} before`}>
      {found.text}
    </span>
  );
}
