/** The fields of an alert beyond reason and place, for its page. */
import type { Alert } from "./schemas.ts";

/** A name and a value. */
export type AlertField = readonly [name: string, value: string];

/** The fields that have a value. `event` is the text of the event as received. */
export function alertFields(alert: Alert, event: string): AlertField[] {
  const { labels, image, capabilities, namespaces, user } = observed(event);
  const all: AlertField[] = [
    ["Arguments", alert.arguments ?? ""],
    ["Parent", [alert.parent_process, alert.parent_arguments].filter(Boolean).join(" ")],
    ["Login user", user],
    ["Capabilities", capabilities],
    ["Namespaces", namespaces],
    ["Workload kind", alert.workload_kind ?? ""],
    ["Image name", alert.image ? "" : image],
    ["Labels", labels],
    ["Received", alert.received ?? ""],
    ["Truncated at 8 KiB", (alert.truncated ?? []).join(", ")],
  ];
  return all.filter(([, value]) => value !== "");
}

interface Observed {
  labels: string;
  image: string;
  capabilities: string;
  namespaces: string;
  user: string;
}

/** The fields that only the event has. None of them is sure to exist or to have the right type. */
function observed(event: string): Observed {
  const process = processOf(event);
  const pod = object(process.pod);
  return {
    labels: pairs(object(pod.pod_labels)),
    image: text(object(object(pod.container).image).name),
    capabilities: list(object(process.cap).effective),
    namespaces: unshared(object(process.ns)),
    user: typeof process.auid === "number" && process.auid !== UNSET ? String(process.auid) : "",
  };
}

/** The login user of what no login started. */
const UNSET = 4_294_967_295;

function processOf(event: string): Record<string, unknown> {
  try {
    const whole = object(JSON.parse(event));
    const own = Object.values(whole).find((value) => "process" in object(value));
    return object(object(own).process);
  } catch {
    return {};
  }
}

function object(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

const MOST = 40;

function pairs(value: Record<string, unknown>): string {
  return Object.entries(value)
    .slice(0, MOST)
    .map(([key, each]) => `${key}=${text(each)}`)
    .join(", ");
}

function list(value: unknown): string {
  return Array.isArray(value) ? value.slice(0, MOST).map(text).filter(Boolean).join(", ") : "";
}

/** The kernel namespaces that it shares with the host: those are worth a word. */
function unshared(value: Record<string, unknown>): string {
  const shared = Object.entries(value)
    .filter(([, each]) => object(each).is_host === true)
    .map(([name]) => name);
  return shared.length > 0 ? `shares the host's ${shared.join(", ")}` : "";
}
