/** The browser's functions that the stream needs, and listeners that can be ended. */
import type { Outside, Socket } from "./alert_stream.ts";

export const browser: Outside = {
  connect(subprotocol) {
    const address = new URL("/api/v1/stream", window.location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    return new WebSocket(address, subprotocol) as Socket;
  },
  now: () => Date.now(),
  random: () => Math.random(),
  later(run, ms) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** Listens for an event. Returns a function that ends this. */
export function listen(target: EventTarget, name: string, handler: (event: never) => void, capture = false) {
  target.addEventListener(name, handler as EventListener, capture);
  return () => target.removeEventListener(name, handler as EventListener, capture);
}

/** One function that ends several things. */
export function all(...stops: (() => void)[]): () => void {
  return () => {
    for (const stop of stops) stop();
  };
}
