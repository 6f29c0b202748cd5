// Builds what labkit ships for the browser: `npm ci --ignore-scripts --prefix web && npm run build --prefix web`.
// A file whose content is the same already stays as it is: other versions of zlib pack the same content differently.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "labkit", "browser", "assets");
const runtime = join(here, "node_modules", "onnxruntime-web", "dist", "ort-wasm-simd-threaded.wasm");

async function bundle(entry) {
  const options = { bundle: true, minify: true, format: "esm", target: "es2022", charset: "utf8", write: false };
  const result = await build({ ...options, entryPoints: [join(here, "src", entry)], legalComments: "inline" });
  return Buffer.from(result.outputFiles[0].contents);
}

function put(name, content) {
  const path = join(target, name);
  const packed = name.endsWith(".gz");
  const old = existsSync(path) ? readFileSync(path) : null;
  if (old && (packed ? gunzipSync(old) : old).equals(content)) return;
  writeFileSync(path, packed ? gzipSync(content, { level: 9 }) : content);
  console.log(`wrote ${name}`);
}

const hash = (content) => createHash("sha256").update(content).digest("hex");
const sources = ["build.js", "package.json", "package-lock.json", ...readdirSync(join(here, "src")).sort().map((name) => `src/${name}`)];
const made = { "ort.wasm.gz": readFileSync(runtime), "pad.js.gz": await bundle("pad.js"), "pad.css": await bundle("pad.css") };
const built = {
  from: Object.fromEntries(sources.map((name) => [name, hash(readFileSync(join(here, name)))])),
  made: Object.fromEntries(Object.entries(made).map(([name, content]) => [name, hash(content)])),
};
for (const [name, content] of Object.entries(made)) put(name, content);
put("built.json", Buffer.from(`${JSON.stringify(built, null, 2)}\n`));
