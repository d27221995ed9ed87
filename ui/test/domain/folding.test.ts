/** Repeats as one row, the same whether the list came at once or bit by bit. */
import { expect, it } from "vitest";
import { alertsOf, Folding, repeats } from "../../src/domain/folding.ts";
import type { Row } from "../../src/domain/frames.ts";
import { merge, order } from "../../src/domain/row_order.ts";
import { row } from "../support/frames.ts";

function folded(rows: readonly Row[]): string[] {
  const folding = new Folding();
  folding.follow(rows);
  return told(folding);
}

function told(folding: Folding): string[] {
  return folding.rows.map((each) => `${each.id} ×${alertsOf(each)}`);
}

it("makes one row of what repeats within ten seconds, at the place of the newest", () => {
  const rows = [
    row(1, { t: 10_000, fp: "a" }),
    row(2, { t: 11_000, fp: "b" }),
    row(3, { t: 12_000, fp: "a" }),
    row(4, { t: 20_000, fp: "a" }),
  ];
  expect(folded(rows)).toEqual(["id-2 ×1", "id-3 ×2", "id-4 ×1"]);
  expect(repeats(rows[2] as Row).map(({ t }) => t)).toEqual([10_000, 12_000]);
});

it("never folds across severities, nor what has no fingerprint", () => {
  const same = { t: 10_000, fp: "a" };
  expect(folded([row(1, same), row(2, { ...same, sev: "high" })])).toEqual(["id-1 ×1", "id-2 ×1"]);
  expect(folded([row(1, { t: 10_000 }), row(2, { t: 10_000 })])).toEqual(["id-1 ×1", "id-2 ×1"]);
});

it("adds what the gateway had folded", () => {
  const rows = [row(1, { t: 10_000, fp: "a", n: 40 }), row(2, { t: 11_000, fp: "a" })];
  expect(folded(rows)).toEqual(["id-2 ×41"]);
  expect(alertsOf(rows[1] as Row, false)).toBe(1);
});

it("folds bit by bit as it folds at once, with late rows, trimming and other lists between", () => {
  let seed = 7;
  const random = (most: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed % most;
  };
  const folding = new Folding();
  const rows: Row[] = [];
  let seq = 0;
  for (let step = 0; step < 400; step += 1) {
    const batch = Array.from({ length: random(6) }, () => {
      seq += 1;
      const late = random(10) === 0 ? 30_000 : random(900);
      return row(seq, { t: 1_000_000 + step * 700 - late, fp: `f${random(4)}`, sev: random(2) === 0 ? "low" : "high" });
    });
    merge(rows, batch.sort(order));
    if (random(40) === 0) rows.splice(0, random(20));
    const shown =
      random(9) === 0 ? rows.slice(0, -3) : random(30) === 0 ? rows.filter(({ sev }) => sev === "low") : rows;
    folding.follow(shown);
    const whole = new Folding();
    whole.follow(shown);
    const oldest = Math.floor((shown[0]?.t ?? 0) / 10_000);
    const settled = (one: Folding) => one.rows.filter(({ t }) => Math.floor(t / 10_000) > oldest).map(({ id }) => id);
    expect(settled(folding)).toEqual(settled(whole));
    for (let at = 1; at < folding.rows.length; at += 1) {
      expect(order(folding.rows[at - 1] as Row, folding.rows[at] as Row)).toBeLessThanOrEqual(0);
    }
  }
});

it("follows 50,000 rows without looking at all of them again", () => {
  const rows = Array.from({ length: 50_000 }, (_, index) => row(index, { t: index * 10, fp: `f${index % 300}` }));
  const folding = new Folding();
  folding.follow(rows);
  const begun = performance.now();
  for (let step = 0; step < 20; step += 1) {
    rows.push(row(50_000 + step, { t: 500_000 + step, fp: "x" }));
    folding.follow(rows);
  }
  expect((performance.now() - begun) / 20).toBeLessThan(25);
});
