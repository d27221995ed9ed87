/** Connects the state with the browser and the gateway. */
import { all } from "../api/browser.ts";
import * as cluster from "./cluster.ts";
import * as documentTitle from "./document_title.ts";
import * as live from "./live.ts";
import * as notices from "./notices.ts";
import { readAddress } from "./query.ts";
import * as router from "./router.ts";
import * as theme from "./theme.ts";

/** Returns a function that ends this. */
export function startState(): () => void {
  return all(
    theme.start(),
    router.start(readAddress),
    documentTitle.start(),
    cluster.start(),
    notices.start(),
    live.start(),
  );
}
