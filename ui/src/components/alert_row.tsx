/** One line of the list. Every text in it is a text node, with what cannot be seen written out. */
import { capital, clock, count, day, duration, fraction, moment } from "../format.ts";
import { visible } from "../json.ts";
import { today } from "../live.ts";
import type { Row } from "../protocol.ts";
import { SeverityMark } from "./icons.tsx";

interface Props {
  row: Row;
  /** Place in the list, 0 is the newest. */
  index: number;
  top: number;
  open: boolean;
  /** Whether Tab stops here. */
  active: boolean;
}

export function AlertRow({ row, index, top, open, active }: Props) {
  const { sev, n = 1, bin = "", args = "", ns = "", pod = "", wl = "", target = "", att = [] } = row;
  const where = pod || wl;
  const date = day(row.t, today.value);
  return (
    <div
      class={`row ${sev}${row.silenced ? " silenced" : ""}`}
      role="row"
      aria-rowindex={index + 2}
      aria-level={1}
      aria-expanded={open}
      tabIndex={active ? 0 : -1}
      data-id={row.id}
      style={{ top: `${top}px` }}
    >
      <div role="gridcell" class={`s ${sev}`}>
        <SeverityMark severity={sev} />
        <span>{capital(sev)}</span>
      </div>
      <div role="gridcell" class="t mono" title={moment(row.t)}>
        {date && <b>{date} </b>}
        {clock(row.t)}
        {!date && <i>{fraction(row.t)}</i>}
      </div>
      <div role="gridcell" class="a" title={visible(row.title)}>
        <span>{visible(row.title)}</span>
        {n > 1 && (
          <span class="x" title={`${count(n)} like it, folded`}>
            ×{count(n)}
          </span>
        )}
        {row.silenced && <span class="x">silenced</span>}
        {row.late_s !== undefined && <span class="x">arrived {duration(row.late_s * 1000)} late</span>}
      </div>
      <div role="gridcell" class="p mono" title={visible(`${bin} ${args}`)}>
        <b>{visible(bin)}</b> {visible(args)}
      </div>
      <div role="gridcell" class="e mono" title={target ? visible(target) : undefined}>
        {visible(row.fn ?? row.event ?? "")}
      </div>
      <div role="gridcell" class="o mono">
        {ns || where ? visible(ns) : <i>host</i>}
        {where && <i>/{visible(where)}</i>}
      </div>
      <div role="gridcell" class="n mono">
        {visible(row.node ?? "")}
      </div>
      <div role="gridcell" class="k mono">
        {visible(att[0] ?? "")}
      </div>
    </div>
  );
}
