/** The process ancestry of an alert as a tree, with the other alerts of each process. */

import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { visible } from "../../domain/json_text.ts";
import { enter, grow, lines, press, reshape, type Shape, type Step } from "../../domain/process_tree.ts";
import type { Ancestry } from "../../domain/schemas.ts";
import * as queries from "../../state/queries.ts";
import * as router from "../../state/router.ts";
import { alertPath } from "../../state/router.ts";
import { TreeLine } from "./process_tree_line.tsx";

interface Props {
  /** Of the alert. */
  id: string;
  /** When it was, ms since 1970: other processes are placed in time by it. */
  t: number;
}

export function ProcessTreeView({ id, t }: Props) {
  const found = useMemo(() => queries.ancestry(id), [id]).value;
  if (found.is === "loading") return <p class="muted">Loading…</p>;
  if (found.is === "failed") {
    return (
      <div class="absent">
        <p>The process ancestry could not be loaded.</p>
        <p class="muted">{visible(found.why)}</p>
        <button type="button" class="btn" onClick={() => queries.ancestry(id)}>
          Try again
        </button>
      </div>
    );
  }
  if (found.answer.nodes.length === 0) return <p class="muted">This alert names no process.</p>;
  return <Tree answer={found.answer} id={id} t={t} />;
}

const FRESH: Shape = { closed: new Set(), opened: new Set(), full: new Set() };

function Tree({ answer, id, t }: Props & { answer: Ancestry }) {
  const roots = useMemo(() => grow(answer), [answer]);
  const [shape, setShape] = useState(FRESH);
  const all = lines(roots, shape, id);
  const [chosen, setChosen] = useState(() => thisKey(answer));
  const at = all.some(({ key }) => key === chosen) ? chosen : (all[0]?.key ?? "");
  const root = useRef<HTMLDivElement>(null);
  const walked = useRef(false);
  useLayoutEffect(() => {
    if (!walked.current) return;
    walked.current = false;
    root.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
  });
  const take = (step: Step | null): void => {
    if (step === null) return;
    if (step.does === "follow") router.go(alertPath(step.id));
    else if (step.does === "go") setChosen(step.to);
    else setShape(reshape(shape, step));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = press(event.key, all, at);
    const ours = step !== null || event.key === " " || event.key.startsWith("Arrow");
    if (!ours) return;
    event.preventDefault();
    walked.current = true;
    take(step);
  };
  return (
    <>
      <div ref={root} class="ancestry" role="tree" aria-label="Process ancestry" onKeyDown={onKeyDown}>
        {all.map((line) => (
          <TreeLine
            key={line.key}
            line={line}
            id={id}
            t={t}
            chosen={line.key === at}
            onClick={() => {
              setChosen(line.key);
              take(enter(line));
            }}
          />
        ))}
      </div>
      <p class="muted source">{SOURCES[answer.source] ?? ""}</p>
    </>
  );
}

const SOURCES: Record<string, string> = {
  event: "From the event itself.",
  window: "Built from the alerts of the live window.",
};

function thisKey({ nodes }: Ancestry): string {
  return nodes.find((node) => node.this)?.exec_id ?? nodes[0]?.exec_id ?? "";
}
