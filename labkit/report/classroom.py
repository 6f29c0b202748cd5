"""The same claim over all laptops of a class, from the JSON files that `labkit claims --json` wrote.

The files come from students, so they are data from outside: what does not fit is named and left out, every word is
decided anew from the numbers, and every text is escaped.
"""

from __future__ import annotations

import glob
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import isfinite, log10
from pathlib import Path
from statistics import median

from labkit.claims import CLAIMS, WORDS, Claim, Verdict, verdict_of
from labkit.files import write_atomically
from labkit.report.page import clean, page, table

MOST_BYTES = 1_000_000
MOST_FILES = 1000
BEYOND = 20  # how far, in distances of the usual laptop from the claim and from zero, the axis reaches
WIDTH, LEFT, ROW, TOP = 420, 34, 16, 12
COLOURS = {"confirmed": "#009E73", "refuted": "#D55E00", "cannot tell": "#56B4E9"}  # Okabe and Ito
MARKS = {"confirmed": "m-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0z", "refuted": "m-3.6,-3.6h7.2v7.2h-7.2z"}
MARKS["cannot tell"] = "m0,-5l4.6,8h-9.2z"


@dataclass(frozen=True)
class Laptop:
    """One file that was read: its name, its machine in words, and its verdicts by claim."""

    file: str
    machine: str
    verdicts: dict[str, Verdict]


def read_evidence(paths: Iterable[str | Path]) -> tuple[list[Laptop], list[tuple[str, str]]]:
    """The laptops, and the files that were left out with the reason. Patterns such as `*.json` are expanded, too."""
    laptops, refused, seen = [], [], {}
    for path in _expanded(paths)[:MOST_FILES]:
        try:
            laptop = _laptop(path)
        except ValueError as error:
            refused.append((clean(path.name), clean(error)))
            continue
        content = (laptop.machine, tuple((id, v.value, v.low, v.high) for id, v in sorted(laptop.verdicts.items())))
        if content in seen:
            refused.append((laptop.file, f"the same measurements as {seen[content]}"))
        else:
            seen[content] = laptop.file
            laptops.append(laptop)
    return laptops, refused


def _expanded(paths) -> list[Path]:
    found = []
    for path in map(str, paths):
        found += sorted(glob.glob(path)) or [path] if glob.has_magic(path) and not Path(path).exists() else [path]
    return [Path(path) for path in dict.fromkeys(found)]


def _laptop(path: Path) -> Laptop:
    """What one file says.

    Raises:
        ValueError: it is no file of `labkit claims --json`.
    """
    try:
        if not path.is_file():
            raise ValueError("a folder or a device, not a file" if path.exists() else "no such file")
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"larger than {MOST_BYTES // 1000:,} kB")
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror})") from None
    try:
        said = json.loads(content)
    except (
        RecursionError,
        ValueError,
    ) as error:  # ValueError: also text that is not UTF-8, or a number of 5,000 digits
        raise ValueError(f"not readable as JSON ({type(error).__name__})") from None
    if not isinstance(said, dict) or not isinstance(said.get("verdicts"), list):
        raise ValueError("not a file of `labkit claims --json`: it has no verdicts")
    verdicts = {}
    for row in said["verdicts"]:
        if isinstance(row, dict) and isinstance(row.get("claim"), str) and row["claim"] not in CLAIMS:
            continue  # of another version of labkit
        verdict = verdict_of(row)
        verdicts[verdict.claim.id] = verdict
    if not verdicts:
        raise ValueError("it has no verdict on a claim that this labkit knows")
    return Laptop(clean(path.name), _machine(said.get("machine")), verdicts)


def _machine(said: object) -> str:
    said = said if isinstance(said, dict) else {}
    cores = said.get("cores")
    cores = f"{cores:g} cores" if type(cores) in (int, float) and 0 < cores < 1e4 else ""
    parts = [clean(said[name], 60) for name in ("cpu", "os") if isinstance(said.get(name), str)]
    return ", ".join([*parts[:1], *([cores] if cores else []), *parts[1:]]) or "not said"


def write_class(paths: Iterable[str | Path], output: str | Path) -> tuple[int, list[tuple[str, str]]]:
    """Writes the class page; returns how many laptops are on it, and the files that were left out with the reason.

    Raises:
        ValueError: no file could be used; the reasons are named. Or the page would replace one of the files.
        OSError: the page cannot be written.
    """
    files = _expanded(paths)
    if Path(output).absolute() in [one.absolute() for one in files]:
        raise ValueError(f"{output} is one of the files to read: give the page another name")
    laptops, refused = read_evidence(files)
    if not laptops:
        reasons = "; ".join(f"{name}: {why}" for name, why in refused[:5]) or "no file was named"
        raise ValueError(f"there is nothing to show ({reasons}); `labkit claims --json FILE` writes such files")
    write_atomically(output, class_page(laptops, refused).encode())
    return len(laptops), refused


