/** The page's state in its address: every view is a link. */
import { FIELDS, isSeverity, limit, type Problem, phrases, quote, split } from "./filter.ts";
import type { Filter } from "./protocol.ts";

export interface State {
  filter: Filter;
  /** Id of the open alert. */
  open: string | null;
}

export interface Read extends State {
  /** What the address says that means nothing. It stays in the address until the filter changes. */
  problems: Problem[];
}

const OURS: readonly string[] = [...FIELDS, "q", "open"];

/** The state that a query string stands for. */
export function read(search: string): Read {
  const params = new URLSearchParams(search);
  const filter: Filter = {};
  const problems: Problem[] = [];
  for (const field of FIELDS) {
    for (const text of params.getAll(field)) {
      const values = split(text);
      const wrong = values.filter((value) => field === "sev" && !isSeverity(value.replace(/^-/, "")));
      for (const value of wrong) problems.push({ text: `sev=${value}`, reason: "There is no such severity." });
      const good = values.filter((value) => !wrong.includes(value));
      if (good.length > 0) filter[field] = [...new Set([...(filter[field] ?? []), ...good])];
    }
  }
  const q = readText(params.get("q") ?? "", problems);
  if (q) filter.q = q;
  const kept = limit(filter);
  return { filter: kept.filter, open: params.get("open"), problems: [...problems, ...kept.problems] };
}

function readText(text: string, problems: Problem[]): string {
  if ((text.split('"').length - 1) % 2 === 1) {
    problems.push({ text: `q=${text}`, reason: "The quotation mark is not closed." });
    return "";
  }
  return phrases(text).length > 0 ? text.trim() : "";
}

/** The query string of this state; parameters of `previous` that are not ours stay as they are. */
export function write(state: State, previous: string): string {
  const params = new URLSearchParams(previous);
  for (const name of OURS) params.delete(name);
  const parts = FIELDS.filter((field) => (state.filter[field] ?? []).length > 0).map(
    (field) => `${field}=${(state.filter[field] as string[]).map(written).join(",")}`,
  );
  if (state.filter.q) parts.push(`q=${encode(state.filter.q)}`);
  const foreign = params.toString();
  if (foreign) parts.push(foreign);
  if (state.open) parts.push(`open=${encode(state.open)}`);
  return parts.length > 0 ? `?${parts.join("&")}` : "";
}

function written(value: string): string {
  return value.startsWith("-") ? `-${encode(quote(value.slice(1)))}` : encode(quote(value));
}

/** Percent-encodes what an address cannot hold and leaves readable what it can. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/%(2F|3A|2C)/gi, (code) => decodeURIComponent(code));
}
