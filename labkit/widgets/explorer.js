// Python drew every chart once (draw.py) and sent a frame for every position: here the moving parts are set, nothing else.

const EVERY_MS = 200; // how often Python hears of the position while a slider moves
const QUIET_MS = 600; // how long the sliders rest before a screen reader is told the new numbers

function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// What is as it was is not written again: the browser would lay the page out anew.
function put(node, name, value) {
  if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// From a value to a place on an axis, 0 to 1; an axis is [low, high, is it logarithmic].
function place(value, [low, high, log]) {
  return log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
}

function number(value) {
  if (Math.abs(value) >= 999.5) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}

const tenth = (pixels) => Math.round(pixels * 10) / 10;

// The values of every series: its own, or the next that the frame brings.
function valuesOf(panel, view) {
  let next = 0;
  return panel.series.map((own) => own ?? view.y[next++]);
}

function lines(svg, panel) {
  const across = (v) => tenth(place(v, panel.x) * panel.width);
  const down = (v) => tenth((1 - place(v, panel.y)) * panel.height);
  const groups = [...svg.querySelectorAll("g[data-series]")];
  const curves = groups.map((group) => group.querySelector(".lk-curve"));
  const point = svg.querySelector(".lk-point");
  const inside = (v, axis) => place(v, axis) >= 0 && place(v, axis) <= 1;

  return (view) => {
    const every = valuesOf(panel, view);
    every.forEach((ys, i) => {
      put(groups[i], "opacity", view.at && view.at[0] !== i ? 0.55 : 1);
      if (panel.series[i]) return;
      put(curves[i], "d", "M" + ys.map((y, j) => `${across(panel.xs[j])} ${down(y)}`).join("L"));
    });
    const [x, y] = view.at ? [panel.xs[view.at[1]], every[view.at[0]][view.at[1]]] : view.mark ?? [NaN, NaN];
    if (!inside(x, panel.x) || !inside(y, panel.y)) {
      put(point, "visibility", "hidden");
      return;
    }
    const [left, top] = [tenth(panel.left + across(x)), tenth(panel.top + down(y))];
    point.dataset.x = x;
    point.dataset.y = y;
    putPoint(point, panel, left, top, left > panel.left + 90, view.label ?? "");
  };
}

function bars(svg, panel) {
  const along = (v) => tenth(place(v, panel.y) * panel.width);
  const parts = [...svg.querySelectorAll("g[data-bar]")]; // bar by bar, its series in order
  const totals = [...svg.querySelectorAll(".lk-total")];

  return (view) => {
    const every = valuesOf(panel, view);
    panel.xs.forEach((_, b) => {
      let total = 0;
      every.forEach((values, i) => {
        const part = parts[b * every.length + i];
        const [rect, stripes] = part.children;
        const left = along(total);
        total += values[b];
        const width = tenth(along(total) - left);
        part.dataset.value = values[b];
        put(rect, "x", left);
        put(rect, "width", width);
        put(stripes, "d", stripes.getAttribute("d").replace(/^M\S+ (\S+)h.*/, `M${left} $1h${width}`));
      });
      put(totals[b], "x", tenth(panel.left + along(total) + 6));
      write(totals[b], number(total));
    });
  };
}

function columns(svg, panel) {
  const rects = [...svg.querySelectorAll("rect[data-bar]")]; // series by series, its columns in order

  return (view) => valuesOf(panel, view).flat().forEach((value, i) => {
    const height = tenth(place(value, panel.y) * panel.height);
    rects[i].dataset.value = value;
    put(rects[i], "y", tenth(panel.height - height));
    put(rects[i], "height", height);
  });
}

function pictures(svg) {
  const groups = [...svg.querySelectorAll("g[data-series]")];

  return (view) => groups.forEach((group, i) => {
    if (view.at[0] === i) group.removeAttribute("visibility");
    else put(group, "visibility", "hidden");
  });
}

// A dot's state, a letter in the frame: its opacity, that of its filling, and the word in the table; as in draw.py.
const STATES = {
  f: [1, 1, "on the front"], d: [0.8, 0, "dominated"], o: [0.4, 0, "outside the limits"], "-": [0, 0, "not measured"],
};

function spotOf(group) {
  return group.getAttribute("transform").match(/-?[\d.]+/g).map(Number);
}

function dots(svg, panel) {
  const groups = [...svg.querySelectorAll("g[data-dot]")];
  const spots = groups.map(spotOf);
  const titles = groups.map((group) => group.querySelector("title"));
  const names = titles.map((title) => title.textContent.replace(/[^,]*$/, ""));
  const front = svg.querySelector(".lk-front");

  return (view) => {
    groups.forEach((group, i) => {
      const [opacity, filling, words] = STATES[view.states[i]];
      put(group, "opacity", opacity);
      put(group, "fill-opacity", filling);
      write(titles[i], `${names[i]} ${words}`);
    });
    const best = spots.filter((_, i) => view.states[i] === "f").sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    const steps = best.slice(1).map(([x, y]) => `H${x}V${y}`).join("");
    put(front, "d", best.length ? `M${best[0][0]} ${panel.height}V${best[0][1]}${steps}H${panel.width}` : "");
  };
}

// Puts the ring and the name on one dot of a scatter panel; with -1 takes them away.
function pointAt(svg, panel, i) {
  const point = svg.querySelector(".lk-point");
  if (i < 0 || !panel.dots[i][2]) {
    put(point, "visibility", "hidden");
    return;
  }
  const [x, y] = spotOf(svg.querySelector(`g[data-dot="${i}"]`));
  putPoint(point, panel, tenth(panel.left + x), tenth(panel.top + y), x > panel.width / 2, panel.dots[i][0]);
}

// Shows a panel's ring, its guides to both axes, and a text before or behind it.
function putPoint(point, panel, left, top, before, text) {
  const [guide, ring, label] = point.children;
  point.removeAttribute("visibility");
  put(guide, "d", `M${left} ${top}V${panel.top + panel.height}M${left} ${top}H${panel.left}`);
  put(ring, "cx", left);
  put(ring, "cy", top);
  put(label, "x", left + (before ? -13 : 13));
  put(label, "y", top - 11);
  put(label, "text-anchor", before ? "end" : "start");
  write(label, text);
}

// The dot that the pointer is on, or -1.
function dotBelow(svg, panel, event) {
  const box = svg.getBoundingClientRect();
  const scale = svg.viewBox.baseVal.width / box.width;
  const [x, y] = [(event.clientX - box.left) * scale - panel.left, (event.clientY - box.top) * scale - panel.top];
  let [best, nearest] = [-1, 12];
  svg.querySelectorAll("g[data-dot]").forEach((group, i) => {
    const [atX, atY] = spotOf(group);
    const distance = Math.hypot(atX - x, atY - y);
    if (panel.dots[i][2] && distance < nearest) [best, nearest] = [i, distance];
  });
  return best;
}

const MOVERS = { line: lines, bars: bars, hist: columns, image: pictures, scatter: dots };

// The table of the dots, and what sets the column of each scatter panel to its dots' states.
function tableOf(spec) {
  if (!spec.table.length) return ["", () => {}];
  const scatters = spec.panels.map((panel, i) => (panel.dots ? i : -1)).filter((i) => i >= 0);
  const cell = (name, text) => element(name, {}, String(text));
  const names = ["number", ...Object.keys(spec.table[0]), ...scatters.map((i) => spec.panels[i].title)];
  const states = spec.table.map(() => scatters.map(() => element("td")));
  const rows = spec.table.map((row, n) => element(
    "tr", {}, ...[n + 1, ...Object.values(row)].map((text) => cell("td", text)), ...states[n],
  ));
  const head = element("thead", {}, element("tr", {}, ...names.map((name) => cell("th", name))));
  const whole = element("table", {}, head, element("tbody", {}, ...rows));
  const scroll = element("div", { class: "lk-scroll", tabindex: 0, role: "region", "aria-label": "table" }, whole);
  const details = element("details", { class: "lk-table" }, element("summary", {}, "All of them as a table"), scroll);
  const set = (views) => states.forEach((cells, n) => cells.forEach((one, k) => {
    write(one, STATES[views[scatters[k]].states[n]][2]);
  }));
  return [details, set];
}

// The question that stands before the charts; `done` gets the choice.
function questionForm(spec, id, done) {
  const choices = spec.choices.map((choice) => element(
    "label", {}, element("input", { type: "radio", name: id, value: choice, required: "" }), choice,
  ));
  const fieldset = element("fieldset", {}, element("legend", {}, spec.question), ...choices);
  const form = element("form", { class: "lk-question" }, fieldset, element("button", { type: "submit" }, "Show me"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    done(new FormData(form).get(id));
  });
  return form;
}

// A text that will change, and the box around it with room for the longest of `texts`: what is near keeps its place.
function changing(properties, texts) {
  const longest = texts.reduce((one, other) => (other.length > one.length ? other : one), "");
  const shown = element("span");
  return [element("div", { ...properties, "data-longest": longest }, shown), shown];
}

function slider(control, index, id, moved) {
  const range = element("input", { type: "range", id, min: 0, max: control.texts.length - 1, step: 1 });
  const [value, shown] = changing({ class: "lk-value", "aria-hidden": "true" }, control.texts);
  const show = (i) => {
    range.value = i;
    put(range, "aria-valuetext", (control.spoken ?? control.texts)[i]);
    write(shown, control.texts[i]);
  };
  range.addEventListener("input", () => moved(index, range.valueAsNumber));
  const row = element("div", { class: "lk-control" }, element("label", { for: id }, control.label), value, range);
  return { row, show };
}

function render({ model, el }) {
  const spec = model.get("spec");
  const id = "lk" + Math.random().toString(36).slice(2);
  let position = [...model.get("position")];
  let unsent = 0;
  let resting = 0;

  const sliders = spec.controls.map((control, i) => slider(control, i, `${id}-${i}`, (index, value) => {
    show(position.map((old, c) => (c === index ? value : old)));
    unsent ||= setTimeout(send, EVERY_MS);
    clearTimeout(resting);
    resting = setTimeout(say, QUIET_MS);
  }));
  // Plain divs: JupyterLab has a style of its own for dl, dt and dd.
  const boxes = spec.readouts.map((_, i) => changing({ class: "lk-number" }, spec.frames.map(([texts]) => texts[i])));
  const numbers = boxes.map(([, shown]) => shown);
  const readouts = element("div", { class: "lk-readouts" }, ...spec.readouts.map(
    (name, i) => element("div", {}, element("div", { class: "lk-name" }, name), boxes[i][0]),
  ));
  const status = element("p", { class: "lk-status", "aria-live": "polite" });
  const charts = element("div", { class: "lk-charts" });
  charts.innerHTML = spec.panels.map((panel) => panel.svg).join("");
  const movers = spec.panels.map((panel, i) => MOVERS[panel.kind](charts.children[i], panel));

  const [table, setStates] = tableOf(spec);
  // Looking at a dot changes no number, so it is a slider of the page's own: Python does not hear of it.
  const scatters = spec.panels.map((panel, i) => [charts.children[i], panel]).filter(([, panel]) => panel.dots);
  const watched = scatters.length ? scatters[0][1].dots : [];
  const looking = watched.length ? slider({
    label: "look at",
    texts: ["none", ...watched.map(([name], i) => `${i + 1}: ${name}`)],
    spoken: ["none", ...watched.map(([name, text], i) => `${i + 1}: ${name}, ${text}`)],
  }, 0, `${id}-look`, (_, value) => look(value - 1)) : null;
  function look(i) {
    looking.show(i + 1);
    scatters.forEach(([svg, panel]) => pointAt(svg, panel, i));
  }
  scatters.forEach(([svg, panel]) => ["pointermove", "pointerdown"].forEach((kind) => {
    svg.addEventListener(kind, (event) => {
      const i = dotBelow(svg, panel, event);
      if (i >= 0) look(i);
    });
  }));

  function show(next) {
    position = [...next];
    const index = position.reduce((sum, i, c) => sum * spec.controls[c].texts.length + i, 0);
    const [texts, views] = spec.frames[index];
    sliders.forEach((each, i) => each.show(position[i]));
    texts.forEach((text, i) => write(numbers[i], text));
    const here = spec.controls.map((control, i) => `${control.label} ${control.texts[position[i]]}`).join(", ");
    const reads = spec.readouts.map((name, i) => `${name} ${texts[i]}`).join(", ");
    movers.forEach((move, i) => {
      move(views[i]);
      charts.children[i].setAttribute("aria-label", `${spec.panels[i].title}. ${here}. ${reads}`);
    });
    setStates(views);
  }
  function send() {
    unsent = 0;
    model.set("position", position);
    model.save_changes();
  }
  function say() {
    status.textContent = spec.readouts.map((name, i) => `${name}: ${numbers[i].textContent}`).join(", ");
  }

  const heading = element("p", { class: "lk-title", id: `${id}-title` }, spec.title);
  const description = element("p", { class: "lk-description" }, spec.description);
  const side = element("div", { class: "lk-side" }, ...sliders.map((each) => each.row), ...(looking ? [looking.row] : []), readouts, status);
  const body = element("div", { class: `lk-body lk-body-${Math.min(spec.panels.length, 2)}` }, side, charts);
  const verdict = element("p", { class: "lk-verdict", tabindex: -1 });
  const source = element("p", { class: "lk-source" }, spec.source);
  const form = spec.question ? questionForm(spec, id, (choice) => {
    model.set("guess", choice);
    model.save_changes();
    reveal();
    verdict.focus();
  }) : "";
  function reveal() {
    const guess = model.get("guess");
    const waiting = Boolean(spec.question) && !guess;
    body.hidden = waiting;
    if (table) table.hidden = waiting;
    verdict.hidden = waiting || !spec.question;
    if (form) form.hidden = !waiting;
    verdict.textContent = `${spec.question} You said \u201c${guess}\u201d; ${spec.answer}`;
  }

  const root = element("div", { class: "lk-explorer", role: "group", "aria-labelledby": `${id}-title` });
  root.append(heading, description, form, verdict, body, table, source);
  // JupyterLab would take x and d d for "delete this cell": keys stay in here, also from listeners that capture.
  root.dataset.lmSuppressShortcuts = "true";
  root.addEventListener("keydown", (event) => event.stopPropagation());
  el.append(root);

  const follow = () => { if (!unsent) show(model.get("position")); };
  model.on("change:position", follow);
  model.on("change:guess", reveal);
  reveal();
  show(position);
  if (looking) look(-1);
  return () => {
    model.off("change:position", follow);
    model.off("change:guess", reveal);
    clearTimeout(resting);
    if (unsent) clearTimeout(unsent);
  };
}

export default { render };
