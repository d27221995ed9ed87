/** Starts the page. */
import "./styles/fonts.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/runtime.css";
import "./styles/list.css";
import "./styles/narrow.css";
import "./styles/sheet.css";
import "./styles/alert.css";
import { render } from "preact";
import { App } from "./app.tsx";
import { startKeys } from "./keys.ts";
import { start } from "./live.ts";
import { speakNotices } from "./notices.ts";
import { startPages } from "./page.ts";
import { findPlace } from "./place.ts";
import { readAddress } from "./query.ts";
import { startTheme } from "./theme.ts";
import { keepTitle } from "./title.ts";

startTheme();
startPages(readAddress);
keepTitle();
findPlace();
speakNotices();
startKeys();
start();
render(<App />, document.getElementById("app") as HTMLElement);
