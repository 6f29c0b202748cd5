// What is wider than the screen scrolls, and can be reached and moved with the keyboard.
const SCROLLING = "article pre, article .output, article .output div:not(.lk-live *), article .table-wrapper";

function reach() {
  for (const box of document.querySelectorAll(SCROLLING)) {
    const scrolls = box.scrollWidth > box.clientWidth && getComputedStyle(box).overflowX !== "visible";
    if (scrolls) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}

reach();
window.addEventListener("resize", reach);
document.addEventListener("toggle", reach, { capture: true }); // something was unfolded
