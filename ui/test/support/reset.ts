/** The page as it is when it is opened: nothing open, nothing asked for. */

import { DEFAULTS } from "../../src/domain/url_state.ts";
import { listControl } from "../../src/state/list_commands.ts";
import { closeAll } from "../../src/state/open_rows.ts";
import { backToLive, clearAll, range, setColumns, setFold } from "../../src/state/query.ts";

export function showAll(): void {
  listControl()?.newest();
  closeAll();
  if (!range.peek().live) backToLive();
  clearAll();
  setFold(true);
  setColumns(DEFAULTS.columns);
}