def class_page(laptops: Sequence[Laptop], refused: Sequence[tuple[str, str]] = ()) -> str:
    """One small chart for each claim that a laptop has tried, and who is who, as HTML text."""
    charts = [
        _chart(claim, [(i + 1, one.verdicts[id]) for i, one in enumerate(laptops) if id in one.verdicts])
        for id, claim in CLAIMS.items()
        if any(id in one.verdicts for one in laptops)
    ]
    who = [[i + 1, one.file, one.machine, len(one.verdicts)] for i, one in enumerate(laptops)]
    body = [
        f"<p>{len(laptops)} laptops. Each line is one of them: its figure and 95 % interval, the claim holding in the "
        "shaded part. Circles confirm, squares refute, triangles cannot tell. Where laptops differ, it is often the "
        "processor that decides.</p>",
        '<h2>The claims</h2><div class="charts">' + "".join(charts) + "</div>",
        "<h2>The laptops</h2>" + table(["number", "file", "machine", "claims tried"], who, "the laptops"),
    ]
    if refused:
        body.append("<h2>Left out</h2>" + table(["file", "why"], refused, "files left out"))
    return page("The lecture's claims on the laptops of this class", "\n".join(body))


def _chart(claim: Claim, tried: list[tuple[int, Verdict]]) -> str:
    """One claim: a line for each laptop, its interval and its mark, and the part of the axis where the claim holds."""
    counts = {word: sum(one.word == word for _, one in tried) for word in WORDS}
    said = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    low, high, place = _axis(claim, [one for _, one in tried])
    bottom = TOP + ROW * len(tried)
    left, right = (place(min(max(end, low), high)) for end in (claim.low, claim.high))
    parts = [
        f'<rect x="{left:.1f}" y="4" width="{max(right - left, 2):.1f}" height="{bottom - 4}" fill="#0072B2" '
        'fill-opacity="0.14"/>'
    ]
    parts += [
        f'<path d="M{place(end):.1f} 4V{bottom}" stroke="currentColor" stroke-dasharray="3 2"/>'
        for end in (claim.low, claim.high)
        if isfinite(end)
    ]
    for row, (number, one) in enumerate(tried):
        y, colour = TOP + ROW * row + ROW / 2, COLOURS[one.word]
        parts.append(
            f'<text x="{LEFT - 8}" y="{y + 4:g}" text-anchor="end">{number}</text>'
            f'<path d="M{place(one.low):.1f} {y:g}H{place(one.high):.1f}" stroke="{colour}" stroke-width="2"/>'
            f'<path d="M{place(one.value):.1f} {y:g}{MARKS[one.word]}" fill="{colour}"/>'
        )
    for value, anchor in ((low, "start"), (high, "end")):
        parts.append(f'<text x="{place(value):.1f}" y="{bottom + 16}" text-anchor="{anchor}">{value:.3g}</text>')
    middle = (LEFT + WIDTH) / 2
    parts.append(f'<text x="{middle:g}" y="{bottom + 16}" text-anchor="middle">{escape(claim.unit)}</text>')
    spoken = f"{claim.id}: {said}. " + "; ".join(
        f"laptop {number}: {one.value:.3g} ({one.low:.3g} to {one.high:.3g}), {one.word}" for number, one in tried
    )
    return (
        f"<section><h3>{escape(claim.id)}: {escape(claim.quote)}</h3><p><small>{escape(claim.slide)}. "
        f"{escape(claim.test)}.</small></p><p>{said}</p>"
        f'<svg role="img" aria-label="{escape(spoken)}" viewBox="0 0 {WIDTH} {bottom + 24}" width="{WIDTH}" '
        f'font-size="12" fill="currentColor" xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg></section>'
    )


def _axis(claim: Claim, verdicts: list[Verdict]):
    """The ends of a claim's axis, and a function from a value to its place; logarithmic where values differ a lot."""
    bounds = [end for end in (claim.low, claim.high) if isfinite(end)]
    middle = median(one.value for one in verdicts)
    room = BEYOND * max(
        abs(end - middle) for end in (*bounds, 0, middle + median(abs(v.value - middle) for v in verdicts))
    )
    ends = [min(max(end, middle - room), middle + room) for one in verdicts for end in (one.low, one.high)] + bounds
    low, high = min(ends), max(ends)
    log = low > 0 and high / low > 20
    if not log:
        room = 0.08 * (high - low) or abs(high) * 0.1 or 1.0
        low, high = max(low - room, 0) if low >= 0 else low - room, high + room
    else:
        low, high = low / 1.3, high * 1.3

    def place(value: float) -> float:
        value = min(max(value, low), high)  # what is far out stands at the edge; its number is in the label
        share = log10(value / low) / log10(high / low) if log else (value - low) / (high - low)
        return LEFT + share * (WIDTH - LEFT - 6)

    return low, high, place
