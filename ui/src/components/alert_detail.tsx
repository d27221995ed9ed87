/** An open alert: why it fired, which process did it, and the event itself. */
import { useMemo, useState } from "preact/hooks";
import { copy } from "../copy.ts";
import { type Alert, type Detail, detail } from "../details.ts";
import type { Field } from "../filter.ts";
import { shown, visible } from "../json.ts";
import type { Row } from "../protocol.ts";
import { include } from "../query.ts";
import { Counted } from "./alert_counted.tsx";
import { Why } from "./alert_why.tsx";
import { Fact } from "./fact.tsx";
import { Icon } from "./icons.tsx";
import { JsonView } from "./json_view.tsx";

interface Props {
  row: Row;
  index: number;
  top: number;
  height: number;
}

export function AlertDetail({ row, index, top, height }: Props) {
  // Asked for once for each opening: asking while drawing would repeat what fails for ever.
  const found = useMemo(() => detail(row.id, row.seq), [row.id]).value;
  const style = { top: `${top}px`, height: `${height}px` };
  return (
    <div
      class={`exp ${row.sev}`}
      role="row"
      aria-level={2}
      aria-rowindex={index + 2}
      style={style}
      data-detail={found.is}
    >
      {found.is === "ready" ? <Boxes found={found} row={row} /> : <Absent found={found} />}
    </div>
  );
}

function Absent({ found }: { found: Exclude<Detail, { is: "ready" }> }) {
  const words = {
    loading: "Loading…",
    gone: "The stream no longer holds this alert; only its row is left.",
    unknown: "The gateway does not know this alert.",
    failed: "The alert could not be loaded. Close the row and open it again to retry.",
  };
  return (
    <div class="box absent" role="gridcell">
      <p>{words[found.is]}</p>
      {"why" in found && <p class="muted">{visible(found.why)}</p>}
    </div>
  );
}

function Boxes({ found, row }: { found: Extract<Detail, { is: "ready" }>; row: Row }) {
  const { alert, event, whole } = found;
  return (
    <>
      <Why alert={alert} />
      {alert.correlation ? <Counted alert={alert} correlation={alert.correlation} /> : <Process alert={alert} />}
      <Event event={event} name={whole ? "Alert" : "Event"} />
      <div class="acts" role="gridcell">
        <Only name="pod" field="pod" value={row.pod} />
        <Only name="namespace" field="ns" value={row.ns} />
        <Only name="process" field="proc" value={row.bin} />
        <Only name="rule" field="rule" value={row.rule} />
        <Only name="node" field="node" value={row.node} />
      </div>
    </>
  );
}

function Only({ name, field, value }: { name: string; field: Field; value: string | undefined }) {
  if (!value) return null;
  return (
    <button
      type="button"
      class="btn"
      title={`Show only this ${name}; with Alt, all but it`}
      onClick={(event) => include(field, value, event.altKey)}
    >
      <Icon name="filter" />
      Only this {name}
    </button>
  );
}

function Process({ alert }: { alert: Alert }) {
  const parent = alert.parent_process ?? "";
  return (
    <div class="box" role="gridcell" tabIndex={0}>
      <h3>Process</h3>
      <ul class="tree">
        <li class={parent ? "" : "missing"}>
          {parent ? <Command binary={parent} args={alert.parent_arguments} /> : <em>parent not recorded</em>}
        </li>
        <li class="here">
          <Command binary={alert.process ?? ""} args={alert.arguments} />
        </li>
      </ul>
      <dl>
        <Fact name="Target" value={alert.target} />
        <Fact name="Pod" value={[alert.namespace, alert.pod].filter(Boolean).join("/")} />
        <Fact name="Container" value={alert.container} />
        <Fact name="Image" value={alert.image} />
        <Fact name="Node" value={[alert.cluster, alert.node].filter(Boolean).join("/")} />
        <Fact name="Folder" value={alert.cwd} />
        <Fact name="Ids" value={ids(alert)} />
        <Fact name="Time" value={alert.time} />
      </dl>
    </div>
  );
}

function ids({ pid, uid }: Alert): string {
  return [pid === undefined ? "" : `pid ${pid}`, uid === undefined ? "" : `uid ${uid}`].filter(Boolean).join(", ");
}

function Command({ binary, args = "" }: { binary: string; args?: string | undefined }) {
  return (
    <span title={visible(`${binary} ${args}`)}>
      <b>{visible(binary)}</b> <em>{visible(args)}</em>
    </span>
  );
}

function Event({ event, name }: { event: string; name: string }) {
  const [copied, setCopied] = useState<boolean | null>(null);
  const text = shown(event);
  const word = copied === null ? "Copy JSON" : copied ? "Copied" : "Could not copy";
  return (
    <div class="box json" role="gridcell">
      <h3>
        {name}
        <button type="button" class="tool" onClick={() => copy(text).then(setCopied)}>
          <Icon name="copy" />
          {word}
        </button>
      </h3>
      <JsonView text={text} />
    </div>
  );
}
