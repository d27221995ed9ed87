/** The bar above every page: where we are, how well we see, how it looks. */
import { clock, count, duration } from "../format.ts";
import { openShortcuts } from "../keys.ts";
import { lag, now, numbers, pausedAt, status } from "../live.ts";
import { total } from "../protocol.ts";
import { switchTheme, theme } from "../theme.ts";
import { Brand, HalfCircle, Icon } from "./icons.tsx";

export function TopBar() {
  return (
    <header class="top">
      <a class="brand" href="/runtime">
        <Brand />
        <span>Tocsin</span>
      </a>
      <nav class="nav" aria-label="Pages">
        <a href="/runtime" aria-current="page">
          Runtime
        </a>
      </nav>
      <div class="right">
        <ConnectionPill />
        <ThemeButton />
        <button type="button" class="icon keys" aria-label="Keyboard shortcuts" onClick={openShortcuts}>
          <Icon name="keys" />
        </button>
      </div>
    </header>
  );
}

function ThemeButton() {
  const other = theme.value === "dark" ? "light" : "dark";
  return (
    <button type="button" class="icon" aria-label={`Switch to ${other}`} onClick={switchTheme}>
      <HalfCircle />
    </button>
  );
}

/** The state of the connection in one word, with rate and delay while it is live. */
export function ConnectionPill() {
  const { state, word, facts } = connection();
  return (
    <div class={`conn ${state}`} data-state={state}>
      <span class="vh">Connection: </span>
      <b>{word}</b>
      {facts.map((fact, index) => (
        <span key={index} class={`fact${index > 0 ? " only-l" : ""}`}>
          {fact}
        </span>
      ))}
    </div>
  );
}

function connection(): { state: string; word: string; facts: string[] } {
  const current = status.value;
  if (current.is === "signed_out") return { state: "signed_out", word: "Signed out", facts: [] };
  if (current.is === "connecting") return { state: "connecting", word: "Connecting", facts: [] };
  if (current.is === "reconnecting") {
    const { retry_at } = current;
    const seconds = retry_at === null ? 0 : Math.ceil((retry_at - now.value) / 1000);
    return { state: "reconnecting", word: "Reconnecting", facts: seconds > 0 ? [`${seconds} s`] : [] };
  }
  if (pausedAt.value !== null) return { state: "paused", word: `Paused ${clock(pausedAt.value)}`, facts: [] };
  const { ms, lagging } = lag.value;
  if (lagging && ms !== null) return { state: "lagging", word: `${duration(ms)} behind`, facts: [] };
  const rate = `${count(total(numbers.value.rate))}/s`;
  return { state: "live", word: "Live", facts: ms === null ? [rate] : [rate, duration(ms)] };
}
