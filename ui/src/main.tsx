/** Starts the page. */
import "./styles/fonts.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/runtime.css";
import "./styles/narrow.css";
import { render } from "preact";
import { startKeys } from "./keys.ts";
import { start } from "./live.ts";
import { speakNotices } from "./notices.ts";
import { readAddress } from "./query.ts";
import { Runtime } from "./runtime.tsx";
import { startTheme } from "./theme.ts";
import { keepTitle } from "./title.ts";

if (window.location.pathname === "/") history.replaceState(null, "", `/runtime${window.location.search}`);

startTheme();
readAddress();
window.addEventListener("popstate", readAddress);
keepTitle();
speakNotices();
startKeys();
start();
render(<Runtime />, document.getElementById("app") as HTMLElement);
