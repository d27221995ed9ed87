/** One row of the list. Every text in it is a text node, with invisible characters written out. */

import type { ComponentChildren } from "preact";
import { SeverityMark } from "../../../components/icons.tsx";
import type { Column } from "../../../domain/columns.ts";
import { alertsOf } from "../../../domain/folding.ts";
import { capital, clock, count, day, duration, fraction, moment } from "../../../domain/format.ts";
import type { Row } from "../../../domain/frames.ts";
import { visible } from "../../../domain/json_text.ts";
import * as live from "../../../state/live.ts";

interface Props {
  row: Row;
  columns: readonly Column[];
  /** Of the grid, from 1. */
  rowIndex: number;
  top: number;
  open: boolean;
  /** Whether Tab stops here. */
  active: boolean;
  /** Whether the row includes its repeats. */
  folds: boolean;
}

export function AlertRow({ row, columns, rowIndex, top, open, active, folds }: Props) {
  return (
    <div
      class={`row ${row.sev}${row.silenced ? " silenced" : ""}`}
      role="row"
      aria-rowindex={rowIndex}
      aria-level={1}
      aria-expanded={open}
      tabIndex={active ? 0 : -1}
      data-id={row.id}
      style={{ top: `${top}px` }}
    >
      {columns.map((column) =>
        column === "alert" ? <Title key={column} row={row} folds={folds} /> : CELLS[column](row),
      )}
    </div>
  );
}

const CELLS: Record<Exclude<Column, "alert">, (row: Row) => ComponentChildren> = {
  severity: ({ sev }) => (
    <Cell kind={`s ${sev}`}>
      <SeverityMark severity={sev} />
      <span>{capital(sev)}</span>
    </Cell>
  ),
  time: ({ t }) => <Time t={t} />,
  process: ({ bin = "", args = "" }) => (
    <Cell kind="p mono" title={visible(`${bin} ${args}`)}>
      <b>{visible(bin)}</b> <bdi>{visible(args)}</bdi>
    </Cell>
  ),
  target: ({ target = "" }) => <Plain kind="g mono" text={target} />,
  event: ({ fn, event = "", target = "" }) => <Plain kind="e mono" text={fn ?? event} title={target} />,
  where: ({ ns = "", pod = "", wl = "" }) => (
    <Cell kind="o mono" title={visible([ns, pod || wl].filter(Boolean).join("/"))}>
      {ns || pod || wl ? <bdi>{visible(ns)}</bdi> : <i>host</i>}
      {(pod || wl) && <i>/{visible(pod || wl)}</i>}
    </Cell>
  ),
  container: ({ container = "" }) => <Plain kind="c mono" text={container} />,
  node: ({ node = "" }) => <Plain kind="n mono" text={node} />,
  rule: ({ rule = "" }) => <Plain kind="r mono" text={rule} />,
  technique: ({ att = [] }) => <Technique att={att} />,
};

function Cell({ kind, title, children }: { kind: string; title?: string; children: ComponentChildren }) {
  return (
    <div role="gridcell" class={kind} title={title || undefined}>
      {children}
    </div>
  );
}

function Plain({ kind, text, title = text }: { kind: string; text: string; title?: string }) {
  return (
    <Cell kind={kind} title={visible(title)}>
      {visible(text)}
    </Cell>
  );
}

function Time({ t }: { t: number }) {
  const date = day(t, live.today.value);
  return (
    <Cell kind="t mono" title={moment(t)}>
      {date && <b>{date} </b>}
      {clock(t)}
      {!date && <i>{fraction(t)}</i>}
    </Cell>
  );
}

function Title({ row, folds }: { row: Row; folds: boolean }) {
  const n = alertsOf(row, folds);
  return (
    <Cell kind="a" title={visible(row.title)}>
      <span>{visible(row.title)}</span>
      {n > 1 && (
        <span class="x" title={`${count(n)} of the same kind within 10 s. Open the row for their times.`}>
          ×{count(n)}
        </span>
      )}
      {row.silenced && <span class="x">silenced</span>}
      {row.late_s !== undefined && <span class="x late">arrived {duration(row.late_s * 1000)} late</span>}
    </Cell>
  );
}

/** The one link of a closed row. Tab goes from row to row, so that it is for the pointer; `+` in the open row is for the keyboard. */
function Technique({ att }: { att: readonly string[] }) {
  const first = att[0];
  return (
    <Cell kind="k mono" title={att.map(visible).join(", ")}>
      {first !== undefined && (
        <a href={`/runtime?att=${encodeURIComponent(first)}`} tabIndex={-1} data-field="att" data-value={first}>
          {visible(first)}
        </a>
      )}
    </Cell>
  );
}
