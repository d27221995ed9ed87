/** Why an alert fired: the reason, and each rule with the values that matched, its runbook and false positives. */

import { useEffect } from "preact/hooks";
import type { Row } from "../../domain/frames.ts";
import { visible } from "../../domain/json_text.ts";
import type { Alert, Rule as Known, RuleHit } from "../../domain/schemas.ts";
import * as queries from "../../state/queries.ts";
import { FieldRow } from "./field_row.tsx";
import { FoldedTimes } from "./folded_times.tsx";

export function AlertReason({ alert, row }: { alert: Alert; row: Row | null }) {
  const { rules = [], severity_from = "" } = alert;
  useEffect(() => (rules.length > 0 ? queries.rules.watch() : undefined), [alert]);
  return (
    <>
      <p>
        <bdi>{visible(alert.title ?? "")}</bdi>
      </p>
      <p class="muted">
        <bdi>{visible(alert.reason ?? "")}</bdi>
      </p>
      <dl>
        <FieldRow name="Silenced by" value={alert.silenced_by} />
        <FieldRow name="Without it" value={alert.unsilenced_severity} plain />
      </dl>
      {row && <FoldedTimes row={row} />}
      {rules.map((rule, index) => (
        <Rule key={index} rule={rule} />
      ))}
      <dl>
        <FieldRow name="Decided by" value={severity_from} />
        <FieldRow name="Table said" value={alert.base_severity} plain />
        {rules.length === 0 &&
          (alert.techniques ?? []).map((technique) => (
            <FieldRow key={technique} name="Technique" value={technique} field="techniques" />
          ))}
        <FieldRow name="Outcome" value={alert.outcome} plain />
        <FieldRow name="Policy" value={alert.policy} />
        <FieldRow name="Action" value={alert.action} plain />
      </dl>
      {!alert.correlation && <Who alert={alert} />}
    </>
  );
}

function Who({ alert }: { alert: Alert }) {
  const { pid, uid } = alert;
  const ids = [pid === undefined ? "" : `pid ${pid}`, uid === undefined ? "" : `uid ${uid}`].filter(Boolean).join(", ");
  return (
    <dl>
      <FieldRow name="Process" value={alert.process} field="process" />
      <FieldRow name="Target" value={alert.target} field="target" />
      <FieldRow name="Event" value={alert.event_type} field="event_type" />
      <Places alert={alert} />
      <FieldRow name="Folder" value={alert.cwd} />
      <FieldRow name="Ids" value={ids} />
      <FieldRow name="Time" value={alert.time} />
    </dl>
  );
}

/** Where it happened, from the namespace down to the node. */
export function Places({ alert }: { alert: Alert }) {
  return (
    <>
      <FieldRow name="Namespace" value={alert.namespace} field="namespace" />
      <FieldRow name="Workload" value={alert.workload} field="workload" />
      <FieldRow name="Pod" value={alert.pod} field="pod" />
      <FieldRow name="Container" value={alert.container} field="container" />
      <FieldRow name="Image" value={alert.image} />
      <FieldRow name="Node" value={alert.node} field="node" />
      <FieldRow name="Cluster" value={alert.cluster} />
    </>
  );
}

function Rule({ rule }: { rule: RuleHit }) {
  const { id, title, level, author, link, techniques = [], matched = [] } = rule;
  return (
    <section class="rule">
      <h4>
        <bdi>{visible(title || id)}</bdi> {level && <span class="x">{visible(level)}</span>}
      </h4>
      <Advice id={id} />
      <dl>
        {matched.map(({ field, value }, index) => (
          <FieldRow key={index} name={field} value={value} />
        ))}
        <FieldRow name="Rule" value={id} field="rules" />
        {techniques.map((technique) => (
          <FieldRow key={technique} name="Technique" value={technique} field="techniques" />
        ))}
        <FieldRow name="Author" value={author} plain />
        <More link={link} />
      </dl>
    </section>
  );
}

/** The runbook and the false positives of the rule, from its current version. */
function Advice({ id }: { id: string }) {
  const now = queries.rulesAnswer();
  if (now.is === "loading") return null;
  if (now.is === "failed") return <p class="muted">Its runbook and false positives could not be loaded.</p>;
  const rule: Known | undefined = now.rules.rules.find((known) => known.id === id);
  if (rule === undefined) return <p class="muted">No rule with this id is loaded.</p>;
  const { runbook, falsepositives } = rule;
  return (
    <dl class="advice">
      <FieldRow name="Do first" value={runbook} plain />
      {falsepositives.map((text, index) => (
        <FieldRow key={index} name={index === 0 ? "False positives" : ""} value={text} plain />
      ))}
    </dl>
  );
}

/** A rule may come from anywhere: only an address of the web is made a link. */
function More({ link = "" }: { link: string | undefined }) {
  if (!/^https?:\/\//i.test(link)) return <FieldRow name="Reference" value={link} />;
  return (
    <>
      <dt>Reference</dt>
      <dd>
        <a href={link} target="_blank" rel="noopener noreferrer">
          <bdi>{visible(link)}</bdi>
        </a>
      </dd>
    </>
  );
}
