"""The one page that a student hands in: final model against baseline, all variants, the verdicts, the machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from math import isnan
from pathlib import Path

from labkit import __version__, choice, claims, results
from labkit.files import write_atomically
from labkit.measure import describe, fingerprint
from labkit.report.page import clean, page, table

WITHIN = 0.5  # points of accuracy that the final model may lose, where the student names none
CARD_BYTES = 1_000_000


def write(path: str | Path, variant: str | None = None, card: str | Path | None = None, name: str = "") -> Path:
    """Writes the report as one HTML file and returns its path.

    Args:
        variant: the final model, as the table names it; unless told, that of the card, else the fastest within half a
            point of the baseline.
        card: the JSON file that `labkit compress` wrote beside the model.
        name: the student's, for the title.

    Raises:
        ValueError: nothing was measured on this machine yet, there is no such variant, the card cannot be read, or
            the report would replace it.
        OSError: the file cannot be written.
    """
    path = Path(path)
    if card is not None and path.absolute() == Path(card).absolute():
        raise ValueError(f"{path} is the card itself: give the report another name")
    write_atomically(path, report_page(variant, card, name).encode(errors="replace"))  # half a character in a name
    return path


def report_page(variant: str | None = None, card: str | Path | None = None, name: str = "") -> str:
    """The report as HTML text; see `write`."""
    rows = _rows()
    facts = _card(card) if card is not None else {}
    named = facts.get("model") if variant is None else variant
    before, after = _baseline(rows), _final(rows, named)
    when = f"{datetime.now(UTC):%d %B %Y}"
    body = [
        f"<p>{escape(describe())} · labkit {__version__} · {when}. Every model was measured on this machine, one image "
        "at a time, one thread; intervals are 95 %.</p>",
        f"<h2>The final model: {escape(_called(after))}</h2>{_against(before, after)}",
        _plot(rows, before),
        "<h2>All variants</h2>" + _variants(rows),
        "<h2>What the lecture claims, and what was found</h2>" + _verdicts(),
        _model_card(facts),
        "<h2>The machine</h2>" + table(["fact", "value"], _machine(), "the machine"),
    ]
    title = f"Report of {clean(name)}: an optimized model" if name else "Report: an optimized model"
    return page(title, "\n".join(body))


def _rows() -> list[dict]:
    try:
        return results.comparable(results.everything()).to_dict("records")
    except ValueError:
        raise ValueError("nothing was measured on this machine yet: run lab 07 first") from None


def _called(row: Mapping) -> str:
    return f"{row['variant']}, {row['runtime']}"


def _baseline(rows: list[dict]) -> dict:
    """The baseline's row, in PyTorch if it was measured there: this is where the course starts."""
    found = [row for row in rows if row["variant"] == "baseline"]
    if not found:
        raise ValueError("the baseline was not measured on this machine: run lab 07 first")
    return next((row for row in found if row["runtime"] == "PyTorch"), found[0])


def _final(rows: list[dict], variant: str | None) -> dict:
    before = _baseline(rows)
    if variant is None:
        every = [before, *rows]
        columns = ([row[name] for row in every] for name in ("size_bytes", "latency_ms", "accuracy"))
        place = choice.choose_variant([str(i) for i in range(len(every))], *columns, float("inf"), WITHIN)
        return every[int(place)]
    found = [row for row in rows if variant in (row["variant"], _called(row))]
    if not found:
        raise ValueError(f"no variant {variant!r} was measured here; there are {', '.join(map(_called, rows))}")
    return min(found, key=lambda row: row["latency_ms"])


