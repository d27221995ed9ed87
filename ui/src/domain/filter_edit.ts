/** Changes to a filter. Each function returns a new filter. */
import { startOf } from "./completion.ts";
import { FIELDS, type Field, fieldOf, signed, unsigned } from "./filter.ts";
import { type Filter, SEVERITIES, type Severity } from "./frames.ts";

/** One filter from the severity cards, the chips and the search box.
 *
 * Typed severities replace those of the cards. Of two opposite values the typed one is used. */
export function combine(cards: string[], chips: Filter, typed: Filter): Filter {
  const all: Filter = cards.length > 0 && typed.sev === undefined ? { sev: cards } : {};
  for (const field of FIELDS) {
    const later = typed[field] ?? [];
    const earlier = (chips[field] ?? []).filter((value) => !later.includes(value) && !later.includes(opposite(value)));
    if (earlier.length + later.length > 0) all[field] = [...earlier, ...later];
  }
  if (typed.q) all.q = typed.q;
  return all;
}

/** `-x` for `x`, and `x` for `-x`. */
function opposite(value: string): string {
  const { text, excludes } = unsigned(value);
  return signed(text, !excludes);
}

/** The excluded values, or the included ones, with their signs. */
function side(values: readonly string[], excludes: boolean): string[] {
  return values.filter((value) => unsigned(value).excludes === excludes);
}

/** The filter with these values of a field; without the field if there are none. */
function replaced(filter: Filter, field: Field, values: string[]): Filter {
  const { [field]: _, ...rest } = filter;
  return values.length > 0 ? { ...rest, [field]: values } : rest;
}

/** Adds a value, included or excluded. Its opposite is removed. */
export function withValue(filter: Filter, field: Field, value: string, excludes: boolean): Filter {
  const added = signed(value, excludes);
  const kept = (filter[field] ?? []).filter((known) => known !== added && known !== opposite(added));
  return replaced(filter, field, [...kept, added]);
}

/** Removes a value, included or excluded. */
export function withoutValue(filter: Filter, field: Field, value: string): Filter {
  const kept = (filter[field] ?? []).filter((known) => unsigned(known).text !== value);
  return replaced(filter, field, kept);
}

/** Removes the excluded values of a field, or the included ones. */
export function withoutSide(filter: Filter, field: Field, excludes: boolean): Filter {
  return replaced(filter, field, side(filter[field] ?? [], !excludes));
}

/** The excluded values of a field alone, or the included ones. */
export function onlySide(filter: Filter, field: Field, excludes: boolean): Filter {
  return { [field]: side(filter[field] ?? [], excludes) };
}

/** Includes the excluded values of a field, or excludes the included ones. */
export function inverted(filter: Filter, field: Field, excludes: boolean): Filter {
  const values = filter[field] ?? [];
  const turned = side(values, excludes).map(opposite);
  const kept = side(values, !excludes).filter((value) => !turned.includes(value));
  return replaced(filter, field, [...kept, ...turned]);
}

/** The included severities after one of them was pressed. All four are the same as none. */
export function toggled({ sev = [] }: Filter, severity: Severity): string[] {
  const next = SEVERITIES.filter((known) => sev.includes(known) !== (known === severity));
  return next.length === SEVERITIES.length ? [] : next;
}

/** Whether alerts of a severity match. */
export function passes({ sev = [] }: Filter, severity: Severity): boolean {
  if (sev.includes(`-${severity}`)) return false;
  return sev.every((value) => value.startsWith("-")) || sev.includes(severity);
}

/** The text without a value at its end. Half a value matches nothing, so it counts after a commit or a further term. */
export function finished(text: string): string {
  const start = startOf(text, text.length);
  if (start === null) return text;
  const [, name = ""] = /^-?([a-z]+):(?!\/\/)/.exec(text.slice(start)) ?? [];
  return fieldOf(name) === undefined ? text : text.slice(0, start);
}

/** A part of the address as the search box writes it: `sev=x` is `sev:x`. Empty if it is not part of the filter. */
export function asTerm(part: string): string {
  const [, name = "", value = ""] = /^([a-z]+)=([\s\S]*)$/.exec(part) ?? [];
  if (name === "q") return value;
  if (fieldOf(name) !== undefined) return `${name}:${value}`;
  return ["range", "cols", "fold", "tz"].includes(name) ? "" : part;
}
