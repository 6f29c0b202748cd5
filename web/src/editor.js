// The pad: an image that is painted on, erased, shifted, turned and blurred, by pointer or by keyboard.
import { button, element, paint, radios, range } from "./elements.js";
import { SIDE, blur, rotate, shift, stroke } from "./pixels.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const SHIFTS = [["\u2190", "Shift left", -1, 0], ["\u2192", "Shift right", 1, 0], ["\u2191", "Shift up", 0, -1], ["\u2193", "Shift down", 0, 1]];
const MOST_UNDO = 50;
const PAD_LABEL = "The image, 28 by 28 pixels. Arrow keys move the brush, space paints or erases, "
  + "Shift with an arrow key shifts the image.";

export function editor(id, changed) {
  // What is shown is blur(rotate(painted, angle), width); painting on it makes it the new `painted`.
  let state = { painted: new Float32Array(SIDE * SIDE), angle: 0, width: 0 };
  let original = state.painted;
  let past = [];
  let brush = [SIDE / 2, SIDE / 2];
  let shade = 0;
  let drawing = null; // where the pointer was last
  let sliding = false; // one step of undo for one pull at a slider

  const canvas = element("canvas", { width: SIDE, height: SIDE });
  const ring = element("div", { class: "lb-brush" });
  const pad = element("div", { class: "lb-pad", tabindex: 0, role: "application", "aria-label": PAD_LABEL }, canvas, ring);
  const modes = radios("Brush", `${id}-mode`, [["erase", "erase"], ["paint", "paint"]], (i) => { shade = i; });
  const size = range("Width of the brush", `${id}-size`, { min: 1, max: 9, step: 1, value: 4 }, (v) => `${v} pixels`, showBrush);
  const angle = range("Rotate", `${id}-angle`, { min: -180, max: 180, step: 5, value: 0 }, (v) => `${v} degrees`, slide);
  const width = range("Blur", `${id}-blur`, { min: 0, max: 3, step: 0.25, value: 0 }, (v) => `${v} pixels`, slide);
  const arrows = SHIFTS.map(([sign, label, right, down]) => button(sign, () => moveImage(right, down), label));
  const undo = button("Undo", goBack);
  const reset = button("Reset", () => edit({ painted: original, angle: 0, width: 0 }));

  const shown = () => blur(rotate(state.painted, state.angle), state.width);
  function show() {
    const image = shown();
    paint(canvas, image);
    angle.set(state.angle);
    width.set(state.width);
    changed(image);
  }
  function remember() {
    past = [...past, state].slice(-MOST_UNDO);
  }
  function edit(next) {
    remember();
    state = { ...state, ...next };
    show();
  }
  function goBack() {
    state = past.pop() ?? state;
    show();
  }
  function slide() {
    if (!sliding) remember();
    sliding = true;
    state = { ...state, angle: angle.value(), width: width.value() };
    show();
  }
  for (const { input } of [angle, width]) input.addEventListener("change", () => { sliding = false; });
  function moveImage(right, down) {
    edit({ painted: shift(shown(), right, down), angle: 0, width: 0 });
  }
  function brushTo(place, painting) {
    const before = brush;
    brush = place.map((value) => Math.min(SIDE - 1, Math.max(0, value)));
    showBrush();
    if (!painting) return;
    const painted = stroke(shown(), painting === "line" ? before : brush, brush, size.value(), shade);
    state = { painted, angle: 0, width: 0 };
    show();
  }
  function showBrush() {
    const [left, top] = brush.map((value) => ((value + 0.5) / SIDE) * 100);
    const across = (size.value() / SIDE) * 100;
    Object.assign(ring.style, { left: `${left}%`, top: `${top}%`, width: `${across}%`, height: `${across}%` });
  }
  function place(event) {
    const { left, top, width: across, height } = canvas.getBoundingClientRect();
    return [((event.clientX - left) / across) * SIDE - 0.5, ((event.clientY - top) / height) * SIDE - 0.5];
  }

  pad.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    pad.setPointerCapture(event.pointerId);
    drawing = event.pointerId;
    remember();
    brushTo(place(event), "dab");
  });
  pad.addEventListener("pointermove", (event) => {
    if (drawing === null || drawing === event.pointerId) brushTo(place(event), drawing === null ? false : "line");
  });
  for (const end of ["pointerup", "pointercancel"]) pad.addEventListener(end, () => { drawing = null; });
  pad.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (arrow && event.shiftKey) moveImage(...arrow);
    else if (arrow) brushTo([Math.round(brush[0]) + arrow[0], Math.round(brush[1]) + arrow[1]], false);
    else if (event.key === " " || event.key === "Enter") {
      remember();
      brushTo(brush, "dab");
    } else if (event.key === "z" && (event.ctrlKey || event.metaKey)) goBack();
    else return;
    event.preventDefault();
  });

  showBrush();
  const shifting = element("div", { class: "lb-row", role: "group", "aria-label": "Shift" }, element("span", {}, "Shift"), ...arrows);
  const tools = element("div", { class: "lb-tools" }, modes, size.row, shifting, angle.row, width.row, element("div", { class: "lb-row" }, undo, reset));
  return {
    pad,
    tools,
    choose(image) { // another image, nothing of it changed
      [original, past] = [image, []];
      state = { painted: image, angle: 0, width: 0 };
      show();
    },
  };
}
