/** Starts the UI. */
import "../styles/fonts.css";
import "../styles/tokens.css";
import "../styles/base.css";
import "../styles/shell.css";
import "../styles/runtime.css";
import "../styles/list.css";
import "../styles/narrow.css";
import "../styles/sheet.css";
import "../styles/alert.css";
import { startApp } from "./start_app.tsx";

startApp(document.getElementById("app") as HTMLElement);
