/** A download of the rows of the current range and filter. */

import { exportAddress } from "../../../api/client.ts";
import { Icon } from "../../../components/icons.tsx";
import { usePopup } from "../../../components/use_popup.ts";
import { bounds } from "../../../domain/time_range.ts";
import * as live from "../../../state/live.ts";
import * as query from "../../../state/query.ts";

const FORMATS = [
  ["csv", "CSV", "for a spreadsheet; formulas are escaped"],
  ["ndjson", "NDJSON", "one JSON object per line"],
] as const;

export function ExportMenu() {
  const { root, open, close, toggle } = usePopup<HTMLDivElement>();
  return (
    <div class="menu only-l" ref={root}>
      <button type="button" class="tool" aria-expanded={open} onClick={toggle}>
        <Icon name="download" />
        Export
      </button>
      {open && <Files close={close} />}
    </div>
  );
}

function Files({ close }: { close: () => void }) {
  // From live it is the time up to the opening of this menu: a file is about a time that has ended.
  const request = { ...bounds(query.range.value, live.gatewayNow()), filter: query.filter.value };
  return (
    <div class="popup right copies" role="group" aria-label="Export">
      {FORMATS.map(([format, name, what]) => (
        <a key={format} href={exportAddress(request, format)} download onClick={close}>
          <b>{name}</b>
          <small>{what}</small>
        </a>
      ))}
      <p class="muted">All retained alerts of this range and filter, not folded.</p>
    </div>
  );
}
