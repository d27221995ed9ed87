/** The search grammar: from text to filter and back, and whether a row matches. */
import { type Filter, type Row, SEVERITIES, type Severity } from "./frames.ts";

/** A part of the text that means nothing, and why. */
export interface Problem {
  text: string;
  reason: string;
}

export interface Parsed {
  /** What could be read; the parts named in `problems` are not in it. */
  filter: Filter;
  problems: Problem[];
}

/** The fields of a filter in the order in which they are written. */
export const FIELDS = [
  "sev",
  "ns",
  "pod",
  "wl",
  "node",
  "proc",
  "event",
  "kind",
  "rule",
  "att",
  "container",
  "target",
] as const;
export type Field = (typeof FIELDS)[number];

/** What people call them. */
export const FIELD_NAMES: Record<Field, string> = {
  sev: "severity",
  ns: "namespace",
  pod: "pod",
  wl: "workload",
  node: "node",
  proc: "process",
  event: "event",
  kind: "kind",
  rule: "rule",
  att: "technique",
  container: "container",
  target: "target",
};

/** What the gateway takes; a filter that is larger ends the connection. */
export const LIMITS = { values: 64, characters: 512, words: 16 } as const;
/** For the whole filter as it is sent. The rest of the frame fits beside it. */
const MAX_BYTES = 60_000;

const ALIASES: Record<string, Field> = {
  severity: "sev",
  namespace: "ns",
  workload: "wl",
  process: "proc",
  technique: "att",
};

/** Between quotation marks `\"` is a mark and `\\` a backslash. */
const QUOTED = String.raw`"((?:[^"\\]|\\[^])*)"`;
/** A part of the text: an optional field with its sign, then values, each quoted or without white space. */
const PART = new RegExp(String.raw`(?:(-?)([a-z]+):(?!//))?((?:${QUOTED}|[^\s"])*)`, "y");
const VALUE = new RegExp(`(-?)${QUOTED}|([^,"]+)`, "g");
const PHRASE = new RegExp(`^${QUOTED}$`);

/** Reads what a person typed. */
export function parse(text: string): Parsed {
  const filter: Filter = {};
  const problems: Problem[] = [];
  const words: string[] = [];
  let at = 0;
  while (at < text.length) {
    if (/\s/.test(text[at] as string)) {
      at += 1;
      continue;
    }
    PART.lastIndex = at;
    const [whole = "", sign, name, rest = ""] = PART.exec(text) ?? [];
    at += whole.length;
    if (text[at] === '"') {
      problems.push({ text: text.slice(at - whole.length), reason: "The quotation mark is not closed." });
      break;
    }
    const reason = name === undefined ? addWord(words, rest) : addField(filter, name, sign === "-", rest);
    if (reason) problems.push({ text: whole, reason });
  }
  if (words.length > 0) filter.q = words.join(" ");
  const kept = limit(filter);
  return { filter: kept.filter, problems: [...problems, ...kept.problems] };
}

/** Takes out what the gateway would refuse, and says so. */
export function limit(filter: Filter): Parsed {
  const kept: Filter = {};
  const problems: Problem[] = [];
  for (const field of FIELDS) {
    const values = filter[field];
    if (values === undefined) continue;
    const long = values.find((value) => length(value) > LIMITS.characters);
    if (values.length > LIMITS.values) {
      problems.push({ text: `${field}:`, reason: `A field takes at most ${LIMITS.values} values.` });
    } else if (long !== undefined) {
      problems.push({
        text: `${field}:${begin(long)}`,
        reason: `A value has at most ${LIMITS.characters} characters.`,
      });
    } else kept[field] = values;
  }
  if (filter.q) {
    const reason = excess(filter.q);
    if (reason) problems.push({ text: begin(filter.q), reason });
    else kept.q = filter.q;
  }
  if (new TextEncoder().encode(JSON.stringify(kept)).length <= MAX_BYTES) return { filter: kept, problems };
  return { filter: {}, problems: [...problems, { text: begin(print(kept)), reason: "The filter is too long." }] };
}

