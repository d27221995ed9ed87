// Runs in the page before its own code: notes when what a frame brought is on the screen, and tasks that held it up.
(() => {
  const bench = { delays: [], rows: 0, frames: 0, long: [] };
  globalThis.bench = bench;
  let pending = [];
  let asked = false;
  const painted = () => {
    asked = false;
    const now = performance.timeOrigin + performance.now();
    for (const sent of pending) bench.delays.push(now - sent);
    pending = [];
  };
  // A task posted from an animation frame runs after that frame is drawn.
  const channel = new MessageChannel();
  channel.port1.onmessage = painted;
  const drawn = () => {
    if (asked || pending.length === 0) return;
    asked = true;
    requestAnimationFrame(() => channel.port2.postMessage(0));
  };
  const Real = globalThis.WebSocket;
  globalThis.WebSocket = class extends Real {
    constructor(...all) {
      super(...all);
      this.addEventListener("message", ({ data }) => {
        if (!data.startsWith('{"k":"alerts"')) return;
        const frame = JSON.parse(data);
        bench.frames += 1;
        bench.rows += frame.rows.length;
        if (!frame.replay && frame.rows.length > 0) pending.push(frame.sent);
      });
    }
  };
  const watch = () => {
    const main = document.getElementById("app");
    if (main === null) return void requestAnimationFrame(watch);
    new MutationObserver((changes) => {
      if (changes.some(({ target }) => target.nodeType === 1 ? target.closest(".rows") : target.parentElement?.closest(".rows"))) drawn();
    }).observe(main, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["style", "data-id"] });
  };
  watch();
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) bench.long.push(duration);
  }).observe({ type: "longtask", buffered: true });

  /** Types a text and tells how long it took until the list had answered on the screen, and whether it had. */
  bench.search = (text) =>
    new Promise((done) => {
      const input = document.getElementById("search");
      const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
      const began = performance.now();
      set.call(input, text);
      input.dispatchEvent(new InputEvent("input", { bubbles: true }));
      const busy = performance.now() - began;
      requestAnimationFrame(() => {
        const after = new MessageChannel();
        after.port1.onmessage = () => done([busy, performance.now() - began]);
        after.port2.postMessage(0);
      });
    });
})();
