"use strict";
const main = document.querySelector("main");
const formula = new RegExp(main.dataset.formula);
const answers = [...document.querySelectorAll("article")].map((article) => ({
  article,
  key: JSON.parse(article.dataset.key),
  possible: Number(article.dataset.possible),
  given: JSON.parse(article.dataset.given),
  points: article.querySelector("input"),
  comment: article.querySelector("textarea"),
}));

// What was typed is kept with what the gradebook said then: if the gradebook says something else now, that counts.
const place = (answer) => JSON.stringify(["labkit", main.dataset.course, ...answer.key]);
let keeps = true;
const keep = (answer) => {
  try {
    const typed = [answer.points.value.trim(), answer.comment.value.trim()];
    if (typed.join("\n") === answer.given.join("\n")) localStorage.removeItem(place(answer));
    else localStorage.setItem(place(answer), JSON.stringify([typed, answer.given]));
  } catch { keeps = false; }
};
const kept = (answer) => {
  try {
    const [typed, given] = JSON.parse(localStorage.getItem(place(answer))) ?? [];
    return given && given.join("\n") === answer.given.join("\n") ? typed : answer.given;
  } catch { keeps = false; return answer.given; }
};

const text = (answer) => answer.points.value.trim();
const isWrong = (answer) => text(answer)
  ? !/^[0-9]+([.,][0-9]+)?$/.test(text(answer)) || Number(text(answer).replace(",", ".")) > answer.possible
  : answer.comment.value.trim() !== "";
const tell = () => {
  const left = answers.filter((answer) => !text(answer)).length;
  const wrong = answers.filter(isWrong).length;
  document.querySelector("#left").textContent = `${answers.length - left} of ${answers.length} marked, ${left} left`
    + (wrong ? `; ${wrong} to mend: points are a number from 0 to what is possible` : "")
    + (keeps ? "" : "; this browser keeps nothing, so save before you close the page");
};
const changed = (answer) => {
  answer.points.setAttribute("aria-invalid", isWrong(answer));
  keep(answer);
  tell();
};

const go = (answer) => {
  if (!answer) return;
  answer.article.scrollIntoView({ block: "start" });
  answer.points.focus({ preventScroll: true });
  answer.points.select();
};
const here = () => answers.findIndex((answer) => answer.article.contains(document.activeElement));
const next = () => {
  const later = answers.slice(here() + 1).concat(answers.slice(0, here() + 1));
  go(later.find((answer) => !text(answer) || isWrong(answer)));
};

const cell = (value) => `"${(formula.test(value) ? `'${value}` : value).replaceAll('"', '""')}"`;
const save = () => {
  const wrong = answers.find(isWrong);
  if (wrong) return go(wrong);
  const lines = answers.filter((answer) => text(answer) || answer.given[0]).map((answer) =>
    [...answer.key, text(answer), answer.comment.value.trim(), answer.article.dataset.answer]);
  const header = ["student", "lab", "question", "points", "comment", "answer"];
  const rows = [header, ...lines].map((line) => line.map(cell).join(","));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\ufeff" + rows.join("\r\n") + "\r\n"], { type: "text/csv" }));
  link.download = "manual.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
};

answers.forEach((answer, i) => {
  [answer.points.value, answer.comment.value] = kept(answer);
  answer.points.setAttribute("aria-invalid", isWrong(answer));
  for (const field of [answer.points, answer.comment]) field.addEventListener("input", () => changed(answer));
  answer.points.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); go(answers[i + (event.shiftKey ? -1 : 1)]); }
  });
});
document.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.altKey && step) { event.preventDefault(); go(answers[Math.max(0, here() + step)]); }
});
document.querySelector("#next").addEventListener("click", next);
document.querySelector("#save").addEventListener("click", save);
tell();
