/** Fails if a file in `src/` imports from a layer above its own. `npm run lint` runs it. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** A layer may import from itself and from those before it. */
const LAYERS = ["domain", "api", "state", "components", "pages", "app"];
/** Style sheets may be imported by every layer. */
const FREE = ["styles"];

const IMPORT = /\bfrom\s+"(\.[^"]+)"|\bimport\s*\(?\s*"(\.[^"]+)"/g;

function layerOf(path) {
  return path.split("/")[0];
}

const wrong = [];
for (const entry of readdirSync("src", { recursive: true })) {
  const file = entry.replaceAll("\\", "/");
  if (!/\.tsx?$/.test(file)) continue;
  const own = LAYERS.indexOf(layerOf(file));
  if (own < 0) wrong.push(`src/${file}: not in one of the folders ${LAYERS.join(", ")}`);
  for (const [, from, dynamic] of readFileSync(join("src", file), "utf8").matchAll(IMPORT)) {
    const target = normalize(join(dirname(file), from ?? dynamic)).replaceAll("\\", "/");
    if (FREE.includes(layerOf(target))) continue;
    const other = LAYERS.indexOf(layerOf(target));
    if (other < 0 || other > own) wrong.push(`src/${file}: must not import src/${target}`);
  }
}
for (const line of wrong) console.error(line);
if (wrong.length > 0) {
  console.error(`\nLayers, lowest first: ${LAYERS.join(" < ")}. Imports may only go down.`);
  process.exit(1);
}
