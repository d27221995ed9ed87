/** One slot above the list; the most serious of what is true stands in it. */
import type { ComponentChildren } from "preact";
import { clock, count, duration, plural } from "../format.ts";
import { back, cut, dismissMissed, lag, list, missed, retryNow, status } from "../live.ts";
import type { MissedRange } from "../store.ts";
import { Icon } from "./icons.tsx";

export function Notice() {
  const said = notice();
  if (said === null) return null;
  return (
    <div class={`notice ${said.kind}`} data-notice={said.kind}>
      <Icon name="warning" />
      <span>{said.text}</span>
      {said.action}
    </div>
  );
}

interface Said {
  kind: "offline" | "signed_out" | "gap" | "broken" | "lagging" | "more" | "back";
  text: ComponentChildren;
  action?: ComponentChildren;
}

function notice(): Said | null {
  const current = status.value;
  if (current.is === "signed_out") {
    const text = "You are signed out. What had arrived is still shown.";
    return { kind: "signed_out", text, action: <Action name="Sign in again" act={() => window.location.reload()} /> };
  }
  if (current.is === "reconnecting" && list.value.rows.length > 0) {
    const text = (
      <>
        <b>Connection lost at {clock(current.lost_at)}.</b> Showing what had arrived.
      </>
    );
    return { kind: "offline", text, action: <Action name="Retry now" act={retryNow} /> };
  }
  if (missed.value !== null) {
    return { kind: "gap", text: gap(missed.value), action: <Action name="Dismiss" act={dismissMissed} /> };
  }
  const { broken, lagging, ms, pending } = lag.value;
  if (broken !== "") return { kind: "broken", text: `The pipeline reports: ${broken}` };
  if (lagging && ms !== null) {
    return { kind: "lagging", text: `The pipeline is ${duration(ms)} behind (${count(pending)} waiting in NATS).` };
  }
  if (back.value !== null) {
    const { alerts, away_ms } = back.value;
    const came = alerts === 0 ? "No alert came" : `${plural(alerts, "alert")} came`;
    return { kind: "back", text: `Back. ${came} in the ${duration(away_ms)} away.` };
  }
  if (!cut.value) return null;
  const text = (
    <>
      <b>More than the screen can show.</b> The worst 400 of each quarter second are listed. Counts are exact.
    </>
  );
  return { kind: "more", text };
}

function gap({ why, alerts, from_ms, to_ms }: MissedRange): string {
  if (why === "epoch") return "The alert stream was rebuilt. The list starts anew; earlier alerts are not in it.";
  const range = from_ms === null || to_ms === null ? "A range" : `${clock(from_ms)}–${clock(to_ms)}`;
  const many = alerts > 0 ? ` (${plural(alerts, "alert")})` : "";
  return `${range}${many} could not be replayed. Counts include them.`;
}

function Action({ name, act }: { name: string; act: () => void }) {
  return (
    <button type="button" class="act" onClick={act}>
      {name}
    </button>
  );
}
