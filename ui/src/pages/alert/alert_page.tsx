/** The page `/alerts/{id}`: the alert, its process ancestry, its fields, and alerts nearby. */

import { useLayoutEffect, useMemo } from "preact/hooks";
import type { Detail } from "../../api/alert_details.ts";
import { Icon, SeverityMark } from "../../components/icons.tsx";
import { JsonView } from "../../components/json_view.tsx";
import { Panel } from "../../components/panel.tsx";
import { useCopy } from "../../components/use_copy.ts";
import { ago, capital, moment } from "../../domain/format.ts";
import { SEVERITIES, type Severity } from "../../domain/frames.ts";
import { shown, visible } from "../../domain/json_text.ts";
import type { Alert } from "../../domain/schemas.ts";
import * as commands from "../../state/commands.ts";
import * as documentTitle from "../../state/document_title.ts";
import * as live from "../../state/live.ts";
import * as queries from "../../state/queries.ts";
import * as router from "../../state/router.ts";

import { alertPath } from "../../state/router.ts";
import { AlertFieldsList } from "./alert_fields_list.tsx";
import { CorrelationEvidence } from "./correlation_evidence.tsx";
import { NearbyAlerts } from "./nearby_alerts.tsx";
import { ProcessTreeView } from "./process_tree_view.tsx";

type Ready = Extract<Detail, { is: "ready" }>;

export function AlertPage({ id }: { id: string }) {
  const found = useMemo(() => queries.alert(id), [id]).value;
  return (
    <main id="main" class="body alert" aria-labelledby="alert-title" data-detail={found.is}>
      {found.is === "ready" ? <Whole id={id} found={found} /> : <Absent id={id} found={found} />}
    </main>
  );
}

function Back() {
  return (
    <a class="btn back" href={router.runtimeAddress.value}>
      <Icon name="left" />
      <span class="lab">Runtime</span>
    </a>
  );
}

const WORDS = {
  loading: "Loading the alert…",
  gone: "This alert is no longer retained",
  unknown: "There is no such alert",
  failed: "The alert could not be loaded",
};

function Absent({ id, found }: { id: string; found: Exclude<Detail, Ready> }) {
  return (
    <>
      <div class="bar">
        <Back />
      </div>
      <section class="empty" role={found.is === "loading" ? "status" : "alert"} data-empty={found.is}>
        <h1 id="alert-title">{WORDS[found.is]}</h1>
        {"why" in found && <p>{visible(found.why)}</p>}
        {found.is === "gone" && <p>The gateway retains alerts for its live window only.</p>}
        {found.is === "failed" && (
          <button type="button" class="btn" onClick={() => queries.alert(id)}>
            Try again
          </button>
        )}
      </section>
    </>
  );
}

function Whole({ id, found }: { id: string; found: Ready }) {
  const { alert, event } = found;
  const text = useMemo(() => shown(event), [event]);
  const json = useCopy("Copy JSON", text);
  const link = useCopy("Copy link", window.location.origin + alertPath(id));
  useLayoutEffect(() => {
    documentTitle.subject.value = [alert.title ?? "", alert.namespace || alert.node || ""].filter(Boolean);
    commands.setPage({ copy: json.copy, link: link.copy });
    return () => {
      documentTitle.subject.value = [];
      commands.setPage(null);
    };
  }, [id, text]);
  const t = Date.parse(alert.time ?? "");
  return (
    <>
      <div class="bar">
        <Back />
        <div class="acts">
          <button type="button" class="btn" onClick={link.copy}>
            <Icon name="link" />
            {link.word}
          </button>
          <button type="button" class="btn" onClick={json.copy}>
            <Icon name="copy" />
            {json.word}
          </button>
          <a class="btn" href={`/api/v1/alerts/${encodeURIComponent(id)}`} download={`alert-${fileName(id)}.json`}>
            <Icon name="download" />
            Download
          </a>
        </div>
      </div>
      <Head alert={alert} t={t} />
      <Columns id={id} found={found} text={text} t={t} />
    </>
  );
}

function Head({ alert, t }: { alert: Alert; t: number }) {
  const severity = severityOf(alert);
  return (
    <header class={`head ${severity}`}>
      <p class="sevword">
        <SeverityMark severity={severity} />
        {capital(severity)}
      </p>
      <h1 id="alert-title">
        <bdi>{visible(alert.title || "Untitled alert")}</bdi>
      </h1>
      <When t={t} />
      {alert.reason && (
        <p class="reason">
          <bdi>{visible(alert.reason)}</bdi>
        </p>
      )}
    </header>
  );
}

function Columns({ id, found, text, t }: { id: string; found: Ready; text: string; t: number }) {
  const { alert, event, whole } = found;
  return (
    <div class="columns">
      <div>
        {alert.correlation && (
          <section class="panel piece" aria-labelledby="counted-title">
            <h2 id="counted-title">What was counted</h2>
            <CorrelationEvidence alert={alert} correlation={alert.correlation} inList={false} />
          </section>
        )}
        <section class="panel piece" aria-labelledby="ancestry-title">
          <h2 id="ancestry-title">{alert.correlation ? "Process ancestry of the evidence" : "Process ancestry"}</h2>
          <Panel name="The ancestry">
            <ProcessTreeView id={id} t={t} />
          </Panel>
        </section>
        <section class="panel piece event" aria-labelledby="event-title">
          <h2 id="event-title">{whole ? "Alert as JSON" : "Event as received"}</h2>
          <JsonView text={text} />
        </section>
      </div>
      <div>
        <section class="panel piece" aria-labelledby="facts-title">
          <h2 id="facts-title">Why this fired</h2>
          <Panel name="The list of fields">
            <AlertFieldsList alert={alert} event={event} />
          </Panel>
        </section>
        <Panel name="The list of nearby alerts">
          <NearbyAlerts id={id} alert={alert} t={t} />
        </Panel>
      </div>
    </div>
  );
}

/** The moment, and how long ago it was. */
function When({ t }: { t: number }) {
  if (Number.isNaN(t)) return null;
  return (
    <p class="when">
      <time dateTime={new Date(t).toISOString()}>{moment(t)}</time>
      {" · "}
      {ago(t, live.now.value)}
    </p>
  );
}

function severityOf({ severity }: Alert): Severity {
  return SEVERITIES.find((known) => known === severity) ?? "low";
}

function fileName(id: string): string {
  return id.replace(/[^\w.-]+/g, "_").slice(0, 64);
}