function excess(q: string): string {
  if (length(q) > LIMITS.characters) return `The text to search for has at most ${LIMITS.characters} characters.`;
  return phrases(q).length > LIMITS.words ? `The text to search for has at most ${LIMITS.words} words.` : "";
}

/** In characters, as the gateway counts them, not in halves of them. */
function length(text: string): number {
  return [...text].length;
}

function begin(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function addWord(words: string[], text: string): string {
  const inner = PHRASE.exec(text)?.[1];
  if (inner !== undefined) {
    const phrase = unescaped(inner);
    if (phrase.includes('"')) return "A quotation mark can be searched for in a field's value only.";
    if (phrase) words.push(/\s/.test(phrase) ? `"${phrase}"` : phrase);
    return "";
  }
  if (text.includes('"')) return "Put the quotation marks around the whole phrase.";
  words.push(text);
  return "";
}

function addField(filter: Filter, name: string, excludes: boolean, rest: string): string {
  const field = fieldOf(name);
  if (field === undefined) return `There is no field ${name}. To search for it as text, put it in quotation marks.`;
  const values = split(rest).map((value) =>
    excludes ? signed(value.written, true) : signed(value.text, value.excludes),
  );
  if (values.length === 0) return `${name}: needs a value.`;
  if (field === "sev") {
    const wrong = values.find((value) => !isSeverity(unsigned(value).text.toLowerCase()));
    if (wrong !== undefined) return `A severity is one of ${SEVERITIES.join(", ")}.`;
  }
  for (const value of values) include(filter, field, value);
  return "";
}

/** The field of this name or alias. */
export function fieldOf(name: string): Field | undefined {
  return FIELDS.find((field) => field === name) ?? (Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined);
}

export function isSeverity(text: string): text is Severity {
  return (SEVERITIES as readonly string[]).includes(text);
}

interface Listed {
  text: string;
  excludes: boolean;
  /** The text with its sign, if that was one. */
  written: string;
}

/** The values of a list, `a,b` or `"a, b",-c`; what is between quotation marks has no sign. */
function split(text: string): Listed[] {
  return [...text.matchAll(VALUE)]
    .map(([, sign = "", quoted, plain = ""]) => {
      const bare = quoted === undefined ? plain.trim().replace(/^-/, "") : unescaped(quoted);
      const excludes = sign === "-" || (quoted === undefined && plain.trim().startsWith("-"));
      return { text: bare, excludes, written: excludes ? `-${bare}` : bare };
    })
    .filter(({ text }) => text !== "");
}

/** Splits a value as it is sent. An included value that begins with a minus has a backslash before it. */
export function unsigned(value: string): { text: string; excludes: boolean } {
  if (value.startsWith("-")) return { text: value.slice(1), excludes: true };
  return { text: LITERAL.test(value) && value.startsWith("\\") ? value.slice(1) : value, excludes: false };
}

/** A value as it travels: what `unsigned` takes apart. */
export function signed(text: string, excludes: boolean): string {
  if (excludes) return `-${text}`;
  return LITERAL.test(text) ? `\\${text}` : text;
}

const LITERAL = /^\\*-/;

function unescaped(text: string): string {
  return text.replace(/\\(["\\])/g, "$1");
}

function include(filter: Filter, field: Field, value: string): void {
  const known = filter[field] ?? [];
  const lasting = field === "sev" ? value.toLowerCase() : value;
  if (!known.includes(lasting)) filter[field] = [...known, lasting];
}

/** The text that reads back as this filter. */
export function print(filter: Filter): string {
  const parts: string[] = [];
  for (const field of FIELDS) {
    const values = filter[field] ?? [];
    const included = sideOf(values, false);
    const excluded = sideOf(values, true);
    if (included.length > 0) parts.push(`${field}:${included.map(quote).join(",")}`);
    if (excluded.length > 0) parts.push(`-${field}:${excluded.map(quote).join(",")}`);
  }
  for (const phrase of phrases(filter.q ?? "")) {
    const plain = !/\s/.test(phrase) && !/^-?[a-z]+:(?!\/\/)/.test(phrase);
    parts.push(plain ? phrase : quoted(phrase));
  }
  return parts.join(" ");
}

/** The excluded values, or the included ones, without their signs. */
export function sideOf(values: readonly string[], excludes: boolean): string[] {
  return values
    .map(unsigned)
    .filter((value) => value.excludes === excludes)
    .map(({ text }) => text);
}

/** A value of a list, in quotation marks if it needs them. */
export function quote(value: string): string {
  return /[\s,"]|^\/\/|^-/.test(value) ? quoted(value) : value;
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

/** The words and quoted phrases of free text. */
export function phrases(q: string): string[] {
  return [...q.matchAll(/"([^"]*)"|([^\s"]+)/g)].map((found) => found[1] ?? found[2] ?? "").filter(Boolean);
}

export function isEmpty(filter: Filter): boolean {
  return !filter.q && FIELDS.every((field) => (filter[field] ?? []).length === 0);
}

/** Whether everything that `next` lets pass is sure to pass `previous` too. */
export function narrows(next: Filter, previous: Filter): boolean {
  const words = phrases((next.q ?? "").toLowerCase());
  const kept = phrases((previous.q ?? "").toLowerCase()).every((old) => words.some((word) => word.includes(old)));
  return kept && FIELDS.every((field) => narrowsField(next[field] ?? [], previous[field] ?? []));
}

function narrowsField(next: string[], previous: string[]): boolean {
  const included = next.filter((value) => !value.startsWith("-"));
  const before = previous.filter((value) => !value.startsWith("-"));
  const stillExcluded = previous.filter((value) => value.startsWith("-")).every((value) => next.includes(value));
  const within = before.length === 0 || (included.length > 0 && included.every((value) => before.includes(value)));
  return stillExcluded && within;
}

/** A test of rows, made once for a filter: rows come by the thousand. */
export function matcher(filter: Filter): (row: Row) => boolean {
  const fields = FIELDS.filter((field) => (filter[field] ?? []).length > 0).map((field) =>
    fieldTest(field, filter[field] as string[]),
  );
  const words = phrases((filter.q ?? "").toLowerCase());
  return (row) => fields.every((test) => test(row)) && words.every((word) => textOf(row).includes(word));
}

function fieldTest(field: Field, values: string[]): (row: Row) => boolean {
  const excluded = sideOf(values, true);
  const included = sideOf(values, false);
  return (row) => {
    const found = valuesOf(row, field);
    if (found.some((value) => excluded.includes(value))) return false;
    return included.length === 0 || found.some((value) => included.includes(value));
  };
}

/** The values of a row's field. A filter matches if one of them is equal. */
function valuesOf(row: Row, field: Field): string[] {
  const { bin = "", fn = "", event = "", att = [], rule = "", rules = [rule] } = row;
  switch (field) {
    case "proc":
      return [bin, bin.slice(bin.lastIndexOf("/") + 1)];
    case "event":
      return [fn, event];
    case "kind":
      return [event, event.replace(/^process_/, "")];
    case "att":
      return att.flatMap((technique) => [technique, technique.replace(/\..*/, "")]);
    case "rule":
      return rules;
    default:
      return [row[field] ?? ""];
  }
}

const texts = new WeakMap<Row, string>();

/** What free text is searched in: one lower-case text for each row, made when it is first needed. */
function textOf(row: Row): string {
  let text = texts.get(row);
  if (text === undefined) {
    const { bin, args, title, rule, rules = [rule], ns, wl, pod, node, container, target, fn, event, att = [] } = row;
    text = [bin, args, title, ns, wl, pod, node, container, target, event, fn, ...rules, ...att]
      .join("\n")
      .toLowerCase();
    texts.set(row, text);
  }
  return text;
}
