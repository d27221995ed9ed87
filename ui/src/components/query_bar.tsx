/** Search box and Pause. */
import { count } from "../format.ts";
import { visible } from "../json.ts";
import { list, pausedAt, togglePause } from "../live.ts";
import { commit, problems, text, type } from "../query.ts";
import { Icon } from "./icons.tsx";

export function QueryBar() {
  const wrong = problems.value;
  return (
    <div class="query" role="search">
      <div class={`search${wrong.length > 0 ? " wrong" : ""}`}>
        <Icon name="search" />
        <input
          id="search"
          type="text"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          placeholder="Search text or field:value"
          aria-label="Search alerts"
          aria-invalid={wrong.length > 0}
          aria-describedby="search-problems"
          value={text.value}
          onInput={(event) => type(event.currentTarget.value)}
          onKeyDown={(event) => event.key === "Enter" && commit()}
          onBlur={commit}
        />
        {text.value === "" ? (
          <kbd>/</kbd>
        ) : (
          <button type="button" class="icon" aria-label="Clear the search" onClick={clearText}>
            <Icon name="close" />
          </button>
        )}
      </div>
      <PauseButton />
      <div id="search-problems" class="problems" role="status">
        {wrong.map(({ text: part, reason }) => (
          <p key={part}>
            <s>{visible(part)}</s> {reason}
          </p>
        ))}
      </div>
    </div>
  );
}

function clearText(): void {
  type("");
  commit();
  document.getElementById("search")?.focus();
}

function PauseButton() {
  const paused = pausedAt.value !== null;
  const { waiting } = list.value;
  const word = paused ? (waiting > 0 ? `Resume · ${count(waiting)} new` : "Resume") : "Pause";
  return (
    <button type="button" class={`btn pause${paused ? " on" : ""}`} onClick={togglePause}>
      <Icon name={paused ? "play" : "pause"} />
      <span class="lab">{word}</span>
      <kbd>Space</kbd>
    </button>
  );
}
