import { beforeEach, expect, it } from "vitest";
import type { Query } from "../../src/api/client.ts";
import { type RangeStats, RangeStatsPoll, type StatsQuery, spanOf } from "../../src/api/range_stats.ts";
import type { Facets, TimelineAnswer } from "../../src/domain/schemas.ts";
import { World } from "../support/fake_socket.ts";

const LIVE: StatsQuery = { filter: {}, live: true, window_s: 900 };

function course(low: number, exact = true): TimelineAnswer {
  return { t0: 0, step_s: 6, critical: [0], high: [0], medium: [0], low: [low], exact };
}

let world: World;
let asked: [what: string, query: Query, step_s?: number][];
let answers: RangeStats[];
let asker: RangeStatsPoll;
/** What the gateway knows of earlier times. */
let exact: boolean;
let refusal: string;
let takes_ms: number;

beforeEach(() => {
  world = new World();
  world.time = 10_000_000;
  [asked, answers, exact, refusal, takes_ms] = [[], [], true, "", 0];
  const timeline = async (query: Query, step_s: number) => {
    asked.push(["timeline", query, step_s]);
    world.time += takes_ms;
    if (refusal) throw new Error(refusal);
    return course(query.to <= world.time - 100_000 ? 3 : 7, exact);
  };
  const facets = async (query: Query): Promise<Facets> => {
    asked.push(["facets", query]);
    if (refusal) throw new Error(refusal);
    return { top: {}, distinct: { node: 2 }, exact: true };
  };
  const clock = { now: () => world.now(), later: (run: () => void, ms: number) => world.later(run, ms) };
  asker = new RangeStatsPoll({ timeline, facets }, clock, (figures) => answers.push(figures));
});

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

function kinds(): string[] {
  return asked.map(([what]) => what);
}

it("asks of everything only for what the stream does not carry", async () => {
  asker.watch(LIVE);
  await settled();
  expect(kinds()).toEqual(["facets", "timeline"]);
  expect(answers.at(-1)).toMatchObject({ timeline: null, facets: { distinct: { node: 2 } }, previous: { low: 3 } });
  const [, before] = asked[1] as (typeof asked)[number];
  expect(before.to - before.from).toBe(900_000);
  world.pass(59_000);
  expect(kinds()).toHaveLength(2);
  world.pass(1_000);
  await settled();
  expect(kinds()).toHaveLength(4);
});

it("asks under a filter for the course without its severities, more often, and rests after a slow answer", async () => {
  const filter = { sev: ["critical"], ns: ["a"] };
  takes_ms = 2000;
  asker.watch({ ...LIVE, filter });
  await settled();
  expect(kinds()).toEqual(["timeline", "facets", "timeline"]);
  expect(asked[0]?.[1].filter).toEqual({ ns: ["a"] });
  expect(asked[1]?.[1].filter).toEqual(filter);
  world.pass(79_000);
  expect(kinds()).toHaveLength(3);
  takes_ms = 0;
  world.pass(1_000);
  await settled();
  expect(kinds()).toHaveLength(6);
  world.pass(5_000);
  await settled();
  expect(kinds().slice(6)).toEqual(["timeline", "facets"]);
});

it("asks once for a time that is over, and again only while it was refused", async () => {
  refusal = "Too many searches.";
  asker.watch({ filter: {}, live: false, from: 1_000_000, to: 1_060_000 });
  await settled();
  expect(answers.at(-1)).toMatchObject({ timeline: null, why: "Too many searches." });
  refusal = "";
  world.pass(20_000);
  await settled();
  expect(answers.at(-1)).toMatchObject({ timeline: { exact: true }, previous: { low: 3 }, why: "" });
  const told = asked.length;
  world.pass(600_000);
  await settled();
  expect(asked).toHaveLength(told);
});

it("compares with nothing where the time before is not all known", async () => {
  exact = false;
  asker.watch({ ...LIVE, filter: { ns: ["a"] } });
  await settled();
  expect(answers.at(-1)).toMatchObject({ previous: null, timeline: { exact: false } });
});

it("drops what was asked for before, and stops", async () => {
  asker.watch(LIVE);
  asker.watch({ ...LIVE, window_s: 300 });
  await settled();
  expect(answers.every(({ query }) => query.live && query.window_s === 300)).toBe(true);
  asker.watch(null);
  expect(world.timers).toBe(0);
});

it("keeps the bars in their places while time moves on, the last one under way", () => {
  const one = spanOf(LIVE, 1_000_000_500);
  expect(spanOf(LIVE, 1_000_001_999)).toEqual(one);
  expect((one.to - one.from) / 1000).toBe(900);
  expect(one.to % 6000).toBe(0);
  expect(one.to).toBeGreaterThan(1_000_000_500);
});
