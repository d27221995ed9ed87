/** The lists of the most frequent values: a column, or a drawer on a narrow screen. */

import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../../components/icons.tsx";
import { asked, FACETS, type Facet, howMany } from "../../domain/facet_fields.ts";
import type { Dimension } from "../../domain/schemas.ts";
import * as layout from "../../state/layout.ts";
import * as query from "../../state/query.ts";
import * as stats from "../../state/stats.ts";

import { FacetList } from "./facet_list.tsx";

function toggle(dimension: Dimension): void {
  const next = new Set(layout.openFacets.peek());
  if (!next.delete(dimension)) next.add(dimension);
  layout.openFacets.value = next;
}

export function Facets() {
  if (!layout.narrow.value) {
    return (
      <aside class="side" aria-label="Most frequent">
        <Lists />
      </aside>
    );
  }
  return layout.drawerOpen.value ? <Drawer /> : null;
}

function Drawer() {
  const drawer = useRef<HTMLDialogElement>(null);
  const close = () => {
    layout.drawerOpen.value = false;
  };
  useEffect(() => {
    const before = document.activeElement;
    drawer.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      class="side drawer"
      aria-label="Filters: most frequent"
      ref={drawer}
      onClose={close}
      onClick={(event) => {
        if (event.target === event.currentTarget) close();
      }}
    >
      <div>
        <header>
          <h2>Filters</h2>
          <button type="button" class="icon" aria-label="Close the filters" onClick={close}>
            <Icon name="close" />
          </button>
        </header>
        <Lists />
      </div>
    </dialog>
  );
}

function Lists() {
  return (
    <div class={`facets${stats.staleTop.value ? " stale" : ""}`}>
      {FACETS.map((facet) => (
        <FacetSection key={facet.dimension} facet={facet} />
      ))}
    </div>
  );
}

function FacetSection({ facet }: { facet: Facet }) {
  const { dimension, field, title, noun } = facet;
  const [narrowed, setNarrowed] = useState("");
  const [typing, setTyping] = useState(false);
  const open = layout.openFacets.value.has(dimension);
  const entries = stats.top.value?.[dimension] ?? [];
  const id = `facet-${dimension}`;
  const done = () => {
    setTyping(false);
    setNarrowed("");
  };
  return (
    <section class={`facet${open ? " out" : ""}`} aria-labelledby={id}>
      <h2 id={id}>
        <button type="button" class="head" aria-expanded={open} onClick={() => toggle(dimension)}>
          <Icon name={open ? "down" : "right"} />
          {open ? `Top ${title.charAt(0) === "A" ? title : title.toLowerCase()}` : title}
          <span class="of">
            {howMany(entries.length, stats.distinct.value?.[dimension], asked(query.filter.value, field))}
          </span>
        </button>
        {open && (
          <button
            type="button"
            class="icon"
            aria-label={`Type to narrow the list of ${title}`}
            title="Type to narrow"
            aria-expanded={typing}
            onClick={() => (typing ? done() : setTyping(true))}
          >
            <Icon name="search" />
          </button>
        )}
      </h2>
      {open && typing && <Narrow noun={noun} value={narrowed} set={setNarrowed} done={done} />}
      {open && <FacetList facet={facet} entries={entries} narrowed={narrowed.trim()} />}
    </section>
  );
}

interface NarrowProps {
  noun: string;
  value: string;
  set: (text: string) => void;
  done: () => void;
}

function Narrow({ noun, value, set, done }: NarrowProps) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  return (
    <input
      ref={input}
      type="text"
      class="narrow"
      aria-label={`Text in the ${noun}`}
      placeholder={`Text in the ${noun}`}
      maxLength={200}
      autocomplete="off"
      spellcheck={false}
      value={value}
      onInput={(event) => set(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        const head = input.current?.closest("section")?.querySelector<HTMLElement>("h2 .icon");
        done();
        head?.focus();
      }}
    />
  );
}
