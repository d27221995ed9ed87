/** The browser as the stream sees it. */
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
