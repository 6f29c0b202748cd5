"""The figure of lab 03: what the pruning amount does to accuracy, to the four ledgers, and to which weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from labkit.widgets.chart import Panel, Series, View, by_values, number
from labkit.widgets.explorer import Control, Explorer, Frame, combinations

KINDS = ("unstructured", "structured")
WORDS = {"unstructured": "weights", "structured": "channels"}
LEDGERS = {"non-zeros": "nonzeros", "raw bytes": "raw_bytes", "gzip bytes": "gzip_bytes"}
LOSS = 0.005  # the question: where does the accuracy fall by more than this without fine-tuning?
CHOICES = ("about 20 %", "about 50 %", "about 80 %", "about 95 %")


def pruning_explorer(
    accuracies: Sequence[Mapping], costs: Sequence[Mapping], edges: Sequence[float], sources: Sequence[str]
) -> Explorer:
    """Accuracy before and after fine-tuning, non-zeros, raw bytes, gzip bytes and latency, and the histogram of the
    weights, at every pruning amount, unstructured and structured.

    Args:
        accuracies: `kind`, `amount`, `tuned` (True after fine-tuning), `accuracy` with `low` and `high`, all 0..1.
        costs: `kind`, `amount`, `nonzeros`, `raw_bytes`, `gzip_bytes`, `latency_ms`, `ratio` to the whole network's
            latency with `ratio_low` and `ratio_high`, `threshold` (None where there is none), `stays` and `leaves`.
        edges: of the columns that `stays` and `leaves` count, magnitudes.
        sources: where the accuracies and where the costs are from.

    Raises:
        ValueError: a combination of kind and amount is missing or there twice, there is no amount of 0, or a ledger of
            the whole network is not above 0.
    """
    tuned = _grid([row for row in accuracies if row["tuned"]], "accuracy after fine-tuning")
    before = _grid([row for row in accuracies if not row["tuned"]], "accuracy before fine-tuning")
    cost = _grid(costs, "ledgers")
    amounts = sorted({amount for _, amount in cost})
    for what, grid in {"after": tuned, "before": before}.items():
        if set(grid) != set(cost):
            raise ValueError(f"the ledgers and the accuracies {what} fine-tuning are not of the same amounts")
    if amounts[0] != 0:
        raise ValueError("the amount 0, the whole network, is missing: every ratio is against it")
    if any(cost[kind, 0][field] <= 0 for kind in KINDS for field in LEDGERS.values()):
        raise ValueError("a ledger of the whole network is not above 0: every ratio is against it")
    controls = [
        Control("amount", amounts, "pruning amount", text=[f"{amount:.0%}" for amount in amounts], start=0.5),
        Control("kind", (0, 1), "what leaves", text=["single weights (unstructured)", "whole channels (structured)"]),
    ]
    frames = []
    for amount, which in combinations(controls):
        place, at = (KINDS[which], amount), amounts.index(amount)
        frames.append(_frame(before[place], tuned[place], cost[place], which, at))
    share = {"x_label": "pruning amount, %", "x": [100 * amount for amount in amounts]}
    curves = [
        _curve(f"{WORDS[kind]}, {when}", [grid[kind, amount] for amount in amounts], 100, "accuracy", "low", "high")
        for kind in KINDS
        for when, grid in (("at once", before), ("fine-tuned", tuned))
    ]
    return Explorer(
        title="How much can leave?",
        description="Single weights become zero, the smallest of the network first; or whole channels leave and the "
        "network is rebuilt smaller, the same share of every layer. Bars are 95 % intervals.",
        controls=controls,
        panels=[
            Panel("line", "Accuracy on the test images", y_label="%", series=curves, **share),
            Panel(
                "hist",
                "Which weights leave",
                "magnitude of a weight (last column: and above)",
                "thousand weights",
                edges,
                [Series("stay"), Series("leave")],
            ),
            *(
                Panel(
                    "line",
                    f"Four ledgers, {WORDS[kind]} removed",
                    y_label="% of the whole network",
                    y_limits=(0, 120),
                    series=_ledgers([cost[kind, amount] for amount in amounts]),
                    **share,
                )
                for kind in KINDS
            ),
        ],
        frames=frames,
        source=f"Accuracy: {sources[0]}. Ledgers: {sources[1]}.",
        **_question([before["unstructured", amount] for amount in amounts]),
    )


def _frame(before: Mapping, tuned: Mapping, cost: Mapping, which: int, at: int) -> Frame:
    readouts = {
        "accuracy at once": _share(before),
        "accuracy fine-tuned": _share(tuned),
        "non-zeros": number(cost["nonzeros"]),
        "raw": f"{cost['raw_bytes'] / 1000:,.0f} kB",
        "gzip": f"{cost['gzip_bytes'] / 1000:,.0f} kB",
        "latency": f"{cost['latency_ms']:.2f} ms, {cost['ratio']:.2f} times ({cost['ratio_low']:.2f} to "
        f"{cost['ratio_high']:.2f})",
        "threshold": "none" if cost["threshold"] is None else f"{cost['threshold']:.4f}",
    }
    columns = [[count / 1000 for count in cost[name]] for name in ("stays", "leaves")]
    ledgers = [View(at=(3, at)) if which == kind else View() for kind in range(len(KINDS))]
    return Frame(readouts, [View(at=(2 * which + 1, at)), View(y=columns), *ledgers])


def _ledgers(rows: Sequence[Mapping]) -> list[Series]:
    counted = [Series(name, [100 * row[field] / rows[0][field] for row in rows]) for name, field in LEDGERS.items()]
    return [*counted, _curve("latency", rows, 100, "ratio", "ratio_low", "ratio_high")]


def _curve(name: str, rows: Sequence[Mapping], scale: float, *fields: str) -> Series:
    return Series(name, *([scale * row[field] for row in rows] for field in fields))


def _share(row: Mapping) -> str:
    return f"{row['accuracy']:.2%} ({row['low']:.2%} to {row['high']:.2%})"


def _question(rows: Sequence[Mapping]) -> dict:
    """How many weights can go at once; nothing where no choice is near the answer."""
    least = rows[0]["accuracy"] - LOSS
    fell = next((i for i, row in enumerate(rows) if row["accuracy"] < least), len(rows))
    most = rows[fell - 1]["amount"]
    if not 0.1 <= most <= 0.98:
        return {}
    return {
        "question": "How many single weights can leave at once, without fine-tuning, before the accuracy falls by more "
        "than half a point?",
        "choices": CHOICES,
        "answer": f"{most:.0%} of them.",
    }


def _grid(rows: Sequence[Mapping], what: str) -> dict[tuple[str, float], Mapping]:
    try:
        grid = by_values(rows, ("kind", "amount"))
    except ValueError as error:
        raise ValueError(f"{what}: {error}") from None
    amounts = {amount for _, amount in grid}
    for kind in KINDS:
        for amount in sorted(amounts):
            if (kind, amount) not in grid:
                raise ValueError(f"{what}: there is no row for {kind} at {amount}")
    return grid
