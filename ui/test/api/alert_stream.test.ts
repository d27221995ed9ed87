import { beforeEach, describe, expect, it } from "vitest";
import { AlertStream, type Status, type StreamView } from "../../src/api/alert_stream.ts";
import type { ServerFrame } from "../../src/domain/frames.ts";
import { World } from "../support/fake_socket.ts";
import { alerts, hello, rows, snapshot, stats } from "../support/frames.ts";

const WISH: StreamView = { window: "15m", filter: {}, rows: 400, visible: true, fold: true };

let world: World;
let stream: AlertStream;
let statuses: Status[];
let frames: ServerFrame[];

beforeEach(() => {
  world = new World();
  statuses = [];
  frames = [];
  const listener = {
    status: (status: Status) => void statuses.push(status),
    frame: (frame: ServerFrame) => void frames.push(frame),
  };
  stream = new AlertStream(world, listener, WISH);
  stream.start();
});

function live(to = "e:10"): void {
  world.socket.accept();
  world.socket.say(hello);
  world.socket.say(snapshot(to));
}

function status(): Status | undefined {
  return statuses.at(-1);
}

/** Lets the retry that waits come due. */
function retry(): void {
  const waiting = status();
  if (waiting?.is !== "reconnecting" || waiting.retry_at === null) throw new Error("no retry waits");
  world.pass(waiting.retry_at - world.time);
}

describe("opening", () => {
  it("asks for the subprotocol and opens without a cursor", () => {
    expect(world.protocols).toEqual(["alerts.v1"]);
    expect(world.socket.sent).toEqual([]);
    world.socket.accept();
    expect(world.socket.sent).toEqual([{ k: "open", cursor: null, ...WISH }]);
  });

  it("is live with the snapshot, not with the bare connection", () => {
    world.socket.accept();
    world.socket.say(hello);
    expect(statuses).toEqual([]);
    world.socket.say(snapshot("e:10"));
    expect(statuses).toEqual([{ is: "live", away_ms: 0 }]);
    expect(stream.cursor).toBe("e:10");
  });

  it("hands on every frame", () => {
    live();
    world.socket.say(stats());
    expect(frames.map(({ k }) => k)).toEqual(["hello", "snapshot", "stats"]);
  });

  it("ignores kinds that it does not know", () => {
    live();
    world.socket.say({ k: "news", from: "e:99" });
    world.socket.say(alerts("e:10", "e:11"));
    expect(stream.cursor).toBe("e:11");
    expect(world.sockets).toHaveLength(1);
  });
});

describe("acknowledging", () => {
  it("acknowledges each batch on receipt, with the time of the last paint", () => {
    live();
    stream.painted(12.6);
    world.socket.say(alerts("e:10", "e:12"));
    expect(world.socket.heard("ack")).toEqual([{ k: "ack", to: "e:12", painted_ms: 13 }]);
  });

  it("answers a ping with its time", () => {
    live();
    world.socket.say({ k: "ping", t: 77 });
    expect(world.socket.heard("pong")).toEqual([{ k: "pong", t: 77 }]);
  });
});

describe("completeness", () => {
  it("takes contiguous frames", () => {
    live("e:10");
    world.socket.say(alerts("e:10", "e:11"));
    world.socket.say(alerts("e:11", "e:15"));
    expect(stream.cursor).toBe("e:15");
    expect(world.sockets).toHaveLength(1);
  });

  it("re-opens from its cursor where a frame does not begin at the last one's end", () => {
    live("e:10");
    world.socket.say(alerts("e:10", "e:11"));
    world.socket.say(alerts("e:12", "e:15", { rows: rows(13, 15) }));
    expect(world.sockets[0]?.closed).toEqual({ code: 4000, reason: "not contiguous" });
    expect(frames.filter(({ k }) => k === "alerts")).toHaveLength(1);
    retry();
    world.socket.accept();
    expect(world.socket.sent[0]).toMatchObject({ k: "open", cursor: "e:11" });
  });

  it("a snapshot starts a new range", () => {
    live("e:10");
    world.socket.say({ k: "gap", from: "e:10", to: "e:90", why: "too_far" });
    world.socket.say(snapshot("e:90"));
    world.socket.say(alerts("e:90", "e:91"));
    expect(stream.cursor).toBe("e:91");
    expect(world.sockets).toHaveLength(1);
  });

  it("statistics do not move the cursor", () => {
    live("e:10");
    world.socket.say(stats({ to: "e:50" }));
    world.socket.say(alerts("e:10", "e:11"));
    expect(world.sockets).toHaveLength(1);
  });

  it.each(["{", "null", "[]", "7", new ArrayBuffer(4)])("starts again after what is no frame: %s", (data) => {
    live();
    world.socket.sayText(data);
    expect(status()).toMatchObject({ is: "reconnecting" });
  });
});

