import { expect, it } from "vitest";
import { fitting, tracks, turned } from "../../src/domain/column_layout.ts";
import { COLUMNS, DEFAULT_COLUMNS } from "../../src/domain/columns.ts";

it("lets the node go first, then the event, where there is no room", () => {
  expect(fitting(DEFAULT_COLUMNS, 0)).toBe(DEFAULT_COLUMNS);
  expect(fitting(DEFAULT_COLUMNS, 1130)).toBe(DEFAULT_COLUMNS);
  const without = (...gone: string[]) => DEFAULT_COLUMNS.filter((column) => !gone.includes(column));
  expect(fitting(DEFAULT_COLUMNS, 950)).toEqual(without("node"));
  expect(fitting(DEFAULT_COLUMNS, 800)).toEqual(without("node", "event"));
  expect(fitting(DEFAULT_COLUMNS, 100)).toEqual(without("node", "event", "technique"));
});

it("puts a column where it belongs and takes it away again, the last one never", () => {
  expect(turned(["severity", "alert"], "time")).toEqual(["severity", "time", "alert"]);
  expect(turned(["severity", "alert"], "rule")).toEqual(["severity", "alert", "rule"]);
  expect(turned(["technique", "alert"], "severity")).toEqual(["severity", "technique", "alert"]);
  expect(turned(["severity", "time"], "severity")).toEqual(["time"]);
  expect(turned(["time"], "time")).toEqual(["time"]);
});

it("always has a track that takes what is left", () => {
  expect(tracks(["severity", "time"])).toBe("76px 112px 1fr");
  expect(tracks(COLUMNS)).not.toMatch(/ 1fr$/);
});
