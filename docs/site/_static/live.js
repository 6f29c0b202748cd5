// The explorers of the labs without a kernel: nothing listens, so a move is kept here and goes nowhere.
// tools/build_site.py puts this behind labkit/widgets/explorer.js, whose `render` it calls.
for (const place of document.querySelectorAll(".lk-live")) {
  const state = { guess: "", ...JSON.parse(place.querySelector("script").textContent) };
  const model = {
    get: (name) => state[name],
    set: (name, value) => { state[name] = value; },
    save_changes() {},
    on() {},
    off() {},
  };
  place.replaceChildren();
  render({ model, el: place });
  place.dataset.ready = "yes";
}
