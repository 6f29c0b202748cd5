"""The documents' numbers: the reference machine's rows and verdicts, the shipped sweeps, the weights' cards."""

from __future__ import annotations

import json
import re
from datetime import datetime
from functools import cache
from pathlib import Path

from labkit import claims, data, models, results, sweeps
from labkit.measure import accuracy_difference, describe

ROOT = Path(__file__).parents[1]
STARTS = {"baseline": "baseline", "student": "student_soft_0", "compact": "compact"}
BITS = (8, 6, 5, 4, 3)
AMOUNTS = (0.5, 0.7, 0.8, 0.9, 0.95)


@cache
def verdicts() -> dict[str, claims.Verdict]:
    """The reference machine's verdicts by claim."""
    return {row["claim"]: claims.verdict_of(row) for row in results.shipped("verdicts")}


def machine() -> str:
    """The machine, the libraries and the day of the reference rows."""
    last = max(results.shipped(), key=lambda row: row["time"])
    versions = last["machine"]["libraries"]
    named = ", ".join(f"{name} {versions[name]}" for name in ("torch", "onnxruntime", "ai-edge-litert"))
    return f"{describe(last['machine'])}; {named}; {datetime.fromisoformat(last['time']):%Y-%m-%d}"


def figure(value: float) -> str:
    """A number with as many digits as are worth reading.

    >>> figure(3.0316), figure(48.27), figure(9864.0), figure(7.63e-6)
    ('3.03', '48.3', '9,864', '7.6e-06')
    """
    if 0 < abs(value) < 0.01:
        return f"{value:.1e}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}" if abs(value) < 100 else f"{value:,.0f}"


def interval(value: float, low: float, high: float, unit: str = "") -> str:
    """A number with its unit and its interval, which what was counted does not have: `3.03x (3.00 to 3.05)`."""
    return figure(value) + unit + (f" ({figure(low)} to {figure(high)})" if low < high else "")


def found(claim: str) -> str:
    """What was measured for a claim, with its interval, in the claim's unit."""
    one = verdicts()[claim]
    return interval(one.value, one.low, one.high)


def times(claim: str) -> str:
    """The same for a claim of how many times smaller or faster: `3.03x (3.00 to 3.05)`."""
    one = verdicts()[claim]
    return interval(one.value, one.low, one.high, "x")


def word(claim: str) -> str:
    """The verdict on a claim."""
    return verdicts()[claim].word


def row(variant: str, runtime: str, lab: str) -> dict:
    """The reference row of a variant at batch 1.

    Raises:
        KeyError: there is none, or more than one.
    """
    wanted = {"variant": variant, "runtime": runtime, "lab": lab, "batch": 1}
    rows = [one for one in results.shipped() if all(one[name] == value for name, value in wanted.items())]
    if len(rows) != 1:
        raise KeyError(f"{len(rows)} reference rows of {wanted}, not one")
    return rows[0]


def latency(variant: str, runtime: str, lab: str) -> str:
    """Milliseconds of one call, with the interval."""
    one = row(variant, runtime, lab)
    return "{:.3g} ms ({:.3g} to {:.3g})".format(*(one[f"latency_{end}ms"] for end in ("", "low_", "high_")))


def faster(variant: str, runtime: str, lab: str) -> str:
    """How many times faster than the baseline of the same race, with the interval."""
    one = row(variant, runtime, lab)
    return interval(*(1 / one[f"ratio{end}"] for end in ("", "_high", "_low")), "x")


def training(name: str) -> str:
    """How a shipped network was trained, from its card: epochs, images and, where it was timed, minutes."""
    card = json.loads((data.weights_folder() / f"{name}.json").read_text(encoding="utf-8"))["training"]
    took = f", {card['seconds'] / 60:.0f} minutes" if "seconds" in card else ""
    epochs = f"{card['epochs']} epoch{'s' * (card['epochs'] > 1)}"
    return f"{epochs} of {card['images']:,} images{took}"


def points(change: tuple[float, float, float]) -> str:
    """A change of accuracy with its interval, in points: `-0.04 (-0.15 to +0.07)`."""
    return "{:+.2f} ({:+.2f} to {:+.2f})".format(*(100 * one + 0.0 for one in change))


def _combined(start: str, order: str, amount: float) -> dict:
    return sweeps.load("compress_orders").one(start=STARTS[start], order=order, amount=amount, split="test")