def _against(before: Mapping, after: Mapping) -> str:
    """The lecture's before-and-after table with this machine's figures."""

    def times(name, low=None, high=None):
        """How many times less; the ends of both intervals are divided, so this interval is rather too wide."""
        values = [row.get(one) for one in (name, low or name, high or name) for row in (before, after)]
        if any(v is None or isnan(v) for v in values):
            return ""
        middle, least, most = values[0] / values[1], values[2] / values[5], values[4] / values[3]
        return f"{middle:.1f} times less" + (f" ({least:.1f} to {most:.1f})" if low else "")

    lost = 100 * (before["accuracy"] - after["accuracy"])
    said = [results.figures(row) for row in (before, after)]
    change = {
        "size": times("size_bytes"),
        "latency": times("latency_ms", "latency_low_ms", "latency_high_ms"),
        "peak memory": times("peak_memory_bytes", "peak_memory_low", "peak_memory_high"),
        "accuracy": f"{lost:.2f} points less",
    }
    rows = [[name, *(one[name] for one in said), change[name]] for name in change]
    return table(["what", _called(before), _called(after), "change"], rows, "before and after")


def _plot(rows: list[dict], before: Mapping) -> str:
    from labkit.widgets import pareto_explorer

    explorer = pareto_explorer(rows, before["variant"], "measured here")
    charts = "".join(f"<div>{chart}</div>" for chart in explorer.charts())
    return (
        f'<h2>The Pareto fronts</h2><div class="charts">{charts}</div><p><small>Full marks with a number are on '
        "the front: nothing else is at least as good in both and better in one. The numbers are those of the table."
        "</small></p>"
    )


def _variants(rows: list[dict]) -> str:
    from labkit.widgets.compare import words

    said = [words(row) for row in rows]
    return table(["number", *said[0]], [[i + 1, *one.values()] for i, one in enumerate(said)], "all variants")


def _verdicts() -> str:
    """The verdicts of this machine; folded below them, those that are from elsewhere."""
    tried = claims.court().reset_index()
    tried = tried[tried["verdict"].isin(claims.WORDS)]
    own = tried["from"] == claims.HERE
    counts = tried[own]["verdict"].value_counts()
    said = ", ".join(f"{counts.get(word, 0)} {word}" for word in claims.WORDS)
    columns = ["claim", "the slide says", "tested by", "found", "verdict"]
    mine = table(columns, tried[own][columns].values.tolist(), "verdicts") if own.any() else ""
    return f"<p>On this machine: {said}.</p>{mine}" + _elsewhere(tried[~own], columns)


def _elsewhere(tried, columns: list[str]) -> str:
    if tried.empty:
        return ""
    places = "; ".join(sorted(set(tried["from"])))
    inside = table(columns, tried[columns].values.tolist(), "verdicts from elsewhere")
    return f"<details><summary>{len(tried)} more, not of this machine: {escape(places)}</summary>{inside}</details>"


def _card(path: str | Path) -> dict:
    """The card as a dict.

    Raises:
        ValueError: it is missing, too large, or no JSON object.
    """
    path = Path(path)
    try:
        if not path.is_file() or path.stat().st_size > CARD_BYTES:
            raise ValueError("no such file, or larger than a card is")
        found = json.loads(path.read_bytes())
        if not isinstance(found, dict):
            raise ValueError("no JSON object")
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"the card {path} cannot be read ({clean(error)})") from None
    return found


def _model_card(facts: dict) -> str:
    if not facts:
        return ""
    lines = [[clean(key), clean(value, 300)] for key, value in _flat(facts)][:60]
    return "<h2>Model card</h2>" + table(["fact", "value"], lines, "model card")


def _flat(facts: dict, above: str = "", depth: int = 0):
    """Keys and values of nested dicts, two levels deep, `headline` and `machine` left to the tables above."""
    for key, value in facts.items():
        if isinstance(value, dict) and depth < 2 and key not in ("headline", "machine"):
            yield from _flat(value, f"{above}{key} ", depth + 1)
        elif not isinstance(value, dict | list):
            yield f"{above}{key}", value


def _machine() -> list[list[str]]:
    facts = fingerprint()
    libraries = ", ".join(f"{name} {version}" for name, version in facts["libraries"].items())
    return [
        ["processor", facts["cpu"]],
        ["cores", f"{facts['cores']:g}"],
        ["instructions", ", ".join(facts["features"]) or "none of those that we look for"],
        ["system", f"{facts['os']}, Python {facts['python']}"],
        ["libraries", libraries],
    ]
