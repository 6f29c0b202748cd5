"""The page that says which labs ran with Colab's versions, `docs/colab.md`, from what `tools/colab.py` found."""

from __future__ import annotations

import json
from pathlib import Path

from labkit.files import write_atomically
from labkit.measure import describe

WAYS = {  # how a lab is run, and the column of the page
    "alone": "alone",
    "after": "after the labs above",
    "solution": "solution, strictly",
}
HEADING = """\
# The labs with Colab's versions

Each lab stood alone in an empty folder, with a Python environment in the versions of Colab's own list. "Ran" says that
its first cell brought labkit with data and weights, that nothing installed changed its version, that `pip check` had no
new complaint, and that every cell ran without an error. "After the labs above" is one folder and one environment for
all, as a student has who opens one lab after another on one Colab machine. Colab itself was not at hand. `make colab`
runs it again.
"""
PART = """\
## Python {python}

Colab's list of {date} names {packages} versions. The environment held {installed} packages: what labkit and its widgets
meet, and all that they need. Of the whole list pip was asked: nothing in it must change. Colab lacks
{lacks}; the labs bring these.
"""


def add(path: Path, python: str, known: dict, row: dict) -> None:
    """Puts one run of one lab in the place of an older one, and writes the page beside the JSON.

    Args:
        known: of the runtime: the date of Colab's list, its packages, those installed, and what Colab lacks.
        row: python, lab, way, date, seconds, brought, problems.
    """
    said = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"runtimes": {}, "runs": []}
    key = (python, row["way"], row["lab"])
    others = [one for one in said["runs"] if (one["python"], one["way"], one["lab"]) != key]
    said["runs"] = sorted([*others, row], key=lambda one: (one["python"], one["way"], one["lab"]))
    said["runtimes"] |= {python: known | {"where": describe()}}
    write_atomically(path, (json.dumps(said, indent=2) + "\n").encode())
    write_atomically(path.with_suffix(".md"), page(said).encode())


def page(said: dict) -> str:
    """The whole page, one table for each of Colab's Pythons."""
    return "\n".join([HEADING, *(part(python, said) for python in sorted(said["runtimes"], reverse=True))])


def part(python: str, said: dict) -> str:
    """What was found with one Python: what stood there, the table, what Colab lacks."""
    known = said["runtimes"][python]
    runs = {(one["lab"], one["way"]): one for one in said["runs"] if one["python"] == python}
    days = sorted({one["date"] for one in runs.values()})
    lacks = ", ".join(f"{name} {version}" for name, version in known["lacks"].items())
    lines = [PART.format(**known | {"python": python, "lacks": lacks})]
    ways = [way for way in WAYS if any(tried == way for _, tried in runs)]
    lines += ["| lab | " + " | ".join(WAYS[way] for way in ways) + " |", "|---|" + "---|" * len(ways)]
    for lab in sorted({lab for lab, _ in runs}):
        lines += [f"| {lab} | " + " | ".join(cell(runs.get((lab, way))) for way in ways) + " |"]
    return "\n".join([*lines, "", f"Run on {known['where']}, {' and '.join(dict.fromkeys([days[0], days[-1]]))}.", ""])


def cell(run: dict | None) -> str:
    """What one run gave, in few words, fit for a table."""
    if run is None:
        return "not run"
    return "; ".join(run["problems"]).replace("|", "/") or "ran"
