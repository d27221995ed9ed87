/** What is wrong with the rules: a line above the list that opens to the files and lines. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { count } from "../format.ts";
import { visible } from "../json.ts";
import { rules as trouble } from "../live.ts";
import { troubles } from "../notices.ts";
import { ask, asked, type Judge, type Problem, place, type Rules, type Silence } from "../rules.ts";
import { Icon } from "./icons.tsx";

/** More than this nobody repairs at once; `tocsin rules check` names them all. */
const LISTED = 50;
const HASH_CHARACTERS = 12;

export function RulesNotice() {
  const [open, setOpen] = useState(false);
  const current = trouble.value;
  const [lead, ...rest] = troubles(current);
  useEffect(() => {
    if (open) void ask();
  }, [open, current]);
  if (lead === undefined) return null;
  return (
    <details class="rules" data-notice="rules" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary class="notice">
        <Icon name="warning" />
        <span>
          <b>{lead}</b> {rest.join(" ")}
        </span>
        <span class="act">{open ? "Hide" : "Details"}</span>
      </summary>
      {open && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <div class="said" role="region" aria-label="What is wrong with the rules" tabIndex={0}>
          <Told />
        </div>
      )}
    </details>
  );
}

function Told() {
  const found = asked.value;
  if (found.is === "loading") return <p>Loading…</p>;
  if (found.is === "failed") return <p>{found.why} Close and open this line to try again.</p>;
  return <Lists {...found.rules} />;
}

function Lists({ problems, judges, hashes_differ, silences }: Rules) {
  const differing = judges.filter(({ instance }) => hashes_differ.includes(instance));
  const expired = silences.filter((silence) => silence.expired);
  return (
    <>
      <List name="Not loaded" items={problems.map((own) => NotLoaded(own, judges.length))} />
      <List name="Judge by other rules than their replicas" items={differing.map(Differing)} />
      <List name="Expired silences, which hide nothing any more" items={expired.map(Expired)} />
    </>
  );
}

function List({ name, items }: { name: string; items: ComponentChildren[] }) {
  if (items.length === 0) return null;
  return (
    <>
      <h3>{name}</h3>
      <ul>
        {items.slice(0, LISTED).map((item, index) => (
          <li key={index}>{item}</li>
        ))}
        {items.length > LISTED && <li class="muted">and {count(items.length - LISTED)} more</li>}
      </ul>
    </>
  );
}

function NotLoaded(own: Problem, judges: number) {
  return (
    <>
      <code class="mono">{visible(place(own))}</code> {visible(own.text)}
      <span class="muted">
        {own.kept && " The last good version judges on."}
        {own.instances.length < judges && ` On ${own.instances.map(visible).join(", ")}.`}
      </span>
    </>
  );
}

function Differing({ service, instance, hash, loaded }: Judge) {
  return (
    <>
      {visible(service)} <code class="mono">{visible(instance)}</code>
      <span class="muted">
        {" "}
        has <code class="mono">{visible(hash.slice(0, HASH_CHARACTERS))}</code>
        {loaded && ` since ${visible(loaded)}`}
      </span>
    </>
  );
}

function Expired({ title, owner, reason, expires }: Silence) {
  return (
    <>
      {visible(title)} <span class="muted">{visible(`of ${owner}, until ${expires}: ${reason}`)}</span>
    </>
  );
}
