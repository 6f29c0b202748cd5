"""The explorer of lab 03 beside `interactive` with matplotlib, the same figure from the same rows, in one notebook.

They take turns, one move each, so that whatever else the machine does falls on all. `interactive` is there twice: as
one writes it first, a new figure for each position; and as kind as it gets, one small figure whose artists are set.
With LABKIT_SLIDERS naming a folder, the times go there (`benchmarks/sliders.py`).
"""

import json
import os
from itertools import pairwise

import numpy as np
import pytest
from playwright.sync_api import expect
from stopwatch import PAINTED, empty_frame_times, keep, one_move, spot, summary, to_and_fro

from labkit import measure

pytestmark = pytest.mark.browser

ROUNDS = 40 if os.environ.get("LABKIT_SLIDERS") else 8
TENFOLD = 0.9  # nine tenths of the time gone
ROWS = """
%matplotlib inline
import labkit as lk
import matplotlib.pyplot as plt
from ipywidgets import SelectionSlider, interactive
both = [row for part in ("unstructured", "structured") for row in lk.sweeps.load(f"prune_{part}").rows]
rows = [row for row in both if row["kind"] != "random"]
costs = lk.sweeps.load("prune_amounts").rows
amounts = sorted({row["amount"] for row in costs})
kinds = ["unstructured", "structured"]
cost = {(row["kind"], row["amount"]): row for row in costs}
accuracy = {(row["kind"], row["tuned"], row["amount"]): row["accuracy"] for row in rows}
ledgers = ["nonzeros", "raw_bytes", "gzip_bytes", "latency_ms"]
drawn = {"again": [], "set": []}
"""
OURS = """
explorer = lk.widgets.pruning_explorer(rows, costs, lk.prune.EDGES, ["shipped"] * 2)
explorer
"""
FIGURE = """
def curves(axes):
    for kind in kinds:
        for tuned in (False, True):
            axes[0].plot(amounts, [accuracy[kind, tuned, a] for a in amounts], label=f"{kind}, tuned: {tuned}")
    for ax, kind in zip(axes[2:], kinds):
        for ledger in ledgers:
            ax.plot(amounts, [cost[kind, a][ledger] / cost[kind, 0][ledger] for a in amounts], label=ledger)
    for ax in (axes[0], *axes[2:]):
        ax.legend()

def points(amount):
    now, whole = cost["unstructured", amount], cost["unstructured", 0]
    return [(0, accuracy["unstructured", True, amount]), *((2, now[of] / whole[of]) for of in ledgers)]
"""
AGAIN = """
def draw(amount):
    drawn["again"].append(amount)
    fig, axes = plt.subplots(2, 2, figsize=(9, 7))
    axes = axes.ravel()
    curves(axes)
    row = cost["unstructured", amount]
    axes[1].bar(range(len(row["stays"])), row["stays"])
    axes[1].bar(range(len(row["leaves"])), row["leaves"], bottom=row["stays"])
    for panel, y in points(amount):
        axes[panel].plot(amount, y, "o")
    plt.show()

interactive(draw, amount=SelectionSlider(options=amounts, continuous_update=True, layout={"width": "600px"}))
"""
SET = """
fig, axes = plt.subplots(2, 2, figsize=(9, 7), dpi=50)
axes = axes.ravel()
curves(axes)
first = cost["unstructured", 0]
stays = axes[1].bar(range(len(first["stays"])), first["stays"])
leaves = axes[1].bar(range(len(first["leaves"])), first["leaves"])
axes[1].set_ylim(0, 1.05 * max(a + b for a, b in zip(first["stays"], first["leaves"])))
marks = [axes[panel].plot(0, y, "o")[0] for panel, y in points(0)]
plt.close(fig)

def move(amount):
    drawn["set"].append(amount)
    row = cost["unstructured", amount]
    for one, other, stay, leave in zip(stays, leaves, row["stays"], row["leaves"]):
        one.set_height(stay)
        other.set(y=stay, height=leave)
    for mark, (_, y) in zip(marks, points(amount)):
        mark.set_data([amount], [y])
    display(fig)

interactive(move, amount=SelectionSlider(options=amounts, continuous_update=True, layout={"width": "600px"}))
"""
TELL = "import json; print(json.dumps([amounts, drawn]))"


