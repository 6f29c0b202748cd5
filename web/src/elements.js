// Small builders of HTML. Text goes in as text, never as markup.

export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

export function button(text, pressed, label) {
  const made = element("button", { type: "button", "aria-label": label }, text);
  made.addEventListener("click", pressed);
  return made;
}

// A group of radio buttons; `chosen` hears the index. Each option is [what shows, what a screen reader says].
export function radios(legend, name, options, chosen, start = 0) {
  const inputs = options.map(([, label], i) => {
    const input = element("input", { type: "radio", name, "aria-label": label, checked: i === start });
    input.addEventListener("change", () => chosen(i));
    return input;
  });
  const labels = options.map(([shown], i) => element("label", {}, inputs[i], shown));
  return element("fieldset", {}, element("legend", {}, legend), element("div", { class: "lb-options" }, ...labels));
}

// A labelled range with its value beside it; `set` moves it without telling.
export function range(label, id, limits, text, moved) {
  const input = element("input", { type: "range", id, ...limits });
  const shown = element("span", { class: "lb-value", "aria-hidden": "true" });
  const show = () => {
    shown.textContent = text(input.valueAsNumber);
    input.setAttribute("aria-valuetext", text(input.valueAsNumber));
  };
  const set = (value) => {
    input.value = value;
    show();
  };
  input.addEventListener("input", () => {
    show();
    moved(input.valueAsNumber);
  });
  show();
  const row = element("div", { class: "lb-range" }, element("label", { for: id }, label), shown, input);
  return { row, set, value: () => input.valueAsNumber, input };
}

// An image as a canvas of 28 x 28 grey pixels, which the style enlarges.
export function paint(canvas, image) {
  const side = canvas.width;
  const pixels = new ImageData(side, side);
  image.forEach((value, i) => {
    const grey = Math.round(255 * value);
    pixels.data.set([grey, grey, grey, 255], 4 * i);
  });
  canvas.getContext("2d").putImageData(pixels, 0, 0);
}
