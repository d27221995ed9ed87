/** The processes around an alert, walked by arrows: who started it, what it started, and what else each of them did. */

import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { SeverityMark } from "../../components/icons.tsx";
import { apart, clock, moment, plural } from "../../domain/format.ts";
import { visible } from "../../domain/json_text.ts";
import {
  enter,
  grow,
  type Line,
  lines,
  press,
  reshape,
  type Shape,
  type Step,
  worst,
} from "../../domain/process_tree.ts";
import type { Ancestry } from "../../domain/schemas.ts";
import * as queries from "../../state/queries.ts";
import * as router from "../../state/router.ts";
import { alertPath } from "../../state/router.ts";

interface Props {
  /** Of the alert. */
  id: string;
  /** When it was, ms since 1970: other processes are placed in time by it. */
  t: number;
}

export function AncestryTree({ id, t }: Props) {
  const found = useMemo(() => queries.ancestry(id), [id]).value;
  if (found.is === "loading") return <p class="muted">Loading…</p>;
  if (found.is === "failed") {
    return (
      <div class="absent">
        <p>The process ancestry could not be loaded.</p>
        <p class="muted">{visible(found.why)}</p>
        <button type="button" class="btn" onClick={() => queries.ancestry(id)}>
          Try again
        </button>
      </div>
    );
  }
  if (found.answer.nodes.length === 0) return <p class="muted">This alert names no process.</p>;
  return <Tree answer={found.answer} id={id} t={t} />;
}

const FRESH: Shape = { closed: new Set(), opened: new Set(), full: new Set() };

function Tree({ answer, id, t }: Props & { answer: Ancestry }) {
  const roots = useMemo(() => grow(answer), [answer]);
  const [shape, setShape] = useState(FRESH);
  const all = lines(roots, shape, id);
  const [chosen, setChosen] = useState(() => thisKey(answer));
  const at = all.some(({ key }) => key === chosen) ? chosen : (all[0]?.key ?? "");
  const root = useRef<HTMLDivElement>(null);
  const walked = useRef(false);
  useLayoutEffect(() => {
    if (!walked.current) return;
    walked.current = false;
    root.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
  });
  const take = (step: Step | null): void => {
    if (step === null) return;
    if (step.does === "follow") router.go(alertPath(step.id));
    else if (step.does === "go") setChosen(step.to);
    else setShape(reshape(shape, step));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = press(event.key, all, at);
    const ours = step !== null || event.key === " " || event.key.startsWith("Arrow");
    if (!ours) return;
    event.preventDefault();
    walked.current = true;
    take(step);
  };
  return (
    <>
      <div ref={root} class="ancestry" role="tree" aria-label="Process ancestry" onKeyDown={onKeyDown}>
        {all.map((line) => (
          <Item
            key={line.key}
            line={line}
            id={id}
            t={t}
            chosen={line.key === at}
            onClick={() => {
              setChosen(line.key);
              take(enter(line));
            }}
          />
        ))}
      </div>
      <p class="muted source">{SOURCES[answer.source] ?? ""}</p>
    </>
  );
}

const SOURCES: Record<string, string> = {
  event: "From the event itself.",
  window: "Built from the alerts of the live window.",
};

function thisKey({ nodes }: Ancestry): string {
  return nodes.find((node) => node.this)?.exec_id ?? nodes[0]?.exec_id ?? "";
}

interface ItemProps {
  line: Line;
  id: string;
  t: number;
  chosen: boolean;
  onClick: () => void;
}

function Item({ line, id, t, chosen, onClick }: ItemProps) {
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
