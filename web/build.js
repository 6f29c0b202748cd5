// Builds what labkit ships for the browser: `npm ci --prefix web && npm run build --prefix web`.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = process.argv[2] ?? join(here, "..", "labkit", "browser", "assets");
const runtime = join(here, "node_modules", "onnxruntime-web", "dist", "ort-wasm-simd-threaded.wasm");

async function bundle(entry) {
  const options = { bundle: true, minify: true, format: "esm", target: "es2022", charset: "utf8", write: false };
  const result = await build({ ...options, entryPoints: [join(here, "src", entry)], legalComments: "inline" });
  return result.outputFiles[0].contents;
}

const made = { "ort.wasm.gz": readFileSync(runtime), "pad.js.gz": await bundle("pad.js"), "pad.css": await bundle("pad.css") };
for (const [name, content] of Object.entries(made)) {
  const written = name.endsWith(".gz") ? gzipSync(content, { level: 9 }) : content;
  writeFileSync(join(target, name), written);
  console.log(`${name}: ${content.length} bytes, ${written.length} written`);
}
