// ONNX Runtime in WebAssembly, on one thread, from bytes that are here already: nothing is fetched.
import * as ort from "onnxruntime-web/wasm";
import { medianInterval } from "./numbers.js";
import { SIDE } from "./pixels.js";

const TURN_MS = 20; // browsers round their clocks to as much as a millisecond, so many calls are timed together
const TURNS = 31;
const WARM_UP = 10;
const TRIES = 4;

export function missing() {
  const needed = { WebAssembly: globalThis.WebAssembly, DecompressionStream: globalThis.DecompressionStream };
  return Object.keys(needed).filter((name) => !needed[name]);
}

export async function unpack(gzipped) {
  const stream = new Blob([gzipped]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// A loaded model: `answer` takes 784 pixels and gives logits, `time` says how long that takes.
export async function load(wasm, model) {
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmBinary ??= await unpack(wasm);
  ort.env.logLevel = "error";
  const session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
  const [input, output] = [session.inputNames[0], session.outputNames[0]];

  async function answer(pixels) {
    const image = new ort.Tensor("float32", Float32Array.from(pixels), [1, 1, SIDE, SIDE]);
    const found = await session.run({ [input]: image });
    return Float32Array.from(found[output].data);
  }
  return { answer, time: (pixels) => time(() => answer(pixels)), release: () => session.release() };
}

async function calls(call, n) {
  const start = performance.now();
  for (let i = 0; i < n; i++) await call();
  return performance.now() - start;
}

// The shortest of a few tries: whatever interrupted the others says nothing about the call.
async function shortest(call, n) {
  let least = Infinity;
  for (let i = 0; i < TRIES; i++) least = Math.min(least, await calls(call, n));
  return least;
}

// Milliseconds of one call: the median over turns of many calls each, and its 95 % interval.
async function time(call) {
  await calls(call, WARM_UP);
  let n = 1;
  while (await shortest(call, n) < TURN_MS / 2) n *= 2;
  const turns = [];
  for (let turn = 0; turn < TURNS; turn++) {
    turns.push((await calls(call, n)) / n);
    await new Promise((resume) => setTimeout(resume)); // the page stays alive
  }
  const [median, low, high] = medianInterval(turns);
  return { median, low, high, calls: n * TURNS };
}
