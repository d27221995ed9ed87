/** The times of the alerts that a folded row stands for. */
import { useMemo } from "preact/hooks";
import { clock, count, fraction, moment, plural } from "../format.ts";
import { visible } from "../json.ts";
import { alertPath } from "../page.ts";
import type { Row } from "../protocol.ts";
import { fold } from "../query.ts";
import { alertsOf } from "../repeats.ts";
import { timesOf } from "../times.ts";

export function Times({ row }: { row: Row }) {
  const n = alertsOf(row, fold.value);
  const found = useMemo(() => (n > 1 ? timesOf(row) : null), [row.id, n])?.value;
  if (found === undefined) return null;
  return (
    <section class="rule times">
      <h4>{plural(n, "alert")} like it within 10 s</h4>
      {found.is === "loading" && <p class="muted">Loading their times…</p>}
      {found.is === "failed" && <p class="muted">Their times could not be loaded. {visible(found.why)}</p>}
      {found.is === "ready" && (
        <ol class="mono">
          {found.times.map(({ id, t }) => (
            <li key={id}>
              <a href={alertPath(id)} title={moment(t)}>
                {clock(t)}
                {fraction(t)}
              </a>
            </li>
          ))}
          {found.more > 0 && <li class="muted">and {count(found.more)} more</li>}
        </ol>
      )}
    </section>
  );
}