describe("reconnecting", () => {
  it("resumes from the cursor and says how long it was away", () => {
    live("e:10");
    world.socket.hangUp();
    expect(status()).toEqual({ is: "reconnecting", lost_at: 1_000_000, retry_at: 1_000_500 });
    retry();
    expect(status()).toEqual({ is: "reconnecting", lost_at: 1_000_000, retry_at: null });
    world.socket.accept();
    expect(world.socket.sent[0]).toMatchObject({ k: "open", cursor: "e:10" });
    world.socket.say(hello);
    world.socket.say(alerts("e:10", "e:20", { replay: true }));
    expect(status()).toMatchObject({ is: "reconnecting" });
    world.pass(250);
    world.socket.say(alerts("e:20", "e:20"));
    expect(status()).toEqual({ is: "live", away_ms: 750 });
  });

  it("doubles the limit of the wait up to 15 s", () => {
    const limits = Array.from({ length: 7 }, () => {
      world.socket.hangUp();
      const waiting = status() as Extract<Status, { is: "reconnecting" }>;
      const limit = (waiting.retry_at as number) - world.time;
      retry();
      return limit;
    });
    expect(limits).toEqual([500, 1000, 2000, 4000, 8000, 15000, 15000]);
  });

  it("waits anything from nothing to the limit", () => {
    world.chance = 0;
    world.socket.hangUp();
    expect(status()).toMatchObject({ retry_at: world.time });
    retry();
    world.chance = 0.25;
    world.socket.hangUp();
    expect(status()).toMatchObject({ retry_at: world.time + 250 });
  });

  it("starts the wait again after a connection that lasted", () => {
    for (let round = 0; round < 4; round += 1) {
      world.socket.hangUp();
      retry();
    }
    live();
    world.pass(6000);
    world.socket.hangUp();
    expect(status()).toMatchObject({ retry_at: world.time + 500 });
  });

  it("goes on backing off where a connection breaks at once each time", () => {
    for (const limit of [500, 1000, 2000]) {
      live();
      world.socket.hangUp();
      expect(status()).toMatchObject({ retry_at: world.time + limit });
      retry();
    }
  });

  it("tries at once when asked, and only once", () => {
    live();
    world.socket.hangUp();
    stream.retryNow();
    expect(world.sockets).toHaveLength(2);
    stream.retryNow();
    world.pass(20_000);
    expect(world.sockets).toHaveLength(2);
  });

  it("a live connection does not heed a wish to retry", () => {
    live();
    stream.retryNow();
    expect(world.sockets).toHaveLength(1);
  });

  it("comes back when a farewell said, not at its own time", () => {
    live();
    world.socket.say({ k: "bye", why: "shutdown", retry_ms: 2000 });
    expect(status()).toMatchObject({ retry_at: world.time + 2000 });
    expect(world.sockets[0]?.closed).not.toBeNull();
  });

  it("backs off from a gateway that refuses what it asks for, and says why until it is served again", () => {
    const refused = "q must be a text of at most 512 characters";
    for (const limit of [500, 1000, 2000]) {
      world.socket.accept();
      world.socket.say({ k: "bye", why: "protocol", retry_ms: 100, text: refused });
      expect(status()).toMatchObject({ is: "reconnecting", retry_at: world.time + limit, refused });
      retry();
      expect(status()).toMatchObject({ is: "reconnecting", retry_at: null, refused });
    }
    live();
    world.socket.hangUp();
    expect(status()).not.toHaveProperty("refused");
  });

  it("asks again at once with another filter where one was refused", () => {
    live();
    world.socket.say({ k: "bye", why: "protocol", text: "no" });
    stream.view({ ...WISH, filter: { q: "curl" } });
    world.socket.accept();
    expect(world.sockets).toHaveLength(2);
    expect(world.socket.sent[0]).toMatchObject({ k: "open", filter: { q: "curl" } });
  });

  it("hands on the frame that catches up before it says so", () => {
    const order: string[] = [];
    const listener = { status: ({ is }: Status) => void order.push(is), frame: () => void order.push("frame") };
    const other = new AlertStream(world, listener, WISH);
    other.start();
    live();
    expect(order).toEqual(["frame", "frame", "live"]);
  });

  it.each([
    ["a farewell", () => world.socket.say({ k: "bye", why: "auth" })],
    ["close code 4401", () => world.socket.hangUp(4401)],
  ])("does not try again once signed out by %s", (_, end) => {
    live();
    end();
    expect(status()).toEqual({ is: "signed_out" });
    expect(world.timers).toBe(0);
    stream.retryNow();
    expect(world.sockets).toHaveLength(2);
  });
});

