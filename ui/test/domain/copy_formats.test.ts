/** What is copied for shells and for rules: quoted against any name, and read by the program that it is for. */

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { command, kubectl, natsSub, silence, uuid } from "../../src/domain/copy_formats.ts";
import type { Alert } from "../../src/domain/schemas.ts";

const ALERT: Alert = {
  title: "Reverse shell",
  severity: "critical",
  cluster: "prod-eu-1",
  node: "worker-03",
  namespace: "payments",
  pod: "ledger-api-7c9d8-p4m2s",
  workload: "ledger-api",
  workload_kind: "Deployment",
  rules: [{ id: "8c2f9a1d-2f7e-49a5-a1b7-6a9c0f5e6e55", title: "Reverse shell" }],
};

const HOSTILE = [
  "$(reboot)",
  "`reboot`",
  "a'; reboot; '",
  '"; reboot; "',
  "--kubeconfig=/tmp/evil",
  "-n kube-system",
  "a b",
  "!!",
  "~root",
  "*",
  "a|b>c<d&e",
  "名前",
];
const UNSAFE = [
  "a\nreboot\n",
  "a\u0003reboot",
  "\u001b[2J",
  "a\u202eb",
  "a\u0000b",
  "a\\'; reboot",
  "\ud800",
  "a\r",
  "a\u2028b",
];

/** The words as a shell takes them. */
function words(line: string, shell = "sh"): string[] {
  const out = execFileSync(shell, ["-c", `kubectl() { printf '%s\\0' "$@"; }; ${line}`], { encoding: "utf8" });
  return out.split("\0").slice(0, -1);
}

describe("kubectl", () => {
  it("describes the pod, or the node where there is none", () => {
    expect(kubectl(ALERT)).toBe("kubectl describe --namespace=payments pod/ledger-api-7c9d8-p4m2s");
    expect(kubectl({ node: "worker-03" })).toBe("kubectl describe node/worker-03");
    expect(kubectl({})).toBeNull();
  });

  it.each(HOSTILE)("takes %j for a name and nothing else", (name) => {
    for (const shell of ["sh", "bash"]) {
      const line = kubectl({ namespace: name, pod: name }) as string;
      expect(words(line, shell)).toEqual(["describe", `--namespace=${name}`, `pod/${name}`]);
      expect(words(kubectl({ node: name }) as string, shell)).toEqual(["describe", `node/${name}`]);
    }
  });

  it.each(UNSAFE)("gives no line for %j, which no quotation makes safe", (name) => {
    expect(kubectl({ namespace: "a", pod: name })).toBeNull();
    expect(kubectl({ namespace: name, pod: "a" })).toBeNull();
    expect(command("x", name)).toBeNull();
  });
});

describe("nats sub", () => {
  it("follows what is as bad in the same namespace", () => {
    expect(natsSub(ALERT)).toBe("nats sub 'alerts.critical.prod-eu-1.payments.*'");
    expect(natsSub({ severity: "low", cluster: "c1" })).toBe("nats sub 'alerts.low.c1.*.*'");
  });

  it.each([...HOSTILE, ...UNSAFE, "x.>", "*", "İ".repeat(70), "😀".repeat(40)])("makes %j one token", (name) => {
    expect(natsSub({ severity: name, cluster: name, namespace: name })).toMatch(
      /^nats sub 'alerts(\.[a-z0-9_-]{1,63}){3}\.\*'$/,
    );
  });
});

const NOW = Date.UTC(2026, 10, 24, 14, 8, 12, 641);
const ID = "0b8f3c52-5a0e-4c0e-9a53-0d6f6b8a4c11";
/** What tests/unit/sigma/test_copied_silence.py loads, and holds against events of these alerts. */
const CASES: { name: string; alert: Alert }[] = [
  { name: "workload", alert: ALERT },
  { name: "pod", alert: { ...ALERT, workload: "", workload_kind: "" } },
  { name: "host", alert: { ...ALERT, namespace: "", pod: "", workload: "", workload_kind: "" } },
  {
    name: "hostile",
    alert: {
      ...ALERT,
      title: 'x"\ny: [\u202e\u0000😀\\ #',
      namespace: 'pay"ments: *?\\',
      workload: "a*?\\\n# b\u2028\u0085\ufeff",
      rules: [
        { id: "first-1_x", title: "" },
        { id: "second", title: "" },
      ],
    },
  },
];

describe("silence", () => {
  it("names rule, workload, owner and reason, and ends in four hours", () => {
    expect(silence(ALERT, NOW, ID)).toBe(
      `title: "Silence of Reverse shell in payments/Deployment/ledger-api"
id: ${ID}
taxonomy: tetragon
logsource: {product: tetragon}
x-silence:
  owner: "on call" # who answers for it
  reason: "Being looked at since 2026-11-24T14:08Z" # why it is expected
  expires: 2026-11-24T18:08:12Z
filter:
  rules:
    - "8c2f9a1d-2f7e-49a5-a1b7-6a9c0f5e6e55"
  selection:
    pod.namespace: "payments"
    pod.workload_kind: "Deployment"
    pod.workload: "ledger-api"
  condition: not selection
`,
    );
  });

  it("is not there where no rule matched, for a correlation, and where the place is not known", () => {
    expect(silence({ ...ALERT, rules: [] }, NOW, ID)).toBeNull();
    expect(silence({ ...ALERT, correlation: { rule: "x" } }, NOW, ID)).toBeNull();
    expect(silence({ rules: ALERT.rules as never }, NOW, ID)).toBeNull();
  });
});

it("is word for word what the parser of rules and the names of subjects are tested with", () => {
  const file = new URL("copied.json", import.meta.url);
  const silences = CASES.map(({ name, alert }) => ({ name, alert, yaml: silence(alert, NOW, ID) }));
  const names = [
    ...HOSTILE,
    ...UNSAFE.filter((name) => name !== "\ud800"),
    "prod-eu-1",
    "Ip-10.0",
    "İ".repeat(70),
    "😀".repeat(40),
  ];
  const subjects = names.map((name) => ({ name, line: natsSub({ severity: "high", cluster: name, namespace: name }) }));
  const text = `${JSON.stringify({ silences, subjects }, null, 1).replace(/[^\x20-\x7e\n]/g, escaped)}\n`;
  if (process.env.WRITE_FIXTURES) writeFileSync(file, text);
  expect(readFileSync(file, "utf8")).toBe(text);
});

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

it("makes UUIDs without a secure origin", () => {
  const made = new Set(Array.from({ length: 50 }, uuid));
  expect(made.size).toBe(50);
  for (const each of made)
    expect(each).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
