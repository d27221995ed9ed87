/** The page as it is when it is opened: nothing open, nothing asked for. */
import { listControl } from "../src/list_control.ts";
import { closeAll } from "../src/opened.ts";
import { backToLive, clearAll, range, setColumns, setFold } from "../src/query.ts";
import { DEFAULTS } from "../src/url.ts";

export function showAll(): void {
  listControl()?.newest();
  closeAll();
  if (!range.peek().live) backToLive();
  clearAll();
  setFold(true);
  setColumns(DEFAULTS.columns);
}
