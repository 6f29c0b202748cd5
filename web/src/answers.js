// The model's answer as ten bars, each with a mark where it stood before the image was changed.
import { element } from "./elements.js";
import { highest, softmax } from "./numbers.js";

const QUIET_MS = 600; // how long the image rests before a screen reader is told the answer

const percent = (share) => `${(100 * share).toFixed(1)}\u00a0%`;

export function answers(classes) {
  const rows = classes.map((name) => {
    const [bar, mark, number] = [element("div", { class: "lb-bar" }), element("div", { class: "lb-mark" }), element("td")];
    const track = element("td", { class: "lb-track", "aria-hidden": "true" }, element("div", {}, bar, mark));
    return { row: element("tr", {}, element("th", { scope: "row" }, name), track, number), bar, mark, number };
  });
  const caption = element("caption", {}, "Probability of each class (line: before a change)");
  const table = element("table", { class: "lb-answers" }, caption, element("tbody", {}, ...rows.map((each) => each.row)));
  const verdict = element("p", { class: "lb-verdict" });
  const status = element("p", { class: "lb-status", "aria-live": "polite" });
  let resting = 0;

  function say(text) {
    verdict.textContent = text;
    clearTimeout(resting);
    resting = setTimeout(() => { status.textContent = text; }, QUIET_MS);
  }
  function show(logits, untouched, label, same) {
    const [shares, before] = [softmax(logits), softmax(untouched)];
    const best = highest(shares);
    rows.forEach(({ row, bar, mark, number }, i) => {
      row.classList.toggle("lb-best", i === best);
      bar.style.width = `${100 * shares[i]}%`;
      mark.style.left = `${100 * before[i]}%`;
      number.textContent = percent(shares[i]);
    });
    const old = highest(before);
    const beside = same ? `label: ${classes[label]}` : `before: ${classes[old]}, ${percent(before[old])}`;
    say(`Answer: ${classes[best]}, ${percent(shares[best])} (${beside})`);
  }
  const fail = (error) => say(`The browser cannot answer: ${error.message ?? error}`);
  const view = element("div", { class: "lb-side" }, verdict, table, status);
  return { view, show, fail, stop: () => clearTimeout(resting) };
}
