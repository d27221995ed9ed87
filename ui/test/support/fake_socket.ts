/** The far end of the wire and a clock that moves when told: what a stream cannot see through. */

import type { Outside, Socket } from "../../src/api/alert_stream.ts";
import type { ClientFrame, ServerFrame } from "../../src/domain/frames.ts";

export class FarEnd implements Socket {
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: { data: unknown } & never) => void) | null = null;
  onclose: ((event: { code: number } & never) => void) | null = null;
  sent: ClientFrame[] = [];
  closed: { code: number | undefined; reason: string | undefined } | null = null;

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(code?: number, reason?: string): void {
    this.closed = { code, reason };
  }
  accept(): void {
    this.onopen?.({} as never);
  }
  say(frame: ServerFrame | object): void {
    this.onmessage?.({ data: JSON.stringify(frame) } as never);
  }
  sayText(data: unknown): void {
    this.onmessage?.({ data } as never);
  }
  hangUp(code = 1006): void {
    this.onclose?.({ code } as never);
  }
  /** Frames of one kind that the page sent. */
  heard(k: ClientFrame["k"]): ClientFrame[] {
    return this.sent.filter((frame) => frame.k === k);
  }
}

/** A WebSocket for the page under test; `opened` is told of the far end of each. */
export function wire(opened: (far: FarEnd) => void): new () => FarEnd {
  return class extends FarEnd {
    constructor() {
      super();
      opened(this);
    }
  };
}

export class World implements Outside {
  time = 1_000_000;
  chance = 1;
  sockets: FarEnd[] = [];
  protocols: string[] = [];
  #timers: { at: number; run: () => void }[] = [];

  connect(subprotocol: string): Socket {
    this.protocols.push(subprotocol);
    const socket = new FarEnd();
    this.sockets.push(socket);
    return socket;
  }
  now(): number {
    return this.time;
  }
  random(): number {
    return this.chance;
  }
  later(run: () => void, ms: number): () => void {
    const timer = { at: this.time + ms, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }
  get timers(): number {
    return this.#timers.length;
  }
  get socket(): FarEnd {
    return this.sockets.at(-1) as FarEnd;
  }
  /** Lets time pass; what is due runs in order. */
  pass(ms: number): void {
    const until = this.time + ms;
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== due);
      this.time = Math.max(this.time, due.at);
      due.run();
    }
    this.time = until;
  }
}