def handle(widget, index, last):
    """Where on the page the handle of an ipywidgets slider stands when it is at `index`."""
    box = widget.locator(".noUi-base").bounding_box()
    return box["x"] + index / last * box["width"], box["y"] + box["height"] / 2


def take_turns(page, last):
    """Milliseconds of every move, by what was moved, in rounds of one move each."""
    ours, outputs = page.locator(".lk-explorer"), page.locator(".widget-interact")
    slider, spots = ours.get_by_role("slider").first, {}
    spots["labkit"] = (ours.locator(".lk-charts"), lambda index: spot(slider, index))
    for i, name in enumerate(("again", "set")):
        widget = outputs.nth(i)
        spots[name] = (widget, lambda index, widget=widget: handle(widget, index, last))
    times = {name: [] for name in spots}
    goals = [0, *to_and_fro(last, ROUNDS)]
    for before, after in pairwise(goals):
        for name, (picture, at) in spots.items():
            times[name].append(one_move(page, picture, at(before), at(after)))
    return times, goals


def compared(ours, theirs):
    """How often as fast ours is, and what the interval of the ratios within the rounds allows one to say."""
    ratio, low, high = measure.median_interval(np.divide(ours, theirs))
    fast = {"times_faster": 1 / ratio, "low": 1 / high, "high": 1 / low}
    return summary(theirs) | fast | {"tenfold": measure.verdict(low, high, needed=TENFOLD) == "faster"}


def test_the_explorer_is_faster_than_interactive_with_matplotlib_at_its_kindest(lab, new_page):
    page = new_page(width=1100, height=4000)  # all three on one screen: nothing scrolls between two moves
    lab.open(page, ROWS, OURS, FIGURE, AGAIN, SET, TELL)
    expect(page.locator(".widget-interact img")).to_have_count(2)
    page.locator(".lk-explorer").get_by_role("radio").first.check()
    page.locator(".lk-explorer").get_by_role("button").click()
    page.locator(".lk-explorer").get_by_role("slider").first.press("Home")
    page.evaluate(PAINTED)
    last = int(page.locator(".lk-explorer").get_by_role("slider").first.get_attribute("max"))
    times, goals = take_turns(page, last)
    lab.run(page, 5)
    amounts, drawn = json.loads(page.locator(".jp-OutputArea-output pre").last.inner_text())
    assert drawn == {name: [amounts[goal] for goal in goals] for name in ("again", "set")}  # every move, and once
    assert page.locator(".lk-explorer .lk-value").first.inner_text() == f"{amounts[goals[-1]]:.0%}"
    found = {name: compared(times["labkit"], times[name]) for name in ("again", "set")}
    keep("interactive", found | {"labkit": summary(times["labkit"]), "empty": empty_frame_times(page)})
    print(found)
    assert all(one["low"] > 1 for one in found.values())


LATE = """<!doctype html><input type="range" min="0" max="4" value="0"><div id="place">%s</div>
<script>
  const place = document.querySelector("#place"), first = place.innerHTML;
  document.querySelector("input").addEventListener("input", () => {
    if (first.includes("img")) place.innerHTML = first;
    setTimeout(() => { place.innerHTML = %s; }, 150);
  });
</script>"""
DOT = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='{0}' height='{0}'/>"


@pytest.mark.parametrize("shape", ['<img alt="" src="{}">', '<svg width="9" height="9"><title>{}</title></svg>'])
def test_a_picture_that_comes_150_ms_late_is_waited_for_and_one_that_stays_is_none(new_page, shape):
    page = new_page()
    first, second = shape.format(DOT.format(8)), shape.format(DOT.format(9))
    page.set_content(LATE % (first, json.dumps(second)))
    page.evaluate(PAINTED)
    slider, place = page.get_by_role("slider"), page.locator("#place")
    assert one_move(page, place, spot(slider, 0), spot(slider, 3)) > 150
    assert place.inner_html().count("9") > first.count("9")
