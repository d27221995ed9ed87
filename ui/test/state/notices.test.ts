// @vitest-environment happy-dom
/** What is said above the list, and of an empty one, in words. */

import { expect, it } from "vitest";
import { alike, among, timesOf } from "../../src/api/fold_members.ts";
import { complete } from "../../src/api/status.ts";
import { sight } from "../../src/domain/agent_summary.ts";
import type { NodeStatus } from "../../src/domain/schemas.ts";
import { zone } from "../../src/domain/time_zone.ts";
import { belated, past } from "../../src/state/notices.ts";
import { row } from "../support/frames.ts";

zone.value = "utc";

it("says which severities are not held for all of a time", () => {
  expect(past({}, 0, 10_000)).toBe("");
  expect(past({ critical: null, high: 0 }, 0, 10_000)).toBe("");
  expect(past({ medium: 4_000, low: 20_000 }, 0, 10_000)).toBe(
    "Held of this time: medium from 00:00:04 on, no low; all of the rest.",
  );
  const all = { critical: 1_000, high: 1_000, medium: 1_000, low: 1_000 };
  expect(past(all, 0, 10_000)).toMatch(/low from 00:00:01 on\.$/);
});

it("says how many came late, since when, and leads there, a day back at most", () => {
  const at = Date.UTC(2026, 10, 24, 14);
  const late = { alerts: 1_204, exact: true, most_s: 3_480, since: at, at, from_ms: at - 3_480_000 };
  const said = belated(late, "2026-11-24");
  expect(`${said.lead} ${said.text}`).toBe(
    "1,204 alerts arrived up to 58 minutes late. They stand where they happened, from 13:02:00 on.",
  );
  const older = belated({ ...late, exact: false, from_ms: at - 11 * 86_400_000 }, "2026-11-24");
  expect(`${older.lead} ${older.text}`).toMatch(/^At least 1,204 alerts .* from Nov 13 14:00:00 on\.$/);
});

function node(last_s: number | null, silent = false): NodeStatus {
  return complete({ nodes: [{ node: "n", last_s, silent }] }).nodes[0] as NodeStatus;
}

it("proves by the agents that silence is silence", () => {
  expect(sight([], 0)).toEqual({ is: "none" });
  const seen = sight([node(30, true), node(2), node(null, true)], 1);
  expect(seen).toEqual({ is: "some", silent: 2, words: "1 of 3 agents reporting, last event 3 s ago." });
  expect(sight([node(null)], 5)).toMatchObject({ words: "1 of 1 agents reporting, no event yet." });
});

it("asks for what all repeats have in common, and takes those of the same fingerprint", () => {
  const own = row(9, { fp: "a", ns: "payments", wl: "api", node: "n1", rule: "r", bin: "/bin/sh", sev: "high" });
  expect(alike(own)).toEqual({ sev: ["high"], ns: ["payments"], wl: ["api"], rule: ["r"], proc: ["/bin/sh"] });
  expect(alike(row(1, { node: "-n1" }))).toEqual({ sev: ["low"], node: ["\\-n1"] });
  const newestFirst = [own, row(8, { fp: "b", sev: "high" }), row(7, { fp: "a" }), row(6, { fp: "a", sev: "high" })];
  expect(among(newestFirst, own, 5).map(({ id }) => id)).toEqual(["id-6", "id-9"]);
  expect(among(newestFirst, own, 1).map(({ id }) => id)).toEqual(["id-9"]);
});

it("asks nothing where the times are at hand", () => {
  const own = row(1);
  expect(timesOf(own).value).toEqual({ is: "ready", times: [{ id: "id-1", t: own.t }], more: 0 });
});
