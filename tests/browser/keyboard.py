"""A reader without a mouse: where the focus is, whether it can be seen, and what the keys move."""

from __future__ import annotations

# What has the focus: its name, its place in the page, whether a ring shows it (on what stands for it: the picture
# beside a hidden radio button), and whether it is in the widget.
FOCUS = """(root) => {
  const at = document.activeElement;
  const seen = [at, at.nextElementSibling].filter(Boolean).map((element) => getComputedStyle(element));
  const ring = seen.some((style) => style.outlineStyle === "auto"
    || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2));
  const name = at.ariaLabel ?? (at.labels?.[0] ?? at).textContent.trim();
  const place = [...document.querySelectorAll("*")].indexOf(at);
  return { name, place, ring, inside: at !== document.body && root.contains(at) };
}"""
# Up and down every browser scrolls by itself.
IN_SIGHT = """() => {
  const box = document.activeElement.getBoundingClientRect();
  return box.right > 0 && box.left < innerWidth;
}"""
FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
# What deletes, cuts, adds, changes, moves and runs cells in JupyterLab's command mode; Escape goes there.
SHORTCUTS = ("Escape", "x", "d", "d", "a", "b", "y", "m", "Shift+m", "Enter", "Control+Enter", "Shift+Enter")


def focus(page, control) -> None:
    """Gives the focus to `control` as the Tab key would: so that its ring shows."""
    control.focus()
    page.keyboard.press("Escape")
    control.evaluate("(element) => { element.blur(); element.focus(); }")


def walk(page, root, first=None) -> list[str]:
    """What the Tab key reaches from `first` until it leaves `root`, by name: in the page's order, each with a ring.

    Without `first` it begins where a page that was just opened does.
    """
    if first is None:
        page.keyboard.press("Tab")
    else:
        focus(page, first)
    found = []
    for _ in range(400):
        at = root.evaluate(FOCUS)
        if not at["inside"]:
            places = [one["place"] for one in found]
            assert places == sorted(set(places)), "the Tab key goes back and forth"
            return [one["name"] for one in found]
        page.wait_for_function(IN_SIGHT)  # it may slide in
        assert at["ring"], f"nothing shows that {at['name']!r} has the focus"
        found.append(at)
        page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key does not leave: {[one['name'] for one in found[-5:]]}")


def step_through(page, slider) -> None:
    """Moves `slider` with every key that moves sliders, and back to where it was."""
    start, last = int(slider.input_value()), int(slider.get_attribute("max"))
    slider.focus()
    at = 0
    for key, lowest, highest in [
        ("Home", 0, 0),
        ("ArrowRight", 1, 1),
        ("ArrowUp", min(2, last), min(2, last)),
        ("PageUp", min(3, last), last),
        ("End", last, last),
        ("ArrowLeft", last - 1, last - 1),
        ("ArrowDown", max(last - 2, 0), max(last - 2, 0)),
        ("PageDown", 0, max(last - 3, 0)),
        ("Home", 0, 0),
        *[("ArrowRight", i, i) for i in range(1, start + 1)],
    ]:
        page.keyboard.press(key)
        at = int(slider.input_value())
        assert lowest <= at <= highest, f"{key} went to {at} of {last}"
    assert at == start


def press_shortcuts(page, control) -> None:
    """Types into `control` what would change a notebook."""
    control.focus()
    for key in SHORTCUTS:
        page.keyboard.press(key)
    page.evaluate(FRAMES)  # what a key began is done, or shows that it has begun


def cells(page) -> tuple[list[str], int]:
    """The numbers beside the code cells of a notebook, which tell what ran, and how many cells there are."""
    return page.locator(".jp-InputPrompt").all_inner_texts(), page.locator(".jp-Notebook .jp-Cell").count()
