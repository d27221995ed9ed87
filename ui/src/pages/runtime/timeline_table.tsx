/** The timeline as a table, newest first: for screen readers, and for exact numbers. */

import { calendar, capital, clock, count, day } from "../../domain/format.ts";
import type { Severity, Timeline } from "../../domain/frames.ts";
import { barOf, beginOf, lengthOf, spanOf, stepWords } from "../../domain/timeline.ts";
import * as live from "../../state/live.ts";
import * as query from "../../state/query.ts";

interface Props {
  course: Timeline;
  shown: readonly Severity[];
}

export function TimelineTable({ course, shown }: Props) {
  const bars = Array.from({ length: lengthOf(course) }, (_, index) => index)
    .filter((index) => shown.some((severity) => course[severity][index]))
    .reverse();
  return (
    <div class="plot scrolls">
      {bars.length === 0 ? (
        <p class="none">No alerts in this range.</p>
      ) : (
        <table>
          <caption class="vh">
            Alerts in each {stepWords(course.step_s)}, newest first; times without alerts are left out
          </caption>
          <thead>
            <tr>
              <th scope="col">Start</th>
              {shown.map((severity) => (
                <th key={severity} scope="col">
                  {capital(severity)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {bars.map((index) => (
              <Bar key={beginOf(course, index)} course={course} shown={shown} index={index} />
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

function Bar({ course, shown, index }: Props & { index: number }) {
  const counts = barOf(course, index);
  const begin = beginOf(course, index) * 1000;
  const date = calendar(begin) === live.today.value ? "" : `${day(begin, live.today.value)} `;
  return (
    <tr>
      <th scope="row">
        <button
          type="button"
          aria-label={`Show only ${date}${clock(begin)} and the ${stepWords(course.step_s)} after it`}
          onClick={() => query.setRange({ live: false, ...spanOf(course, index, index) })}
        >
          {date}
          {clock(begin)}
        </button>
      </th>
      {shown.map((severity) => (
        <td key={severity}>{count(counts[severity])}</td>
      ))}
    </tr>
  );
}
