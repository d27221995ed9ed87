/** The times of the alerts of a folded row. */

import { useMemo } from "preact/hooks";
import { timesOf } from "../../api/fold_members.ts";
import { alertsOf } from "../../domain/folding.ts";
import { clock, count, fraction, moment, plural } from "../../domain/format.ts";
import type { Row } from "../../domain/frames.ts";
import { visible } from "../../domain/json_text.ts";
import * as query from "../../state/query.ts";

import { alertPath } from "../../state/router.ts";

export function FoldedTimes({ row }: { row: Row }) {
  const n = alertsOf(row, query.fold.value);
  const found = useMemo(() => (n > 1 ? timesOf(row) : null), [row.id, n])?.value;
  if (found === undefined) return null;
  return (
    <section class="rule times">
      <h4>{plural(n, "alert")} of the same kind within 10 s</h4>
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
