/** The alerts that a folded row stands for. */
import { expect, it } from "vitest";
import { alike, among, timesOf } from "../../src/api/fold_members.ts";
import { row } from "../support/frames.ts";

it("asks for what all repeats have in common, and takes those of the same fingerprint", () => {
  const own = row(9, { fp: "a", ns: "payments", wl: "api", node: "n1", rule: "r", bin: "/bin/sh", sev: "high" });
  expect(alike(own)).toEqual({ sev: ["high"], ns: ["payments"], wl: ["api"], rule: ["r"], proc: ["/bin/sh"] });
  expect(alike(row(1, { node: "-n1" }))).toEqual({ sev: ["low"], node: ["\\-n1"] });
  const newestFirst = [own, row(8, { fp: "b", sev: "high" }), row(7, { fp: "a" }), row(6, { fp: "a", sev: "high" })];
  expect(among(newestFirst, own, 5).map(({ id }) => id)).toEqual(["id-6", "id-9"]);
  expect(among(newestFirst, own, 1).map(({ id }) => id)).toEqual(["id-9"]);
});

it("asks nothing if the times are in memory", () => {
  const own = row(1);
  expect(timesOf(own).value).toEqual({ is: "ready", times: [{ id: "id-1", t: own.t }], more: 0 });
});
