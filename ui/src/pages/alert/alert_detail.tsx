/** The detail of an open row: why it fired, the process ancestry, the event, and the actions. */

import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Detail } from "../../api/alert_details.ts";
import { Icon } from "../../components/icons.tsx";
import { JsonView } from "../../components/json_view.tsx";
import { Panel } from "../../components/panel.tsx";
import { useCopy } from "../../components/use_copy.ts";
import type { Row } from "../../domain/frames.ts";
import { shown, visible } from "../../domain/json_text.ts";
import * as queries from "../../state/queries.ts";
import { alertPath } from "../../state/router.ts";
import { AlertActions } from "./alert_actions.tsx";
import { AlertReason } from "./alert_reason.tsx";
import { CorrelationEvidence } from "./correlation_evidence.tsx";
import { DetailBox, named } from "./detail_box.tsx";
import { ProcessTreeView } from "./process_tree_view.tsx";

type Ready = Extract<Detail, { is: "ready" }>;

interface Props {
  row: Row;
  /** The alert that is open: that of the row, or one of its repeats. */
  id: string;
  /** Of the grid, from 1. */
  rowIndex: number;
  top: number;
  height: number;
}

/** In place, below its row. */
export function AlertDetail({ row, id, rowIndex, top, height }: Props) {
  // Asked for once for each opening: asking while drawing would repeat what fails for ever.
  const found = useMemo(() => queries.alert(id, id === row.id ? row.seq : undefined), [id]).value;
  return (
    <div
      class={`exp ${row.sev}`}
      role="row"
      aria-level={2}
      aria-rowindex={rowIndex}
      style={{ top: `${top}px`, height: `${height}px` }}
      data-detail={found.is}
      data-of={id}
    >
      <Boxes found={found} id={id} row={row} cell />
    </div>
  );
}

interface BoxesProps {
  found: Detail;
  id: string;
  /** Where the list has one. */
  row: Row | null;
  /** Whether it is in the grid. */
  cell: boolean;
}

export function Boxes({ found, id, row, cell }: BoxesProps) {
  if (found.is !== "ready") return <Absent found={found} id={id} cell={cell} />;
  return <Whole found={found} id={id} row={row} cell={cell} />;
}

const WORDS = {
  loading: "Loading…",
  gone: "This alert is no longer retained. Only its row is left.",
  unknown: "The gateway does not know this alert.",
  failed: "The alert could not be loaded.",
};

function Absent({ found, id, cell }: { found: Exclude<Detail, Ready>; id: string; cell: boolean }) {
  return (
    <div class="box absent" {...named("The alert", cell)}>
      <p>{WORDS[found.is]}</p>
      {"why" in found && (
        <p class="muted">
          <bdi>{visible(found.why)}</bdi>
        </p>
      )}
      {found.is === "failed" && (
        <button type="button" class="btn" onClick={() => queries.alert(id)}>
          Try again
        </button>
      )}
    </div>
  );
}

function Whole({ found, id, row, cell }: BoxesProps & { found: Ready }) {
  const { alert, event, whole } = found;
  const text = useMemo(() => shown(event), [event]);
  const t = row?.t ?? Date.parse(alert.time ?? "");
  const { correlation } = alert;
  return (
    <>
      <DetailBox name="Why this fired" kind="why" cell={cell}>
        <AlertReason alert={alert} row={row} />
      </DetailBox>
      {correlation ? (
        <DetailBox name="What was counted" kind="counted" cell={cell} tool={<Page id={id} />}>
          <CorrelationEvidence alert={alert} correlation={correlation} inList />
        </DetailBox>
      ) : (
        <DetailBox name="Process ancestry" kind="line" cell={cell} still tool={<Page id={id} />}>
          <Line id={id} t={t} />
        </DetailBox>
      )}
      <DetailBox name={whole ? "Alert" : "Event"} kind="json" cell={cell} still tool={<CopyJson text={text} />}>
        <JsonView text={text} />
      </DetailBox>
      <AlertActions alert={alert} id={id} row={row} t={t} cell={cell} />
    </>
  );
}

/** The tree, scrolled to the process of this alert once it is there. */
function Line({ id, t }: { id: string; t: number }) {
  const root = useRef<HTMLDivElement>(null);
  const { is } = useMemo(() => queries.ancestry(id), [id]).value;
  useEffect(() => {
    const own = root.current?.querySelector<HTMLElement>(".here");
    if (root.current && own) root.current.scrollTop = own.offsetTop - root.current.clientHeight / 2;
  }, [is]);
  return (
    <div class="scrolls" ref={root}>
      <Panel name="The ancestry">
        <ProcessTreeView id={id} t={t} />
      </Panel>
    </div>
  );
}

function Page({ id }: { id: string }) {
  return (
    <a class="tool" href={alertPath(id)} title="Open the alert's page">
      <Icon name="right" />
      Open page
    </a>
  );
}

function CopyJson({ text }: { text: string }) {
  const json = useCopy("Copy JSON", text);
  return (
    <button type="button" class="tool" onClick={json.copy}>
      <Icon name="copy" />
      {json.word}
    </button>
  );
}
