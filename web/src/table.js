// What was measured: here and in Python.
import { element } from "./elements.js";

const kilobytes = (bytes) => (bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(2)} MB`);
const digits = (ms) => Number(ms.toPrecision(3)).toString();
const interval = (middle, low, high) => `${digits(middle)}\u00a0ms (95\u00a0%: ${digits(low)} to ${digits(high)})`;

function row(name, ...cells) {
  return element("tr", {}, element("th", { scope: "row" }, name), ...cells);
}

function header(...names) {
  return element("tr", {}, element("td"), ...names.map((name) => element("th", { scope: "col" }, name)));
}

export function table(facts) {
  const { python, download } = facts;
  const [here, agreed] = [element("td", {}, "measuring ..."), element("p", { class: "lb-agreement", role: "status" }, "comparing with Python ...")];
  const cell = (text) => element("td", {}, text);
  const native = interval(python.ms, python.low_ms, python.high_ms);
  const threads = (n) => `${n} thread${n === 1 ? "" : "s"}`;
  const times = element("table", {}, element("caption", {}, "Time of one image"), element("tbody", {},
    header("this browser", "Python"),
    row("median", here, cell(native)),
    row("runtime", cell(`${facts.runtime}, WebAssembly, 1 thread`), cell(`${python.runtime}, ${threads(python.threads)}`)),
    row("where", cell(place()), cell(`${python.machine}, ${python.date}`))));
  const loads = element("table", { class: "lb-loads" }, element("caption", {}, "What a visitor loads"), element("tbody", {},
    header("bytes", "after gzip"),
    ...download.map(([name, raw, packed]) => row(name, cell(kilobytes(raw)), cell(kilobytes(packed))))));
  return {
    view: element("div", { class: "lb-facts" }, agreed, times, loads),
    time(found) {
      here.textContent = found ? interval(found.median, found.low, found.high) : "measuring ...";
    },
    agreement({ largest, same, images }) {
      agreed.textContent = `Largest difference of a logit to Python on ${images} images: ${Number(largest.toPrecision(2))}. `
        + `The same label on ${same} of ${images}.`;
    },
  };
}

// The browser and its system, as far as it tells.
function place() {
  const known = navigator.userAgentData?.brands?.find(({ brand }) => !/not.a.brand/i.test(brand));
  const [, name, version] = /(Firefox|Edg|Chrome|Version)\/(\d+)/.exec(navigator.userAgent) ?? [null, "a browser", ""];
  const browser = known ? `${known.brand} ${known.version}` : `${name === "Version" ? "Safari" : name} ${version}`;
  return `${browser}, ${navigator.userAgentData?.platform ?? navigator.platform ?? ""}, ${new Date().toISOString().slice(0, 10)}`;
}
