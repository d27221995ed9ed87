// @vitest-environment happy-dom
/** Asks again and again while somebody looks. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Poll } from "../../src/api/poll.ts";

let asked = 0;
let answer: () => Promise<string>;
let signals: AbortSignal[] = [];

function poll(): Poll<string> {
  return new Poll<string>((signal) => {
    asked += 1;
    signals.push(signal);
    return answer();
  }, 2_000);
}

function look(state: "visible" | "hidden"): void {
  Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  asked = 0;
  signals = [];
  answer = async () => `answer ${asked}`;
  look("visible");
});

afterEach(() => vi.useRealTimers());

it("asks at once, then after each answer, and stops with its last watcher", async () => {
  const own = poll();
  const stops = [own.watch(), own.watch()];
  await vi.advanceTimersByTimeAsync(0);
  expect(own.state.value).toMatchObject({ answer: "answer 1", at: 1_000_000, why: "", asked: null });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(asked).toBe(2);
  stops[0]?.();
  stops[0]?.();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(asked).toBe(3);
  stops[1]?.();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toBe(3);
});

it("keeps the last answer when one fails, says why, and goes on", async () => {
  const own = poll();
  const stop = own.watch();
  await vi.advanceTimersByTimeAsync(0);
  answer = async () => {
    throw new Error("The gateway answered 503.");
  };
  await vi.advanceTimersByTimeAsync(2_000);
  expect(own.state.value).toMatchObject({ answer: "answer 1", at: 1_000_000, why: "The gateway answered 503." });
  answer = async () => "back";
  await vi.advanceTimersByTimeAsync(2_000);
  expect(own.state.value).toMatchObject({ answer: "back", why: "" });
  stop();
});

it("asks nothing while hidden, and at once when shown again", async () => {
  const own = poll();
  const stop = own.watch();
  await vi.advanceTimersByTimeAsync(0);
  look("hidden");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toBe(1);
  look("visible");
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toBe(2);
  stop();
});

it("says since when it waits, and lets a later question overtake", async () => {
  const own = poll();
  let late: (text: string) => void = () => {};
  answer = () =>
    new Promise((done) => {
      late = done;
    });
  const stop = own.watch();
  await vi.advanceTimersByTimeAsync(9_000);
  expect(asked).toBe(1);
  expect(own.state.value.asked).toBe(1_000_000);
  const first = late;
  answer = async () => "second";
  own.again();
  expect(signals[0]?.aborted).toBe(true);
  first("first");
  await vi.advanceTimersByTimeAsync(0);
  expect(own.state.value.answer).toBe("second");
  stop();
});
