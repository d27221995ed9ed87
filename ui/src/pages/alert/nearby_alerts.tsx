/** Alerts in the same pod or on the same node, five minutes before and after: a small timeline and the nearest rows. */

import { useMemo, useState } from "preact/hooks";
import { type Nearby, nearbyAlerts } from "../../api/nearby_query.ts";
import { Icon, SeverityMark } from "../../components/icons.tsx";
import { capital, clock, count, fraction, moment, plural } from "../../domain/format.ts";
import { type Row, SEVERITIES, type Timeline } from "../../domain/frames.ts";
import { visible } from "../../domain/json_text.ts";
import { bars, EACH_MS, placeOf } from "../../domain/nearby.ts";
import type { Alert } from "../../domain/schemas.ts";
import { around } from "../../domain/time_range.ts";
import * as live from "../../state/live.ts";
import * as query from "../../state/query.ts";

import { alertPath } from "../../state/router.ts";

interface Props {
  id: string;
  alert: Alert;
  t: number;
}

export function NearbyAlerts({ id, alert, t }: Props) {
  const place = placeOf(alert);
  const [turn, setTurn] = useState(0);
  const found = useMemo(
    () => (place === null || Number.isNaN(t) ? null : nearbyAlerts(place.filter, t, live.now.peek())),
    [id, turn],
  );
  if (place === null || found === null) return null;
  return (
    <section class="panel piece around" aria-labelledby="around-title">
      <h2 id="around-title">
        {place.name}, 5 minutes before and after
        <button type="button" class="icon" aria-label="Refresh" title="Refresh" onClick={() => setTurn(turn + 1)}>
          <Icon name="refresh" />
        </button>
      </h2>
      <Body found={found.value} id={id} t={t} again={() => setTurn(turn + 1)} />
      <p>
        <a href={query.linkTo({ range: around(t, EACH_MS, live.now.peek()), filter: place.filter, open: null })}>
          Show all in Runtime
        </a>
      </p>
    </section>
  );
}

function Body({ found, id, t, again }: { found: Nearby; id: string; t: number; again: () => void }) {
  if (found.is === "loading") return <p class="muted">Loading…</p>;
  if (found.is === "failed") {
    return (
      <div class="absent">
        <p>Nearby alerts could not be loaded. {visible(found.why)}</p>
        <button type="button" class="btn" onClick={again}>
          Try again
        </button>
      </div>
    );
  }
  const { rows, timeline } = found;
  if (rows.length === 0) return <p class="muted">No alerts are retained for this time.</p>;
  return (
    <>
      {timeline && <Mini timeline={timeline} t={t} />}
      <ol class="near">
        {rows.map((row) => (
          <Near key={row.id} row={row} here={row.id === id} />
        ))}
      </ol>
    </>
  );
}

/** Bars by severity; the words beside it say the same. */
function Mini({ timeline, t }: { timeline: Timeline; t: number }) {
  const [from, to] = [t - EACH_MS, t + EACH_MS];
  const said = SEVERITIES.map((severity) => ({
    severity,
    n: timeline[severity].reduce((sum, n) => sum + n, 0),
  })).filter(({ n }) => n > 0);
  return (
    <figure class="mini">
      <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
        {bars(timeline, from, to).map(({ severity, x, y, width, height }) => (
          <rect key={`${severity}${x}`} class={`fill ${severity}`} x={x} y={y} width={width * 0.86} height={height} />
        ))}
        <line x1="50" x2="50" y1="0" y2="100" />
      </svg>
      <div class="ends" aria-hidden="true">
        <span>{clock(from)}</span>
        <span>{clock(t)}</span>
        <span>{clock(to)}</span>
      </div>
      <figcaption>
        {said.map(({ severity, n }) => (
          <span key={severity}>
            <SeverityMark severity={severity} />
            {capital(severity)} <b>{count(n)}</b>
          </span>
        ))}
        <span class="vh">
          {plural(
            said.reduce((sum, { n }) => sum + n, 0),
            "alert",
          )}{" "}
          in these minutes
        </span>
      </figcaption>
    </figure>
  );
}

function Near({ row, here }: { row: Row; here: boolean }) {
  const words = (
    <>
      <SeverityMark severity={row.sev} />
      <span class="vh">{row.sev}</span>
      <time class="mono" title={moment(row.t)}>
        {clock(row.t)}
        <i>{fraction(row.t)}</i>
      </time>
      <bdi>{visible(row.title)}</bdi>
      {(row.n ?? 1) > 1 && <span class="x">×{count(row.n as number)}</span>}
      <bdi class="mono muted">{visible(`${row.bin ?? ""} ${row.args ?? ""}`.trim())}</bdi>
    </>
  );
  return (
    <li class={here ? "here" : ""}>
      {here ? <span aria-current="true">{words}</span> : <a href={alertPath(row.id)}>{words}</a>}
    </li>
  );
}
