/** Numbers that the stream does not carry: those under a filter, of a time that is over, and of the time before. */

import { isEmpty } from "../domain/filter.ts";
import type { Counts, Filter } from "../domain/frames.ts";
import type { Facets, TimelineAnswer } from "../domain/schemas.ts";
import { stepOf, sums } from "../domain/timeline.ts";
import type { Query } from "./client.ts";

/** What is looked at: the last seconds, or from one moment to another (ms). */
export type Look = { filter: Filter } & ({ live: true; window_s: number } | { live: false; from: number; to: number });

export interface Figures {
  /** What they are of. */
  look: Look;
  /** Without the filter's severities, so that what is not shown is still counted; null where the stream has it. */
  course: TimelineAnswer | null;
  /** Under the whole filter; null where there is no answer. */
  facets: Facets | null;
  /** Of the same length of time just before, under the filter without its severities; null where it is not known. */
  previous: Counts | null;
  /** Why some of it is missing, in words. */
  why: string;
}

export interface Questions {
  timeline(query: Query, step_s: number, signal: AbortSignal): Promise<TimelineAnswer>;
  facets(query: Query, signal: AbortSignal): Promise<Facets>;
}

/** The clock (ms, the gateway's) and a timer that can be called off. */
export interface Clock {
  now(): number;
  later(run: () => void, ms: number): () => void;
}

/** How often live numbers are asked for under a filter, and what hardly changes: each costs the gateway a look at every row. */
const FILTERED_EVERY_MS = 5_000;
const EVERY_MS = 60_000;
/** The gateway has so many times as long to rest as it took to answer. */
const REST = 20;

export class Asker {
  readonly #questions: Questions;
  readonly #clock: Clock;
  readonly #answered: (figures: Figures) => void;
  #last: Figures | null = null;
  /** When the time before was asked for last. */
  #comparedAt = Number.NEGATIVE_INFINITY;
  #open: AbortController | null = null;
  #cancel = () => {};

  constructor(questions: Questions, clock: Clock, answered: (figures: Figures) => void) {
    this.#questions = questions;
    this.#clock = clock;
    this.#answered = answered;
  }

  /** Asks for these numbers from now on, or (null) for none. */
  watch(look: Look | null): void {
    this.#cancel();
    this.#open?.abort();
    this.#open = null;
    if (look !== null) void this.#turn(look);
  }

  async #turn(look: Look): Promise<void> {
    const own = new AbortController();
    this.#open = own;
    const begun = this.#clock.now();
    let found: Figures = isOf(this.#last, look) ? { ...this.#last, why: "" } : { ...NONE, look };
    const steps = [this.#course, this.#facets, this.#previous];
    for (const step of steps) {
      try {
        found = { ...found, ...(await step.call(this, look, begun, own.signal)) };
      } catch (error) {
        found = { ...found, why: error instanceof Error ? error.message : String(error) };
      }
      if (this.#open !== own) return;
      this.#last = found;
      this.#answered(found);
    }
    this.#open = null;
    if (!look.live && found.why === "") return;
    const took = this.#clock.now() - begun;
    const every = isEmpty(look.filter) && found.why === "" ? EVERY_MS : FILTERED_EVERY_MS;
    this.#cancel = this.#clock.later(() => void this.#turn(look), Math.max(every, took * REST));
  }

  async #course(look: Look, now: number, signal: AbortSignal): Promise<Partial<Figures>> {
    const filter = anySeverity(look.filter);
    if (look.live && isEmpty(filter)) return {};
    return { course: await this.#questions.timeline({ ...spanOf(look, now), filter }, stepFor(look), signal) };
  }

  async #facets(look: Look, now: number, signal: AbortSignal): Promise<Partial<Figures>> {
    return { facets: await this.#questions.facets({ ...spanOf(look, now), filter: look.filter }, signal) };
  }

  /** One bar over the whole time before; where it is not all known there is nothing to compare with. */
  async #previous(look: Look, now: number, signal: AbortSignal): Promise<Partial<Figures>> {
    const { from, to } = spanOf(look, now);
    const length = to - from;
    const query = { from: from - length, to: from, filter: anySeverity(look.filter) };
    const known = isOf(this.#last, look) && this.#last.previous !== null;
    if (length > MOST_MS || (known && now - this.#comparedAt < EVERY_MS)) return {};
    const before = await this.#questions.timeline(query, Math.ceil(length / 1000), signal);
    this.#comparedAt = now;
    return { previous: before.exact ? sums(before) : null };
  }
}

const NONE = { course: null, facets: null, previous: null, why: "" };
/** A bar is at most a day wide. */
const MOST_MS = 86_400_000;

/** The filter without its severities: a card shows what its severity would add. */
export function anySeverity({ sev: _, ...rest }: Filter): Filter {
  return rest;
}

export function stepFor(look: Look): number {
  return stepOf(look.live ? look.window_s : (look.to - look.from) / 1000);
}

/** The time that is asked for, in whole bars where it moves on: they must not change their places with each question. */
export function spanOf(look: Look, now: number): { from: number; to: number } {
  if (!look.live) return { from: look.from, to: look.to };
  const step_s = stepFor(look);
  const bars = Math.floor(look.window_s / step_s);
  const end = (Math.floor(now / 1000 / step_s) + 1) * step_s;
  return { from: (end - bars * step_s) * 1000, to: end * 1000 };
}

/** Whether an answer is of what is looked at. */
export function isOf(figures: Figures | null, look: Look): figures is Figures {
  return figures !== null && JSON.stringify(figures.look) === JSON.stringify(look);
}
