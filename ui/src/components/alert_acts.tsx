/** What can be done with an open alert: narrow the list, look around it in time, and hand it to others. */
import { EACH_MS } from "../around.ts";
import type { Alert } from "../details.ts";
import type { Field } from "../filter.ts";
import { gatewayNow } from "../live.ts";
import { closeAll } from "../opened.ts";
import { around } from "../period.ts";
import type { Row } from "../protocol.ts";
import { include, link, setRange } from "../query.ts";
import { named } from "./box.tsx";
import { CopyMenu } from "./copy_menu.tsx";
import { Icon } from "./icons.tsx";
import { useCopy } from "./use_copy.ts";

interface Props {
  alert: Alert;
  id: string;
  row: Row | null;
  t: number;
  /** In the grid it stays open; a sheet would lie over what was asked for. */
  cell: boolean;
}

export function Acts({ alert, id, row, t, cell }: Props) {
  const leave = () => {
    if (!cell) closeAll();
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
          title="Five minutes before and after, under the same filter"
          onClick={() => {
            leave();
            setRange(around(t, EACH_MS, gatewayNow()));
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
      title={`Show only this ${name}; with Alt, all but it`}
      onClick={(event) => {
        leave();
        include(field, value, event.altKey);
      }}
    >
      <Icon name="filter" />
      Only this {name}
    </button>
  );
}

/** The link names the minutes, so that a colleague sees the same ones. */
function CopyLink({ id }: { id: string }) {
  const copied = useCopy("Copy link", () => link(gatewayNow(), { open: id }));
  return (
    <button type="button" class="btn" onClick={copied.copy}>
      <Icon name="link" />
      {copied.word}
    </button>
  );
}
