// What scrolls sideways can be reached and moved with the keyboard.
for (const box of document.querySelectorAll("article pre, article .output, article .table-wrapper, article .output div")) {
  if (box.scrollWidth > box.clientWidth && getComputedStyle(box).overflowX !== "visible") box.tabIndex = 0;
}
