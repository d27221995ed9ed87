/** The suggestions of the search box: names of fields, and values after the colon. */
import { FIELD_NAMES, FIELDS, type Field, fieldOf, quote } from "./filter.ts";

export interface Choice {
  /** What takes the place of the part that is being typed. */
  text: string;
  /** The name or the value alone. */
  label: string;
  /** How many alerts have it; `null` for a name. */
  n: number | null;
}

export interface Completion {
  /** Where in the text the part begins and ends. */
  start: number;
  end: number;
  /** The field that a value is of; `null` while its name is typed. */
  field: Field | null;
  /** What of the value is there. */
  partial: string;
  choices: Choice[];
}

/** Values with their counts, most frequent first. */
export type Values = (field: Field) => readonly (readonly [value: string, n: number])[];

const MOST = 8;

/** The suggestions for the term that ends at the caret. `asked` suggests names even for an empty term. */
export function complete(text: string, caret: number, values: Values, asked = false): Completion | null {
  const start = startOf(text, caret);
  if (start === null) return null;
  const part = text.slice(start, caret);
  const [, sign = "", name, list = ""] = /^(-?)([a-z]+):(?!\/\/)([\s\S]*)$/.exec(part) ?? [];
  const field = name === undefined ? undefined : fieldOf(name);
  if (field !== undefined && name !== undefined) return ofField(start, caret, `${sign}${name}:`, field, list, values);
  if (!/^-?[a-z]*$/.test(part) || (part === "" && !asked)) return null;
  const choices = names(part);
  return choices.length > 0 ? { start, end: caret, field: null, partial: part, choices } : null;
}

/** Where the part at the caret begins; `null` inside quotation marks that do not belong to a field's value. */
export function startOf(text: string, caret: number): number | null {
  let start = 0;
  let open = false;
  for (let at = 0; at < caret; at += 1) {
    const character = text[at] as string;
    if (open && character === "\\") at += 1;
    else if (character === '"') open = !open;
    else if (!open && /\s/.test(character)) start = at + 1;
  }
  return text[start] === '"' ? null : start;
}

function names(part: string): Choice[] {
  const sign = part.startsWith("-") ? "-" : "";
  const begun = part.slice(sign.length);
  return FIELDS.filter((field) => FIELD_NAMES[field].startsWith(begun) || (begun !== "" && field.startsWith(begun)))
    .map((field) => ({ text: `${sign}${FIELD_NAMES[field]}:`, label: `${sign}${FIELD_NAMES[field]}:`, n: null }))
    .slice(0, FIELDS.length);
}

function ofField(
  start: number,
  end: number,
  head: string,
  field: Field,
  list: string,
  values: Values,
): Completion | null {
  const cut = lastComma(list) + 1;
  const partial = list.slice(cut).replace(/^"/, "");
  const before = list.slice(0, cut);
  const already = before.split(",");
  const wanted = partial.toLowerCase();
  const found = values(field)
    .filter(([value]) => value.toLowerCase().includes(wanted) && !already.includes(quote(value)))
    .map(([value, n]) => ({ value, n, first: value.toLowerCase().startsWith(wanted) }))
    .sort((one, other) => Number(other.first) - Number(one.first))
    .slice(0, MOST);
  const choices = found.map(({ value, n }) => ({ text: head + before + quote(value), label: value, n }));
  return { start, end, field, partial, choices };
}

/** The last comma outside quotation marks; -1 if there is none. */
function lastComma(list: string): number {
  let open = false;
  let last = -1;
  for (let at = 0; at < list.length; at += 1) {
    if (open && list[at] === "\\") at += 1;
    else if (list[at] === '"') open = !open;
    else if (!open && list[at] === ",") last = at;
  }
  return last;
}

/** Values of a field counted over rows, most frequent first. */
export function tally(values: Iterable<string>, most = 200): [string, number][] {
  const counts = new Map<string, number>();
  for (const value of values) {
    if (value !== "") counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts].sort((one, other) => other[1] - one[1]).slice(0, most);
}
