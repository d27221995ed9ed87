/** What the user can do with an open alert: filter, show the minutes around it, copy. */

import { Icon } from "../../components/icons.tsx";
import { useCopy } from "../../components/use_copy.ts";
import type { Field } from "../../domain/filter.ts";
import type { Row } from "../../domain/frames.ts";
import { EACH_MS } from "../../domain/nearby.ts";
import type { Alert } from "../../domain/schemas.ts";
import { around } from "../../domain/time_range.ts";
import * as live from "../../state/live.ts";
import * as openRows from "../../state/open_rows.ts";
import * as query from "../../state/query.ts";

import { CopyMenu } from "./copy_menu.tsx";
import { named } from "./detail_box.tsx";

interface Props {
  alert: Alert;
  id: string;
  row: Row | null;
  t: number;
  /** Whether it is in the grid. A sheet is closed by an action, because it would cover the result. */
  cell: boolean;
}

export function AlertActions({ alert, id, row, t, cell }: Props) {
  const leave = () => {
    if (!cell) openRows.closeAll();
  };
  const pod = alert.pod || row?.pod;
  const node = alert.node || row?.node;
  const rule = alert.rules?.[0]?.id ?? row?.rule;
  return (
    <div class="acts" {...named("Actions", cell)}>
      {pod ? (
        <Only name="pod" field="pod" value={pod} leave={leave} />
      ) : (
        <Only name="node" field="node" value={node} leave={leave} />
      )}
      <Only name="rule" field="rule" value={rule} leave={leave} />
      {!Number.isNaN(t) && (
        <button
          type="button"
          class="btn"
          title="Five minutes before and after, with the same filter"
          onClick={() => {
            leave();
            query.setRange(around(t, EACH_MS, live.gatewayNow()));
          }}
        >
          <Icon name="clock" />5 minutes around
        </button>
      )}
      <CopyLink id={id} />
      <CopyMenu alert={alert} />
    </div>
  );
}

interface OnlyProps {
  name: string;
  field: Field;
  value: string | undefined;
  leave: () => void;
}

function Only({ name, field, value, leave }: OnlyProps) {
  if (!value) return null;
  return (
    <button
      type="button"
      class="btn"
      data-field={field}
      data-value={value}
      title={`Show only this ${name}. Alt-click excludes it.`}
      onClick={(event) => {
        leave();
        query.include(field, value, event.altKey);
      }}
    >
      <Icon name="filter" />
      Only this {name}
    </button>
  );
}

/** The link names the minutes, so that a colleague sees the same ones. */
function CopyLink({ id }: { id: string }) {
  const copied = useCopy("Copy link", () => query.link(live.gatewayNow(), { open: id }));
  return (
    <button type="button" class="btn" onClick={copied.copy}>
      <Icon name="link" />
      {copied.word}
    </button>
  );
}
