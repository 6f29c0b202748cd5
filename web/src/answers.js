// The model's answer as ten bars, each with a mark where it stood before the image was changed.
import { element } from "./elements.js";
import { highest, softmax } from "./numbers.js";

const QUIET_MS = 600; // how long the image rests before a screen reader is told the answer

const percent = (share) => `${(100 * share).toFixed(1)} %`;

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
  let before = null;

  function show(logits, untouched, label) {
    const shares = softmax(logits);
    const best = highest(shares);
    before = untouched ? shares : before ?? shares;
    rows.forEach(({ row, bar, mark, number }, i) => {
      row.classList.toggle("lb-best", i === best);
      bar.style.width = `${100 * shares[i]}%`;
      mark.style.left = `${100 * before[i]}%`;
      number.textContent = percent(shares[i]);
    });
    const old = highest(before);
    const was = `before the change: ${classes[old]}, ${percent(before[old])}`;
    const right = `label: ${classes[label]}`;
    verdict.textContent = `Answer: ${classes[best]}, ${percent(shares[best])} (${untouched ? right : was})`;
    clearTimeout(resting);
    resting = setTimeout(() => { status.textContent = verdict.textContent; }, QUIET_MS);
  }
  const view = element("div", { class: "lb-side" }, verdict, table, status);
  return { view, show, stop: () => clearTimeout(resting) };
}
