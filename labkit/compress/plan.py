"""What the search may combine: a network to start from, a pruning amount, a precision, a runtime."""

from __future__ import annotations

import json
from dataclasses import dataclass

from labkit.data import weights_folder

PRECISIONS = ("float32", "int8", "int8 weights", "int4 weights")
AMOUNTS = (0.5, 0.7)  # shares of weights pruned, where bytes after gzip count; without gzip a zero saves nothing


RUNS = {  # the precisions of each runtime
    "ONNX Runtime": PRECISIONS,
    "PyTorch": ("float32",),
    "LiteRT": ("float32", "int8"),
    "TFLite Micro": ("int8",),
}
BITS = {"float32": 32, "int8": 8, "int8 weights": 8, "int4 weights": 4}


@dataclass(frozen=True)
class Target:
    """A device: which runtimes are tried, the best first; which others it has; what else is written for it."""

    name: str
    runtimes: tuple[str, ...]
    others: tuple[str, ...] = ()
    page: bool = False


TARGETS = {
    one.name: one
    for one in (
        Target("browser", ("ONNX Runtime",), page=True),
        Target("phone", ("ONNX Runtime",), ("LiteRT",)),
        Target("raspberry", ("ONNX Runtime", "PyTorch"), ("LiteRT",)),
        Target("microcontroller", ("TFLite Micro",)),
    )
}


@dataclass(frozen=True)
class Recipe:
    """One combination; `str(recipe)` is the variant's name.

    Args:
        start: a shipped network, such as "baseline" or "student_soft_0".
        amount: share of the weights that are pruned, 0..1.
        precision: "float32"; "int8", weights and activations; "int8 weights" or "int4 weights", codes that become
            float32 again when the file is loaded.
        runtime: what runs it.

    >>> str(Recipe("student_soft_0", 0.5, "int8 weights"))
    'student_soft_0, 50 % pruned, int8 weights'
    """

    start: str
    amount: float = 0.0
    precision: str = "float32"
    runtime: str = "ONNX Runtime"

    def __str__(self) -> str:
        pruned = f", {100 * self.amount:g} % pruned" if self.amount else ""
        where = "" if self.runtime == "ONNX Runtime" else f" ({self.runtime})"
        return f"{self.start}{pruned}, {self.precision}{where}"


def starts(zeros: bool = False) -> list[list[str]]:
    """The shipped networks by name, those of one shape together: a shape needs only its most accurate network.

    Args:
        zeros: also those that were pruned without becoming smaller, which only pays after gzip.
    """
    groups: dict[str, list[str]] = {}
    for path in sorted(weights_folder().glob("*.json")):
        card = _card(path)
        sparse = float(card.get("sparsity") or 0) > 0
        if card.get("model") in ("Baseline", "Student") and path.with_suffix(".safetensors").is_file():
            shape = json.dumps([card["model"], card.get("widths"), card.get("hidden"), card.get("halved"), sparse])
            if zeros or not sparse:
                groups.setdefault(shape, []).append(path.stem)
    return list(groups.values())


def combinations(
    start: str, runtimes: tuple[str, ...], amounts: tuple[float, ...], precisions: tuple[str, ...] = PRECISIONS
) -> list[Recipe]:
    """Every recipe from one network, the untouched one first.

    >>> [str(one) for one in combinations("baseline", ("LiteRT",), (), ("int8", "int4 weights"))]
    ['baseline, int8 (LiteRT)']
    """
    return [
        Recipe(start, amount, precision, runtime)
        for runtime in runtimes
        for amount in dict.fromkeys((0.0, *amounts))
        for precision in precisions
        if precision in RUNS[runtime]
    ]


def _card(path) -> dict:
    try:
        card = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return card if isinstance(card, dict) else {}
