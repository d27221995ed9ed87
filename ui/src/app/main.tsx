/** Starts the page. */
import "../styles/fonts.css";
import "../styles/tokens.css";
import "../styles/base.css";
import "../styles/shell.css";
import "../styles/runtime.css";
import "../styles/list.css";
import "../styles/narrow.css";
import "../styles/sheet.css";
import "../styles/alert.css";
import { render } from "preact";
import { findPlace } from "../state/cluster.ts";
import { keepTitle } from "../state/document_title.ts";
import { start } from "../state/live.ts";
import { speakNotices } from "../state/notices.ts";
import { readAddress } from "../state/query.ts";
import { startPages } from "../state/router.ts";
import { startTheme } from "../state/theme.ts";
import { App } from "./app.tsx";
import { startKeys } from "./shortcuts.ts";

startTheme();
startPages(readAddress);
keepTitle();
findPlace();
speakNotices();
startKeys();
start();
render(<App />, document.getElementById("app") as HTMLElement);