def combination(start: str, amount: str, *steps: str) -> str:
    """One line of the table of combinations: what was done, times smaller raw and gzipped, points."""
    order = ", ".join(steps)
    before, after = _combined("baseline", "as trained", 0.0), _combined(start, order, float(amount))
    change = accuracy_difference(*(sweeps.unpack(one["correct"]) for one in (before, after)))
    smaller = [before["size_bytes"] / after[f"{kind}_bytes"] for kind in ("size", "gzip")]
    done = order.replace("prune", f"prune {100 * float(amount):.0f} %").replace("tune", "fine-tune")
    return f"| {start}, {done} | {smaller[0]:.1f}x | {smaller[1]:.1f}x | {points(change)} |"


def bits() -> str:
    """A table: points lost to rounding the weights to fewer bits, per tensor and per channel."""
    sweep = sweeps.load("quantize_bits")
    lines = ["| bits | one scale per tensor | one scale per channel |", "|---|---|---|"]
    for one in BITS:
        rows = [sweep.one(bits=one, scheme=scheme, outlier="no") for scheme in ("per_tensor", "per_channel")]
        cells = [points([row[f"difference{end}"] for end in ("", "_low", "_high")]) for row in rows]
        lines.append(f"| {one} | {' | '.join(cells)} |")
    return "\n".join(lines)


def pruning() -> str:
    """A table: points lost to zeros and to whole channels, both after a short fine-tuning."""
    kinds = {kind: sweeps.load(f"prune_{kind}") for kind in ("unstructured", "structured")}
    lines = ["| removed | single weights, as zeros | whole channels |", "|---|---|---|"]
    for amount in AMOUNTS:
        cells = [_points_pruned(sweep, kind, amount) for kind, sweep in kinds.items()]
        lines.append(f"| {100 * amount:.0f} % | {' | '.join(cells)} |")
    return "\n".join(lines)


def _points_pruned(sweep, kind: str, amount: float) -> str:
    before, after = sweep.one(kind=kind, amount=0, tuned=False), sweep.one(kind=kind, amount=amount, tuned=True)
    return points(accuracy_difference(*(sweeps.unpack(one["correct"]) for one in (before, after))))


def architectures() -> str:
    """A table: the slide's sizes and times of five networks beside what was measured."""
    lines = ["| network | size: slide | measured | time: slide | measured | published accuracy |"]
    lines.append("|---|---|---|---|---|---|")
    for one in models.LECTURE_ARCHITECTURES:
        found_size = row(one.name, "PyTorch", "01")["size_bytes"] / 1e6
        cells = [f"{one.slide_mb:g} MB", f"{found_size:.1f} MB", f"{one.slide_ms:g} ms"]
        cells += [latency(one.name, "PyTorch", "01"), f"{one.published_accuracy():.1f} %"]
        lines.append(f"| {one.name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def micro() -> str:
    """A table: the full-integer files for microcontrollers, with bytes, arena and accuracy."""
    lines = ["| network | parameters | flash: the file | RAM: the arena | accuracy |", "|---|---|---|---|---|"]
    for one in sweeps.load("mobile_micro").rows:
        right = "{:.1f} % ({:.1f} to {:.1f})".format(*(100 * one[f"accuracy{end}"] for end in ("", "_low", "_high")))
        cells = [f"{one['parameters']:,}", f"{one['size_bytes']:,} bytes", f"{one['ram_bytes']:,} bytes", right]
        lines.append(f"| {one['variant']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def pin(library: str) -> str:
    """The version in requirements.txt."""
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w-]+)==([\w.]+)", text, re.MULTILINE))[library]


def floor(library: str) -> str:
    """The oldest version that pyproject.toml claims."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return dict(re.findall(r'"([\w-]+)>=([\w.]+)', text))[library]


def ladder() -> str:
    """Minutes that the tests of the ladder took, without the installing."""
    rungs = json.loads((ROOT / "docs" / "ladder.json").read_text(encoding="utf-8"))["rungs"]
    return f"{sum(one['seconds'] for one in rungs) / 60:.0f}"


def devices() -> str:
    """A table: what each device has room for, and where that number is from."""
    lines = ["| device | room for the model | why |", "|---|---|---|"]
    lines += [f"| {one.device} | {one.max_bytes:,} bytes | {one.why} |" for one in results.BUDGETS]
    return "\n".join(lines)


FIELDS = {
    function.__name__: function for function in (machine, found, times, word, latency, faster, training, combination)
} | {function.__name__: function for function in (bits, pruning, architectures, micro, devices, pin, floor, ladder)}
