/** An alert as text for other programs: commands for a shell, and a silence for the rules. Nothing is run here. */
import type { Alert } from "./schemas.ts";

/** `null` if the alert has not the fields for it. */
export type Copied = string | null;

/** Alerts of the same severity in the same namespace, as they come: `nats sub 'alerts.high.prod.payments.*'`. */
export function natsSub({ severity = "", cluster = "", namespace = "" }: Alert): string {
  const subject = ["alerts", token(severity), token(cluster), token(namespace), "*"].join(".");
  return `nats sub '${subject}'`;
}

const TOKEN_CHARACTERS = 63;

/** A name as the subjects on NATS have it; `*` if it is unknown. Its characters need no quotes in a shell. */
function token(name: string): string {
  const begin = [...name].slice(0, TOKEN_CHARACTERS).join("").toLowerCase();
  const slug = begin.replace(/[^a-z0-9_-]/gu, "_").slice(0, TOKEN_CHARACTERS);
  return slug === "" ? "*" : slug;
}

/** Describes the pod, or the node if there is no pod. */
export function kubectl({ namespace = "", pod = "", node = "" }: Alert): Copied {
  if (pod === "" || namespace === "") return node === "" ? null : command("kubectl", "describe", `node/${node}`);
  return command("kubectl", "describe", `--namespace=${namespace}`, `pod/${pod}`);
}

/** Words as one line for any shell; `null` if a word cannot be quoted safely. */
export function command(...words: string[]): Copied {
  const quoted = words.map(quote);
  return quoted.includes(null) ? null : quoted.join(" ");
}

const PLAIN = /^[\w@%+=:,./-]+$/;
/** Control characters act on the terminal before any quotation counts, and shells differ on a backslash between marks. */
const SAFE_QUOTED = /^[^\p{C}\p{Zl}\p{Zp}\\]*$/u;

function quote(word: string): Copied {
  if (PLAIN.test(word)) return word;
  return SAFE_QUOTED.test(word) ? `'${word.replaceAll("'", `'"'"'`)}'` : null;
}

const SILENT_FOR_MS = 4 * 3_600_000;

/** A silence of four hours for the alert's rules and workload; `null` if no rule matched. */
export function silence(alert: Alert, now: number, id: string): Copied {
  const rules = (alert.rules ?? []).map((rule) => rule.id).filter((rule) => rule !== "");
  const where = place(alert);
  if (alert.correlation !== undefined || rules.length === 0 || where.length === 0) return null;
  const name = where.map(([, value]) => value).filter(Boolean);
  const expires = new Date(now + SILENT_FOR_MS).toISOString().replace(/\.\d+Z$/, "Z");
  return [
    `title: ${yaml(`Silence of ${alert.title || rules[0]} in ${name.join("/")}`)}`,
    `id: ${id}`,
    "taxonomy: tetragon",
    "logsource: {product: tetragon}",
    "x-silence:",
    `  owner: ${yaml("on call")} # who answers for it`,
    `  reason: ${yaml(`Being looked at since ${new Date(now).toISOString().slice(0, 16)}Z`)} # why it is expected`,
    `  expires: ${expires}`,
    "filter:",
    "  rules:",
    ...rules.map((rule) => `    - ${yaml(rule)}`),
    "  selection:",
    ...where.map(([field, value]) => `    ${field}: ${value === null ? "null" : yaml(literal(value))}`),
    "  condition: not selection",
    "",
  ].join("\n");
}

/** The workload, else the pod, else the node without its pods: as narrow as it can still be found tomorrow. */
function place({
  namespace = "",
  workload = "",
  workload_kind = "",
  pod = "",
  node = "",
}: Alert): [string, string | null][] {
  if (namespace === "") {
    if (node === "") return [];
    return [
      ["node", node],
      ["pod.namespace", null],
    ];
  }
  const found: [string, string][] = [["pod.namespace", namespace]];
  if (workload === "") return pod === "" ? found : [...found, ["pod.name", pod]];
  if (workload_kind !== "") found.push(["pod.workload_kind", workload_kind]);
  return [...found, ["pod.workload", workload]];
}

/** A value without wildcards: Sigma compares stars, question marks and backslashes literally. */
function literal(value: string): string {
  return value.replace(/[\\*?]/g, "\\$&");
}

/** A text as YAML between quotation marks; what cannot be seen is written as an escape. */
function yaml(text: string): string {
  const escaped = text.replace(/["\\]/g, "\\$&").replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = (character.codePointAt(0) as number).toString(16);
    return code.length > 4 ? `\\U${code.padStart(8, "0")}` : `\\u${code.padStart(4, "0")}`;
  });
  return `"${escaped}"`;
}

/** A random UUID; `crypto.randomUUID` is not there without a secure origin. */
export function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
