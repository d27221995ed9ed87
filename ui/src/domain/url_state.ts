/** The state of the UI in its address, so that every view is a link. */
import { type Column, DEFAULT_COLUMNS, isColumn, sameColumns } from "./columns.ts";
import { FIELDS, isSeverity, limit, type Problem, phrases, signed, unsigned } from "./filter.ts";
import type { Filter } from "./frames.ts";
import { DEFAULT_RANGE, type Range, readRange, sameRange, writeRange } from "./time_range.ts";
import type { Zone } from "./time_zone.ts";

export interface State {
  filter: Filter;
  /** Id of the open alert. */
  open: string | null;
  range: Range;
  columns: readonly Column[];
  /** Whether repeats are one row. */
  fold: boolean;
  zone: Zone;
}

export interface Read extends State {
  /** What the address says that means nothing. It stays in the address until the state changes. */
  problems: Problem[];
}

/** The state of an address without parameters. */
export const DEFAULTS: State = {
  filter: {},
  open: null,
  range: DEFAULT_RANGE,
  columns: DEFAULT_COLUMNS,
  fold: true,
  zone: "local",
};

const OURS: readonly string[] = [...FIELDS, "q", "range", "cols", "fold", "tz", "open"];

/** The state of a query string. */
export function read(search: string): Read {
  const params = new URLSearchParams(search);
  const problems: Problem[] = [];
  const wanted = readFilter(params, problems);
  const q = readText(params.get("q") ?? "", problems);
  if (q) wanted.q = q;
  const kept = limit(wanted);
  problems.push(...kept.problems);
  return {
    filter: kept.filter,
    open: params.get("open") || null,
    range: known(params, "range", problems, readRange) ?? DEFAULTS.range,
    columns: readColumns(params.get("cols"), problems),
    fold: known(params, "fold", problems, readFold) ?? DEFAULTS.fold,
    zone: readZone(search, problems),
    problems,
  };
}

function readFilter(params: URLSearchParams, problems: Problem[]): Filter {
  const filter: Filter = {};
  for (const field of FIELDS) {
    for (const text of params.getAll(field)) {
      const values = splitValues(text);
      const wrong = values.filter((value) => field === "sev" && !isSeverity(value.replace(/^-/, "")));
      for (const value of wrong) problems.push({ text: `sev=${value}`, reason: "There is no such severity." });
      const good = values.filter((value) => !wrong.includes(value));
      if (good.length > 0) filter[field] = [...new Set([...(filter[field] ?? []), ...good])];
    }
  }
  return filter;
}

function readText(text: string, problems: Problem[]): string {
  if ((text.split('"').length - 1) % 2 === 1) {
    problems.push({ text: `q=${text}`, reason: "The quotation mark is not closed." });
    return "";
  }
  return phrases(text).length > 0 ? text.trim() : "";
}

/** A parameter as `reader` understands it. If `reader` returns a text, that is why the parameter is invalid. */
function known<T>(
  params: URLSearchParams,
  name: string,
  problems: Problem[],
  reader: (text: string) => T | string,
): T | null {
  const text = params.get(name);
  if (!text) return null;
  const found = reader(text);
  if (typeof found !== "string") return found;
  problems.push({ text: `${name}=${text}`, reason: found });
  return null;
}

function readFold(text: string): boolean | string {
  return text === "0" || text === "1" ? text === "1" : "fold is 1 or 0.";
}

/** `tz`, which every page has. */
export function readZone(search: string, problems: Problem[] = []): Zone {
  const utc = known(new URLSearchParams(search), "tz", problems, (text) =>
    text === "utc" || text === "local" ? text === "utc" : "tz is local or utc.",
  );
  return utc ? "utc" : "local";
}

function readColumns(text: string | null, problems: Problem[]): readonly Column[] {
  if (text === null) return DEFAULTS.columns;
  const names = [...new Set(text.split(",").filter(Boolean))];
  for (const name of names) {
    if (!isColumn(name)) problems.push({ text: `cols=${name}`, reason: "There is no such column." });
  }
  const columns = names.filter(isColumn);
  return columns.length > 0 ? columns : DEFAULTS.columns;
}

/** The query string of a state. Unknown parameters of `previous` stay as they are. */
export function write(state: State, previous: string): string {
  const { range, columns, fold, zone, open } = state;
  const parts: string[] = [];
  if (!sameRange(range, DEFAULTS.range)) parts.push(`range=${encode(writeRange(range))}`);
  parts.push(...writeFilter(state.filter));
  if (!fold) parts.push("fold=0");
  if (!sameColumns(columns, DEFAULTS.columns)) parts.push(`cols=${columns.join(",")}`);
  if (zone === "utc") parts.push("tz=utc");
  const params = new URLSearchParams(previous);
  for (const name of OURS) params.delete(name);
  const foreign = params.toString();
  if (foreign) parts.push(foreign);
  if (open) parts.push(`open=${encode(open)}`);
  return parts.length > 0 ? `?${parts.join("&")}` : "";
}

/** The parameters of a filter, as an address and the gateway's questions have them: `ns=a,b`. */
export function writeFilter(filter: Filter): string[] {
  const parts = FIELDS.filter((field) => (filter[field] ?? []).length > 0).map(
    (field) => `${field}=${(filter[field] as string[]).map(written).join(",")}`,
  );
  if (filter.q) parts.push(`q=${encode(filter.q)}`);
  return parts;
}

/** A query string with another zone, for pages whose address has no other state. */
export function writeZone(search: string, zone: Zone): string {
  const parts = search
    .replace(/^\?/, "")
    .split("&")
    .filter((part) => part !== "" && !/^tz=/.test(part));
  if (zone === "utc") parts.push("tz=utc");
  return parts.length > 0 ? `?${parts.join("&")}` : "";
}

/** The values of a list, `a,-b`, as they travel: a comma, a minus or a backslash of the value itself has a backslash before it. */
export function splitValues(text: string): string[] {
  const parts = text.match(/(?:\\[\s\S]|[^\\,]|\\$)+/g) ?? [];
  return parts
    .map((part) => {
      const excludes = part.startsWith("-");
      return signed((excludes ? part.slice(1) : part).replace(/\\([\\,-])/g, "$1"), excludes);
    })
    .filter((value) => value !== "" && value !== "-");
}

function written(value: string): string {
  const { text, excludes } = unsigned(value);
  const escaped = text.replace(/[\\,]/g, "\\$&").replace(/^-/, "\\-");
  return encode(excludes ? `-${escaped}` : escaped);
}

/** Percent-encodes what an address cannot hold and leaves readable what it can. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/%(2F|3A|2C)/gi, (code) => decodeURIComponent(code));
}