describe("a dead peer", () => {
  it("is given up after 25 s of silence", () => {
    live();
    world.pass(24_999);
    expect(status()).toMatchObject({ is: "live" });
    world.pass(1);
    expect(status()).toMatchObject({ is: "reconnecting" });
    expect(world.sockets[0]?.closed).toMatchObject({ code: 4001 });
  });

  it("is not one while anything is heard", () => {
    live();
    for (let beat = 0; beat < 5; beat += 1) {
      world.pass(20_000);
      world.socket.say({ k: "ping", t: beat });
    }
    expect(status()).toMatchObject({ is: "live" });
  });

  it("is found although the connection never opened", () => {
    world.pass(25_000);
    expect(status()).toMatchObject({ is: "reconnecting" });
  });

  it("cannot come back: its late frames and its late end are not heard", () => {
    live();
    const [dead] = world.sockets;
    world.pass(25_000);
    const count = statuses.length;
    dead?.say(stats());
    dead?.hangUp();
    expect(statuses).toHaveLength(count);
  });
});

describe("wishes", () => {
  it("changes the view without reconnecting", () => {
    live();
    stream.view({ ...WISH, filter: { ns: ["payments"] } });
    expect(world.socket.heard("view")).toEqual([{ k: "view", ...WISH, filter: { ns: ["payments"] } }]);
    expect(world.sockets).toHaveLength(1);
  });

  it("sends nothing where nothing changed", () => {
    live();
    stream.view({ ...WISH });
    expect(world.socket.heard("view")).toEqual([]);
  });

  it("is kept for the next connection where there is none", () => {
    world.socket.hangUp();
    stream.view({ ...WISH, filter: { q: "curl" } });
    retry();
    world.socket.accept();
    expect(world.socket.sent).toEqual([{ k: "open", cursor: null, ...WISH, filter: { q: "curl" } }]);
  });

  it("asks for no rows while hidden and goes on where it was when shown", () => {
    live("e:10");
    stream.view({ ...WISH, rows: 0, visible: false });
    world.socket.say(stats({ to: "e:80" }));
    stream.view(WISH);
    world.socket.say(alerts("e:10", "e:80", { replay: true }));
    expect(stream.cursor).toBe("e:80");
    expect(world.sockets).toHaveLength(1);
  });

  it("starts afresh when shown after too much has passed", () => {
    live("e:10");
    stream.view({ ...WISH, rows: 0, visible: false });
    expect(world.socket.heard("view").at(-1)).toMatchObject({ rows: 0, visible: false });
    stream.view(WISH);
    world.socket.say(snapshot("e:80"));
    world.socket.say(alerts("e:80", "e:81"));
    expect(stream.cursor).toBe("e:81");
  });

  it("does not resume across a filter that has not been answered", () => {
    live("e:10");
    stream.view({ ...WISH, filter: { ns: ["a"] } });
    world.socket.hangUp();
    retry();
    world.socket.accept();
    expect(world.socket.sent[0]).toMatchObject({ cursor: null });
  });

  it("resumes again once the new filter was answered", () => {
    live("e:10");
    stream.view({ ...WISH, filter: { ns: ["a"] } });
    world.socket.say(snapshot("e:12"));
    world.socket.hangUp();
    retry();
    world.socket.accept();
    expect(world.socket.sent[0]).toMatchObject({ cursor: "e:12" });
  });
});

it("stops for good", () => {
  live();
  stream.stop();
  expect(world.sockets[0]?.closed).toMatchObject({ code: 1000 });
  expect(world.timers).toBe(0);
});
