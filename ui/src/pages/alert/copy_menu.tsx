/** Copies an alert as a command for a shell or as a silence. The UI runs and writes nothing. */

import { Icon } from "../../components/icons.tsx";
import { useCopy } from "../../components/use_copy.ts";
import { usePopup } from "../../components/use_popup.ts";
import { kubectl, natsSub, silence, uuid } from "../../domain/copy_formats.ts";
import type { Alert } from "../../domain/schemas.ts";

export function CopyMenu({ alert }: { alert: Alert }) {
  const { root, open, toggle } = usePopup<HTMLDivElement>();
  return (
    <div class="menu" ref={root}>
      <button type="button" class="btn" aria-expanded={open} onClick={toggle}>
        <Icon name="copy" />
        Copy as
        <Icon name="down" />
      </button>
      {open && <Ways alert={alert} />}
    </div>
  );
}

function Ways({ alert }: { alert: Alert }) {
  const described = kubectl(alert);
  const silent = silence(alert, 0, "");
  const where = alert.namespace || alert.workload || alert.pod ? "this workload" : "this node";
  return (
    <div class="popup copies" role="group" aria-label="Copy as">
      <Way
        name="nats sub"
        does={alert.namespace ? "follow alerts of this severity in its namespace" : "follow alerts of this severity"}
        text={() => natsSub(alert)}
      />
      <Way
        name="kubectl"
        does={`describe ${alert.pod ? "its pod" : "its node"}`}
        text={described === null ? null : () => described}
        why="Its name is not safe to paste into a shell."
      />
      <Way
        name="silence YAML"
        does={`lower its rules for ${where}, for 4 hours`}
        text={silent === null ? null : () => silence(alert, Date.now(), uuid()) ?? ""}
        why={
          alert.correlation
            ? "Silence the rules that it counts instead."
            : "No rule matched; see the overrides in severity.yaml."
        }
      />
      <p class="muted">This only copies text. Add a silence to your rules to use it.</p>
    </div>
  );
}

interface WayProps {
  name: string;
  does: string;
  text: (() => string) | null;
  /** Why it cannot be copied. */
  why?: string;
}

function Way({ name, does, text, why = "" }: WayProps) {
  const copied = useCopy(name, text ?? "");
  return (
    <button type="button" aria-disabled={text === null} onClick={() => text && copied.copy()}>
      <b>{copied.word}</b>
      <small>{text === null ? why : does}</small>
    </button>
  );
}
