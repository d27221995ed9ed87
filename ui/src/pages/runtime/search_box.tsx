/** The search box: chips, the text, and suggestions for `field:value`. */

import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../../components/icons.tsx";
import { type Completion, complete } from "../../domain/completion.ts";
import { count } from "../../domain/format.ts";
import { visible } from "../../domain/json_text.ts";
import * as query from "../../state/query.ts";

import { known, moreOf } from "../../state/suggestions.ts";
import { editLast, FilterChips } from "./filter_chips.tsx";

const LIST = "search-choices";

export function SearchBox() {
  const input = useRef<HTMLInputElement>(null);
  const { found, at, look, close, step } = useCompletion(input);
  const accept = (index: number) => {
    const choice = found?.choices[index];
    if (found === null || choice === undefined) return;
    const rest = query.text.peek();
    query.type(rest.slice(0, found.start) + choice.text + rest.slice(found.end));
    if (found.field !== null) query.commit();
    close();
    requestAnimationFrame(() => {
      input.current?.focus();
      if (found.field === null) look();
    });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (pressed(event)) event.preventDefault();
  };
  /** Whether the key was one of the box's own. */
  const pressed = ({ key, altKey }: KeyboardEvent): boolean => {
    if (key === "ArrowDown" || key === "ArrowUp") {
      if (found === null) look(true);
      else step(key === "ArrowDown" ? 1 : -1);
      return true;
    }
    if ((key === "Enter" || key === "Tab") && found !== null && at >= 0) {
      accept(at);
      return true;
    }
    if (key === "Enter") {
      query.commit();
      close();
      return true;
    }
    if (key === "Escape" && found !== null) {
      close();
      return true;
    }
    return key === "Backspace" && !altKey && query.text.peek() === "" && editLast();
  };
  const wrong = query.problems.value.length > 0;
  return (
    <div class={`search${wrong ? " wrong" : ""}`} onPointerDown={(event) => focusBox(event, input.current)}>
      <Icon name="search" />
      <FilterChips />
      <input
        ref={input}
        id="search"
        type="text"
        role="combobox"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        enterkeyhint="search"
        placeholder="Search text or field:value"
        aria-label="Search alerts"
        aria-autocomplete="list"
        aria-expanded={found !== null}
        aria-controls={LIST}
        aria-activedescendant={found !== null && at >= 0 ? `${LIST}-${at}` : undefined}
        aria-invalid={wrong}
        aria-describedby="search-problems"
        value={query.text.value}
        onInput={(event) => {
          query.type(event.currentTarget.value);
          look();
        }}
        onKeyDown={onKeyDown}
        onBlur={() => {
          close();
          query.commit();
        }}
      />
      {query.text.value === "" ? (
        <kbd>/</kbd>
      ) : (
        <button type="button" class="icon" aria-label="Clear the search" onClick={clearText}>
          <Icon name="close" />
        </button>
      )}
      <Choices found={found} at={at} accept={accept} />
    </div>
  );
}

/** A press beside the chips is meant for the box. */
function focusBox(event: Event, input: HTMLInputElement | null): void {
  if (event.target !== event.currentTarget) return;
  event.preventDefault();
  input?.focus();
}

function useCompletion(input: { current: HTMLInputElement | null }) {
  const [found, setFound] = useState<Completion | null>(null);
  const [at, setAt] = useState(-1);
  const asking = useRef<AbortController | null>(null);
  const close = () => {
    asking.current?.abort();
    setFound(null);
    setAt(-1);
  };
  const show = (next: Completion | null) => {
    setFound(next !== null && next.choices.length > 0 ? next : null);
    setAt(-1);
  };
  const look = (asked = false) => {
    asking.current?.abort();
    const caret = input.current?.selectionStart ?? query.text.peek().length;
    const next = complete(query.text.peek(), caret, known, asked);
    show(next);
    if (next === null || next.field === null) return;
    asking.current = new AbortController();
    const { signal } = asking.current;
    void moreOf(next.field, next.partial, signal).then((more) => {
      if (!signal.aborted && more.length > 0) show(complete(query.text.peek(), caret, () => more, asked));
    });
  };
  const step = (by: number) => {
    const length = found?.choices.length ?? 0;
    setAt(at < 0 && by < 0 ? length - 1 : (at + by + length) % length);
  };
  useEffect(() => () => asking.current?.abort(), []);
  return { found, at, look, close, step };
}

interface ChoicesProps {
  found: Completion | null;
  at: number;
  accept: (index: number) => void;
}

function Choices({ found, at, accept }: ChoicesProps) {
  return (
    <div id={LIST} class="choices" role="listbox" aria-label="Completions" hidden={found === null}>
      {found?.choices.map(({ label, n }, index) => (
        <div
          key={label}
          id={`${LIST}-${index}`}
          role="option"
          aria-selected={index === at}
          onPointerDown={(event) => {
            event.preventDefault();
            accept(index);
          }}
        >
          <bdi>{visible(label)}</bdi>
          {n !== null && <small>{count(n)}</small>}
        </div>
      ))}
    </div>
  );
}

function clearText(): void {
  query.type("");
  query.commit();
  document.getElementById("search")?.focus();
}
