import { describe, expect, it } from "vitest";
import { at, before, height, reveal, top, viewport } from "../../src/domain/virtual_list.ts";

const M = { row: 28, detail: 250 };

it("places rows one below the other, and those behind open ones lower", () => {
  expect(top(3, [], M)).toBe(84);
  expect(top(3, [3], M)).toBe(84);
  expect(top(4, [3], M)).toBe(112 + 250);
  expect(top(9, [3, 7], M)).toBe(9 * 28 + 500);
  expect(height(10, [], M)).toBe(280);
  expect(height(10, [9], M)).toBe(530);
  expect(height(0, [], M)).toBe(0);
  expect([0, 3, 4, 8].map((index) => before(index, [3, 7]))).toEqual([0, 0, 1, 2]);
});

it("finds the row at each height: the inverse of its place", () => {
  for (const open of [[], [0], [5], [19], [0, 1], [3, 4, 17]])
    for (let index = 0; index < 20; index += 1) {
      expect(at(top(index, open, M), open, M)).toBe(index);
      expect(at(top(index, open, M) + M.row - 1, open, M)).toBe(index);
    }
  expect(at(28 + 100, [0], M)).toBe(0);
  expect(at(28 + 250 + 28 + 249, [0, 1], M)).toBe(1);
});

describe("viewport", () => {
  it("draws what is seen and a little more", () => {
    expect(viewport(0, 280, 1000, [], M)).toEqual({ first: 0, end: 17 });
    expect(viewport(2800, 280, 1000, [], M)).toEqual({ first: 94, end: 117 });
  });

  it("stays within the list", () => {
    expect(viewport(0, 280, 0, [], M)).toEqual({ first: 0, end: 0 });
    expect(viewport(0, 280, 3, [], M)).toEqual({ first: 0, end: 3 });
    expect(viewport(99_999, 280, 3, [], M)).toEqual({ first: 3, end: 3 });
    expect(viewport(-50, 280, 3, [], M).first).toBe(0);
  });

  it("draws every row of which a part is seen", () => {
    for (const open of [[], [2], [40], [1, 2, 30]])
      for (let scroll = 0; scroll < 2000; scroll += 13) {
        const { first, end } = viewport(scroll, 280, 100, open, M);
        expect(top(first, open, M)).toBeLessThanOrEqual(scroll);
        expect(top(end, open, M)).toBeGreaterThanOrEqual(scroll + 280);
      }
  });
});

describe("reveal", () => {
  it("leaves a row that is seen where it is", () => {
    expect(reveal(3, 0, 280, [], M)).toBe(0);
  });
  it("scrolls up or down as little as needed", () => {
    expect(reveal(3, 200, 280, [], M)).toBe(84);
    expect(reveal(12, 0, 280, [], M)).toBe(13 * 28 - 280);
  });
  it("shows an open row from its top where its detail does not fit", () => {
    expect(reveal(12, 0, 200, [12], M)).toBe(12 * 28);
    expect(reveal(12, 0, 700, [12], M)).toBe(0);
    expect(reveal(20, 0, 600, [20], M)).toBe(21 * 28 + 250 - 600);
  });
});
