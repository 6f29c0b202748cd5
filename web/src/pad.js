// The whole pad, on a page of its own and in a notebook: pictures to choose from, the editor, the answers, the facts.
import { answers } from "./answers.js";
import { editor } from "./editor.js";
import { button, element, paint, radios } from "./elements.js";
import { load, missing } from "./engine.js";
import { agreement } from "./numbers.js";
import { SIDE, inputs } from "./pixels.js";
import { table } from "./table.js";

const A_CLASS = 2; // images of each class that are shown to choose from; all are used to compare with Python
const PIXELS = SIDE * SIDE;

export function bytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

// Which images to show: the first ones of each class, class by class.
function gallery(labels, classes) {
  return classes.flatMap((_, c) => labels.map((label, i) => [label, i]).filter(([label]) => label === c)
    .slice(0, A_CLASS).map(([, i]) => i));
}

function chooser(id, facts, images, chosen) {
  const shown = gallery(facts.labels, facts.classes);
  const options = shown.map((i) => {
    const canvas = element("canvas", { width: SIDE, height: SIDE, "aria-hidden": "true" });
    paint(canvas, images[i]);
    return [canvas, `${facts.classes[facts.labels[i]]}, image ${i}`];
  });
  const view = radios("Choose an image", `${id}-image`, options, (at) => chosen(shown[at]));
  view.classList.add("lb-gallery");
  return { view, first: shown[0] };
}

// Compares with Python's answers to all images.
async function check(model, facts, images) {
  const ours = new Float32Array(images.length * facts.classes.length);
  for (const [i, image] of images.entries()) ours.set(await model.answer(image), i * facts.classes.length);
  const theirs = new Float32Array(bytes(facts.logits).buffer);
  return { ...agreement(ours, theirs, facts.classes.length), images: images.length };
}

// Shows the pad in `root`. `sources` are the bytes of the runtime (gzipped) and the model; `done` hears what was measured.
export async function start(root, facts, sources, done = () => {}) {
  const lacking = missing();
  if (lacking.length) {
    root.append(element("p", { role: "alert" }, `This browser lacks ${lacking.join(" and ")}, so it cannot run the model.`));
    return null;
  }
  const message = element("p", { role: "status" }, "Loading the runtime ...");
  root.append(message);
  let model;
  try {
    model = await load(sources.wasm, sources.model);
  } catch (error) {
    message.setAttribute("role", "alert");
    message.textContent = `The browser cannot run ${facts.name}: ${error.message ?? error}`;
    return null;
  }
  message.remove();
  return show(root, facts, model, done);
}

function show(root, facts, model, done) {
  const id = "lb" + Math.random().toString(36).slice(2);
  const raw = bytes(facts.images);
  const images = facts.labels.map((_, i) => inputs(raw.subarray(i * PIXELS, (i + 1) * PIXELS)));
  const answer = answers(facts.classes);
  let chosen = 0;
  let current = images[0];
  let busy = Promise.resolve();

  // The answer to an image as it was, asked for once.
  const known = new Map();
  async function untouched(i) {
    if (!known.has(i)) known.set(i, await model.answer(images[i]));
    return known.get(i);
  }
  // One question at a time; while one is answered, only the newest image waits.
  function ask(image) {
    current = image;
    busy = busy.then(async () => {
      if (image !== current) return;
      const before = await untouched(chosen);
      const now = await model.answer(image);
      if (image === current) answer.show(now, before, facts.labels[chosen], image.every((v, i) => v === images[chosen][i]));
    }).catch(answer.fail);
    return busy;
  }
  const edit = editor(id, ask);
  function choose(i) {
    chosen = i;
    edit.choose(images[i]);
  }
  const choice = chooser(id, facts, images, choose);
  const measured = table(facts);
  const again = button("Measure again", measure);
  async function measure() {
    root.dataset.state = "measuring";
    measured.time(null);
    await busy;
    const time = await model.time(images[0]);
    measured.time(time);
    const found = { latency_ms: time.median, latency_low_ms: time.low, latency_high_ms: time.high, calls: time.calls };
    root.dataset.state = "measured";
    done({ ...found, largest_difference: compared.largest, same_labels: compared.same, images: compared.images });
  }
  let compared = null;
  const view = element("div", { class: "lb-body" }, choice.view, edit.pad, edit.tools, answer.view);
  root.append(view, measured.view, element("div", { class: "lb-row" }, again));
  choose(choice.first);
  const ready = busy.then(() => check(model, facts, images)).then((found) => {
    compared = found;
    measured.agreement(found);
    return measure();
  }).catch(answer.fail);
  function stop() {
    answer.stop();
    ready.then(() => busy).then(() => model.release());
  }
  return { answer: (pixels) => model.answer(pixels), image: () => current, ready, stop };
}

// A page made by `labkit browser` holds everything itself; `labkit` is there for the curious, in the browser's console.
const embedded = globalThis.document?.getElementById("labkit-facts");
if (embedded) {
  const read = (name) => document.getElementById(`labkit-${name}`).textContent;
  const root = document.getElementById("labkit-pad");
  root.classList.add("lb-root");
  const sources = { wasm: bytes(read("wasm")), model: bytes(read("model")) };
  globalThis.labkit = await start(root, JSON.parse(embedded.textContent), sources);
}
