// Fetches the pad, the runtime and the model from the kernel, piece by piece, and starts it. Nothing comes from a network.

const PACE_MS = 300; // between pieces: Jupyter drops what comes faster than a million bytes a second
const PATIENCE_MS = 30000;

// One part of the whole, as bytes; `told` hears the share that is there.
async function part(model, name, told) {
  const pieces = [];
  let have = 0;
  for (let total = 1; have < total;) {
    const started = performance.now();
    const piece = await ask(model, name, have);
    total = piece.total;
    pieces.push(piece.bytes);
    have += piece.bytes.length;
    told(have / total);
    if (have < total) await new Promise((go) => setTimeout(go, PACE_MS - (performance.now() - started)));
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

function ask(model, name, from) {
  return new Promise((arrived, failed) => {
    const late = setTimeout(() => {
      model.off("msg:custom", hear);
      failed(new Error("Python does not answer: run this cell again, once the cells before it are done"));
    }, PATIENCE_MS);
    function hear(message, buffers) {
      if (message.part !== name || message.from !== from) return;
      clearTimeout(late);
      model.off("msg:custom", hear);
      const view = buffers[0];
      const bytes = new Uint8Array(view.buffer ?? view, view.byteOffset ?? 0, view.byteLength).slice();
      arrived({ bytes, total: message.total });
    }
    model.on("msg:custom", hear);
    model.send({ part: name, from });
  });
}

async function unpack(gzipped) {
  const stream = new Blob([gzipped]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

// The pad's code and the runtime are the same for every pad of the page: they travel once.
function shared(model, told) {
  const load = async () => {
    const script = await unpack(await part(model, "script", () => {}));
    const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    const code = await import(address);
    URL.revokeObjectURL(address);
    return { code, wasm: await part(model, "wasm", told) };
  };
  const key = `labkit ${model.get("version")}`;
  globalThis[key] ??= load().catch((error) => {
    delete globalThis[key];
    throw error;
  });
  return globalThis[key];
}

function render({ model, el }) {
  const root = document.createElement("div");
  const heading = document.createElement("p");
  const message = document.createElement("p");
  root.className = "lb-root";
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", model.get("title"));
  heading.className = "lb-title";
  heading.textContent = model.get("title");
  message.setAttribute("role", "status");
  root.append(heading, message);
  // JupyterLab would take x and d d for "delete this cell": keys stay in here, also from listeners that capture.
  root.dataset.lmSuppressShortcuts = "true";
  root.addEventListener("keydown", (event) => event.stopPropagation());
  el.append(root);

  let pad = null;
  let gone = false;
  const told = (share) => { message.textContent = `The runtime comes from Python: ${Math.round(100 * share)} % ...`; };
  const done = (found) => {
    model.set("measured", found);
    model.save_changes();
  };
  async function begin() {
    if (!globalThis.WebAssembly || !globalThis.DecompressionStream) {
      throw new Error("this browser lacks WebAssembly or DecompressionStream, so it cannot run the model");
    }
    message.textContent = "Waiting for Python ...";
    const facts = JSON.parse(new TextDecoder().decode(await part(model, "facts", () => {})));
    const bytes = await part(model, "model", () => {});
    const { code, wasm } = await shared(model, told);
    if (gone) return;
    message.remove();
    pad = await code.start(root, facts, { wasm, model: bytes }, done);
    if (gone) pad?.stop();
  }
  begin().catch((error) => {
    if (pad || !message.isConnected) return;
    message.textContent = `No pad: ${error.message}`;
  });
  return () => {
    gone = true;
    pad?.stop();
  };
}

export default { render };
