/** What a gateway may say of pipeline and rules. */

const HOP = {
  instances: 1,
  in_s: 1284,
  out_s: 1284,
  lag_s: 0.041,
  waiting: 0,
  dropped: 0,
  last_seen_s: 2,
  problem: "",
};

export const STATUS = {
  cluster: "prod-eu-1",
  hops: [
    { ...HOP, name: "collector", title: "Collector", dropped: 3, dropped_why: "older than the export file" },
    { ...HOP, name: "EVENTS", title: "EVENTS", lag_s: null },
    { ...HOP, name: "classifier", title: "Classifier", problem: "12,400 events wait for the classifier" },
    { ...HOP, name: "gateway", title: "Gateway" },
    { ...HOP, name: "you", title: "You" },
  ],
  nodes: [
    {
      node: "worker-1",
      last_s: 2,
      rate: 40.2,
      silent: false,
      coverage: { produced: null, reached: 40, share: null, why: "the agent's metrics are not scraped", losses: [] },
    },
    {
      node: "worker-2",
      last_s: 1,
      rate: 900,
      silent: false,
      coverage: {
        produced: 10_000,
        reached: 9_730,
        share: 0.973,
        why: "",
        losses: [
          { what: "ring buffer full", n: 250 },
          { what: "rate limit", n: 20 },
        ],
      },
    },
    { node: "worker-3", last_s: 300, rate: 0, silent: true, coverage: { share: 1 } },
  ],
  ledger: {
    balanced: false,
    at_rest: false,
    lines: [
      {
        hop: "collector to EVENTS",
        expected: 100,
        found: 100,
        waiting: 0,
        difference: 0,
        tolerance: 0,
        balanced: true,
      },
      { hop: "EVENTS to ALERTS", expected: 100, found: 88, waiting: 0, difference: 12, tolerance: 0, balanced: false },
    ],
    readers: [{ stream: "EVENTS", name: "classifier", waiting: 12_400, evicted_unread: 0 }],
    problems: ["EVENTS to ALERTS: 12 are missing"],
  },
  clients: { open: 3, slow: 1 },
  broken: "12,400 events wait for the classifier",
  kinds_seen: { exec: 812, kprobe: 40 },
  host_events: false,
};

export const RULES = {
  judges: [
    {
      service: "classifier",
      instance: "classifier-a",
      hash: "a".repeat(32),
      loaded: "2026-11-24T12:00:00Z",
      age_s: 3,
      rules: 3,
    },
    { service: "classifier", instance: "classifier-b", hash: "b".repeat(32), loaded: "", age_s: 0.4, rules: 2 },
  ],
  rules: [
    {
      id: "token",
      title: "Token read",
      level: "high",
      type: "rule",
      file: "rules/t.yml",
      line: 1,
      hits: 41,
      can_fire: { is: "yes", why: "" },
    },
    {
      id: "storm",
      title: "Exec storm",
      level: "medium",
      type: "event_count",
      file: "rules/s.yml",
      line: 1,
      hits: 0,
      failures: 2,
      last_failure: "no field x",
    },
    {
      id: "host-shell",
      title: "Host shell",
      level: "critical",
      file: "rules/h.yml",
      line: 9,
      can_fire: {
        is: "no",
        why: "never seen: host processes. Tetragon's chart hides them by default, set tetragon.exportDenyList",
      },
    },
  ],
  silences: [
    {
      id: "s",
      title: "Quiet night",
      owner: "ops",
      reason: "tests",
      expires: "2026-11-01",
      expired: true,
      hidden: { critical: 2, low: 41 },
    },
    { id: "q", title: "Nightly job", expires: "2026-12-01T00:00:00Z" },
  ],
  problems: [
    {
      file: "rules/a.yml",
      line: 3,
      column: 5,
      text: "no field <img src=x>\u202e",
      kept: true,
      instances: ["classifier/classifier-a"],
    },
  ],
  hashes_differ: ["classifier-b"],
};
