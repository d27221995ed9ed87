// @vitest-environment happy-dom
/** The words of the notices above the list. */
import { expect, it } from "vitest";
import { zone } from "../../src/domain/time_zone.ts";
import { lateWords, retained } from "../../src/state/notices.ts";

zone.value = "utc";

it("says which severities are not retained for the whole of a range", () => {
  expect(retained({}, 0, 10_000)).toBe("");
  expect(retained({ critical: null, high: 0 }, 0, 10_000)).toBe("");
  expect(retained({ medium: 4_000, low: 20_000 }, 0, 10_000)).toBe(
    "Retained alerts: medium since 00:00:04, no low; all others are complete.",
  );
  const all = { critical: 1_000, high: 1_000, medium: 1_000, low: 1_000 };
  expect(retained(all, 0, 10_000)).toMatch(/low since 00:00:01\.$/);
});

it("says how many alerts arrived late, by how much, and since when", () => {
  const at = Date.UTC(2026, 10, 24, 14);
  const late = { alerts: 1_204, exact: true, most_s: 3_480, since: at, at, from_ms: at - 3_480_000 };
  const { lead, text } = lateWords(late, "2026-11-24");
  expect(`${lead} ${text}`).toBe(
    "1,204 alerts arrived up to 58 minutes late. They are listed at the time of their event, from 13:02:00 on.",
  );
  const older = lateWords({ ...late, exact: false, from_ms: at - 11 * 86_400_000 }, "2026-11-24");
  expect(`${older.lead} ${older.text}`).toMatch(/^At least 1,204 alerts .* from Nov 13 14:00:00 on\.$/);
});
