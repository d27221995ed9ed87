/** One line of the process tree: a process, one of its alerts, or the number of others. */
import { SeverityMark } from "../../components/icons.tsx";
import { apart, clock, moment, plural } from "../../domain/format.ts";
import { visible } from "../../domain/json_text.ts";
import { type Line, worst } from "../../domain/process_tree.ts";

interface Props {
  line: Line;
  id: string;
  t: number;
  chosen: boolean;
  onClick: () => void;
}

export function TreeLine({ line, id, t, chosen, onClick }: Props) {
  const here = line.is === "process" && line.node.this;
  const sev = here ? (worst(line.node) ?? "") : "";
  return (
    <div
      role="treeitem"
      class={`${line.is}${here ? ` here ${sev}` : ""}`}
      style={{ paddingLeft: `${6 + (line.level - 1) * 15}px` }}
      aria-level={line.level}
      aria-posinset={line.position}
      aria-setsize={line.of}
      aria-expanded={expanded(line)}
      aria-current={here ? "true" : undefined}
      tabIndex={chosen ? 0 : -1}
      onClick={onClick}
    >
      {line.level > 1 && <i class="limb" aria-hidden="true" />}
      <Words line={line} id={id} t={t} />
    </div>
  );
}

function expanded(line: Line): boolean | undefined {
  if (line.is !== "process") return undefined;
  return line.children > 0 || line.node.alerts.length > 0 ? line.expanded || line.opened : undefined;
}

function Words({ line, id, t }: { line: Line; id: string; t: number }) {
  switch (line.is) {
    case "process":
      return <Process line={line} id={id} t={t} />;
    case "alert":
      return <Raised line={line} t={t} />;
    case "missing":
      return (
        <span>
          {line.process ? <b>{visible(line.process)} </b> : null}
          <em>{line.process ? "not recorded" : "parent not recorded"}</em>
        </span>
      );
    case "folded":
      return (
        <span>
          {line.hidden} more{line.high > 0 && `, ${line.high} high`}
        </span>
      );
    default:
      return (
        <span>
          {plural(line.alerts, "more alert")}
          {line.high > 0 && `, ${line.high} high`}
        </span>
      );
  }
}

function Process({ line, id, t }: { line: Extract<Line, { is: "process" }>; id: string; t: number }) {
  const { node } = line;
  const mark = worst(node);
  const others = node.alerts.length + node.more.alerts;
  return (
    <>
      {mark && (
        <>
          <SeverityMark severity={mark} />
          <span class="vh">{mark}: </span>
        </>
      )}
      <span class="cmd" title={visible(`${node.process} ${node.arguments}`)}>
        <bdi>
          <b>{visible(node.process)}</b> <em>{visible(node.arguments)}</em>
        </bdi>
      </span>
      {others > 1 && (
        <span class="x" title="Press Enter to list them">
          {plural(others, "alert")}
        </span>
      )}
      <small title={started(node.started, node.pid)}>
        {node.this
          ? node.alerts.some((alert) => alert.id === id)
            ? "this alert"
            : "its process"
          : placed(node.started, node.pid, t)}
      </small>
    </>
  );
}

function Raised({ line, t }: { line: Extract<Line, { is: "alert" }>; t: number }) {
  const { alert, here } = line;
  return (
    <>
      <SeverityMark severity={alert.sev} />
      <span class="vh">{alert.sev}: </span>
      <span class="cmd">
        <bdi>{visible(alert.title)}</bdi>
      </span>
      <small title={moment(alert.t)}>{here ? "this alert" : `${clock(alert.t)} ${apart(alert.t - t)}`}</small>
    </>
  );
}

function placed(at: string, pid: number | null, t: number): string {
  const ms = Date.parse(at);
  if (Number.isNaN(ms) || Number.isNaN(t)) return pid === null ? "" : `pid ${pid}`;
  return apart(ms - t);
}

function started(at: string, pid: number | null): string {
  const ms = Date.parse(at);
  return [pid === null ? "" : `pid ${pid}`, Number.isNaN(ms) ? "" : `started ${moment(ms)}`].filter(Boolean).join(", ");
}
