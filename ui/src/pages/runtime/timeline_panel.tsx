/** Alerts over time: bars to read and to select a range from, and the same numbers as a table. */

import { useState } from "preact/hooks";
import { SeverityMark } from "../../components/icons.tsx";
import { useDelayed } from "../../components/use_delayed.ts";
import { brief, capital, clock, count, moment } from "../../domain/format.ts";
import { type Counts, type Timeline as Course, SEVERITIES, type Severity } from "../../domain/frames.ts";
import { barOf, beginOf, indexAt, stepWords, sums } from "../../domain/timeline.ts";
import * as query from "../../state/query.ts";
import * as stats from "../../state/stats.ts";

import { TimelineChart } from "./timeline_chart.tsx";
import { TimelineTable } from "./timeline_table.tsx";

export function TimelinePanel() {
  const [asTable, setAsTable] = useState(false);
  const [at, setAt] = useState<number | null>(null);
  const course = stats.timeline.value;
  const shown = SEVERITIES.filter((severity) => query.passes(severity));
  return (
    <section
      class={`panel tl${stats.stale.value ? " stale" : ""}${asTable ? " tabled" : ""}`}
      aria-labelledby="timeline-title"
    >
      <header>
        <h2 id="timeline-title">Alerts over time</h2>
        {course && <span class="per">per {stepWords(course.step_s)}</span>}
        {stats.missing.value && <span class="why">{stats.missing.value}</span>}
        {course && <Legend course={course} shown={shown} at={at} />}
        <button type="button" class="tool" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          {asTable ? "Show as bars" : "Show as table"}
        </button>
      </header>
      {course === null ? (
        <Waiting />
      ) : asTable ? (
        <TimelineTable course={course} shown={shown} />
      ) : (
        <TimelineChart course={course} shown={shown} at={at} point={setAt} />
      )}
    </section>
  );
}

function Waiting() {
  return <div class="plot">{useDelayed(150) && <div class="bone" />}</div>;
}

interface LegendProps {
  course: Course;
  shown: readonly Severity[];
  /** Begin of the bar under the crosshair, in seconds; null if there is none. */
  at: number | null;
}

/** The numbers of the bar under the crosshair, else of all bars. */
function Legend({ course, shown, at }: LegendProps) {
  const counts: Counts = at === null ? sums(course) : barOf(course, indexAt(course, at));
  const begin = at === null ? null : beginOf(course, indexAt(course, at)) * 1000;
  return (
    <div class="legend">
      <span class="at" title={begin === null ? undefined : moment(begin)}>
        {begin === null ? "" : clock(begin)}
      </span>
      {shown.map((severity) => (
        <span key={severity} class="key">
          <SeverityMark severity={severity} />
          <span class="lab">{capital(severity)}</span>{" "}
          <b>
            <span class="only-l">{count(counts[severity])}</span>
            <span class="only-s">{brief(counts[severity])}</span>
          </b>
        </span>
      ))}
    </div>
  );
}
