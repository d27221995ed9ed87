import { beforeEach, expect, it } from "vitest";
import type { Query } from "../../src/api/client.ts";
import { RangePages } from "../../src/api/range_pages.ts";
import type { AlertsPage } from "../../src/domain/schemas.ts";
import { row } from "../support/frames.ts";

interface Asked {
  query: Query;
  before: string | null;
  signal: AbortSignal;
  answer(page: Partial<AlertsPage>): void;
  fail(words: string): void;
}

const QUERY: Query = { from: 0, to: 900_000, filter: {} };
let asked: Asked[];
let past: RangePages;

beforeEach(() => {
  asked = [];
  past = new RangePages(
    (query, signal, before) =>
      new Promise((resolve, reject) => {
        const answer = (page: Partial<AlertsPage>) =>
          resolve({
            rows: [],
            before: null,
            complete_since: {},
            counts: { critical: 0, high: 0, medium: 0, low: 9 },
            exact: true,
            from: 0,
            to: 900_000,
            ...page,
          });
        asked.push({ query, before, signal, answer, fail: (words) => reject(new Error(words)) });
      }),
    () => {},
  );
});

async function settled(): Promise<void> {
  await new Promise((done) => setTimeout(done, 0));
}

function seqs(): number[] {
  return past.rows.map(({ seq }) => seq);
}

it("loads the newest page, and older ones on demand, oldest first and none twice", async () => {
  past.load(QUERY);
  expect(past.state).toEqual({ is: "loading" });
  asked[0]?.answer({ rows: [row(9), row(8)], before: "t" });
  await settled();
  expect(seqs()).toEqual([8, 9]);
  expect(past.state).toMatchObject({ is: "ready", more: true, loading: false, counts: { low: 9 } });
  past.more();
  past.more();
  expect(asked).toHaveLength(2);
  expect(asked[1]?.before).toBe("t");
  asked[1]?.answer({ rows: [row(8), row(7)] });
  await settled();
  expect(seqs()).toEqual([7, 8, 9]);
  expect(past.state).toMatchObject({ more: false });
  past.more();
  expect(asked).toHaveLength(2);
});

it("keeps the rows of the same time while another filter is asked for, and drops the late answer of the first", async () => {
  past.load(QUERY);
  asked[0]?.answer({ rows: [row(1)] });
  await settled();
  past.load({ ...QUERY, filter: { ns: ["a"] } });
  past.load({ ...QUERY, filter: { ns: ["b"] } });
  expect(seqs()).toEqual([1]);
  expect(asked[1]?.signal.aborted).toBe(true);
  asked[1]?.answer({ rows: [row(2)] });
  asked[2]?.answer({ rows: [row(3)] });
  await settled();
  expect(seqs()).toEqual([3]);
  past.load({ ...QUERY, to: 800_000 });
  expect(seqs()).toEqual([]);
});

it("says why there are none, and why no older ones came", async () => {
  past.load(QUERY);
  asked[0]?.fail("The gateway could not be reached.");
  await settled();
  expect(past.state).toEqual({ is: "failed", why: "The gateway could not be reached." });
  past.load(QUERY);
  asked[1]?.answer({ rows: [row(1)], before: "t" });
  await settled();
  past.more();
  asked[2]?.fail("Too many.");
  await settled();
  expect(past.state).toMatchObject({ is: "ready", more: true, loading: false, why: "Too many." });
  expect(seqs()).toEqual([1]);
});

it("forgets all of it when it goes back to now", async () => {
  past.load(QUERY);
  past.leave();
  asked[0]?.answer({ rows: [row(1)] });
  await settled();
  expect(past.state).toEqual({ is: "live" });
  expect(seqs()).toEqual([]);
});
