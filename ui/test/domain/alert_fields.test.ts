import { describe, expect, it } from "vitest";
import { alertFields } from "../../src/domain/alert_fields.ts";

const EVENT = JSON.stringify({
  process_kprobe: {
    process: {
      auid: 1000,
      pod: { pod_labels: { app: "api", tier: "x=y" }, container: { image: { name: "registry/api" } } },
      cap: { effective: ["CAP_CHOWN", 3, "CAP_NET_RAW"] },
      ns: { net: { inum: 1, is_host: true }, pid: { inum: 2 } },
    },
  },
  node_name: "w",
});

function values(alert: object, event = "{}"): Record<string, string> {
  return Object.fromEntries(alertFields(alert, event));
}

describe("facts", () => {
  it("are what is known and nothing else", () => {
    expect(alertFields({}, "")).toEqual([]);
    const alert = { arguments: "-i", parent_process: "/bin/sh", parent_arguments: "-c x", workload_kind: "Deployment" };
    expect(values(alert)).toEqual({ Arguments: "-i", Parent: "/bin/sh -c x", "Workload kind": "Deployment" });
  });

  it("of the event alone are read from it", () => {
    expect(values({}, EVENT)).toEqual({
      "Image name": "registry/api",
      Labels: "app=api, tier=x=y",
      "Login user": "1000",
      Capabilities: "CAP_CHOWN, CAP_NET_RAW",
      Namespaces: "shares the host's net",
    });
    expect(values({ image: "registry/api@sha256:1" }, EVENT)).not.toHaveProperty("Image name");
  });

  it.each([
    "",
    "null",
    "[]",
    "7",
    '{"process_exec":7}',
    '{"process_exec":{"process":[]}}',
    '{"process_exec":{"process":{"pod":7,"cap":{"effective":{}},"ns":[1]}}}',
  ])("survive the event %s", (event) => {
    expect(values({ received: "t" }, event)).toEqual({ Received: "t" });
  });

  it("leave the login user out that nobody is", () => {
    expect(values({}, '{"process_exec":{"process":{"auid":4294967295}}}')).toEqual({});
  });
});
