// Fetches the pad, the runtime and the model from the kernel, piece by piece, and starts it. Nothing comes from a network.

const PACE_MS = 400; // between pieces: Jupyter drops what comes faster than a million bytes a second, and others send too
const PATIENCE_MS = 10000; // then the reader is told what may be the matter, and the piece is asked for again
const NAMES = { facts: "What is known of the model", model: "The model", script: "The pad", wasm: "The runtime" };
const SLOW = "Python does not answer yet: it may be busy with another cell. If it was stopped, run this cell again.";

// One part of the whole, as bytes; `told` hears how it goes.
async function part(model, name, told) {
  const pieces = [];
  let have = 0;
  for (let total = 1; have < total;) {
    const started = performance.now();
    const piece = await ask(model, name, have, told);
    total = piece.total;
    pieces.push(piece.bytes);
    have += piece.bytes.length;
    told(`${NAMES[name]} comes from Python: ${Math.round((100 * have) / total)} % ...`);
    if (have < total) await new Promise((go) => setTimeout(go, PACE_MS - (performance.now() - started)));
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

// One piece. It may have been dropped on its way, or the kernel may be busy: so it is asked for again, ever less often.
function ask(model, name, from, told) {
  return new Promise((arrived) => {
    let patience = PATIENCE_MS;
    let late = 0;
    function send() {
      model.send({ part: name, from });
      late = setTimeout(() => {
        told(SLOW);
        patience *= 2;
        send();
      }, patience);
    }
    function hear(message, buffers) {
      if (message.part !== name || message.from !== from) return;
      clearTimeout(late);
      model.off("msg:custom", hear);
      const view = buffers[0];
      const bytes = new Uint8Array(view.buffer ?? view, view.byteOffset ?? 0, view.byteLength).slice();
      arrived({ bytes, total: message.total });
    }
    model.on("msg:custom", hear);
    send();
  });
}

async function unpack(gzipped) {
  const stream = new Blob([gzipped]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

// The pad's code and the runtime are the same for every pad of the page: they travel once.
function shared(model, told) {
  const load = async () => {
    const script = await unpack(await part(model, "script", told));
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
  const told = (text) => { message.textContent = text; };
  const done = (found) => {
    model.set("measured", found);
    model.save_changes();
  };
  async function begin() {
    if (!globalThis.WebAssembly || !globalThis.DecompressionStream) {
      throw new Error("this browser lacks WebAssembly or DecompressionStream, so it cannot run the model");
    }
    told("Waiting for Python ...");
    const facts = JSON.parse(new TextDecoder().decode(await part(model, "facts", told)));
    const bytes = await part(model, "model", told);
    const { code, wasm } = await shared(model, told);
    if (gone) return;
    message.remove();
    pad = await code.start(root, facts, { wasm, model: bytes }, done);
    if (gone) pad?.stop();
  }
  begin().catch((error) => {
    root.append(message);
    told(`No pad: ${error.message}`);
  });
  return () => {
    gone = true;
    pad?.stop();
  };
}

export default { render };
