import { defineConfig } from "vite";
import { compress } from "./compress.ts";

const GATEWAY = "http://127.0.0.1:8080";

export default defineConfig({
  // Smaller than the automatic runtime, whose helper would come along as well.
  oxc: {
    jsx: { runtime: "classic", pragma: "h", pragmaFrag: "Fragment" },
    jsxInject: 'import { Fragment, h } from "preact";',
  },
  build: {
    outDir: "../services/tocsin/gateway/static",
    emptyOutDir: true,
    // The gateway's content policy allows no data: fonts and no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    // What knows light-dark(), so that it is not rewritten into something that the theme button cannot turn.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    reportCompressedSize: false,
  },
  server: { proxy: { "/api": { target: GATEWAY, ws: true } } },
  plugins: [compress()],
});
