"""What each step of the pipeline contributed, each measured against the step before it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from labkit import data, train
from labkit.compress import build
from labkit.compress.headline import inverse, share
from labkit.compress.plan import PRECISIONS, Recipe
from labkit.compress.store import candidate
from labkit.measure import accuracy_difference, race


def steps(
    start: str = "compact",
    amount: float = 0.0,
    precision: str = "int4 weights",
    folder: str | Path | None = None,
    split: data.Split | None = None,
    seed: int = 0,
    seconds: float = 10.0,
) -> list[dict]:
    """One row for each step: baseline in PyTorch, in ONNX Runtime, a smaller network, pruned, with fewer bits.

    A row has `step` (the variant), `by` ("", "runtime", "network", "pruning", "bits"), `size_bytes`, `gzip_bytes`,
    `latency_ms` of one image on one thread; `smaller`, `smaller_gzip` and `faster` against the row before, the last
    with `faster_low` to `faster_high` from a race of these two alone; `accuracy` with `low` to `high`, and `points`
    against the baseline with `points_low` to `points_high`. All intervals are 95 %.

    Args:
        start: a shipped network; `amount` of its weights are pruned and what is left fine-tuned, unless `amount` is 0.
        precision: of the last step, such as "int8", "int8 weights" or "int4 weights".
        folder: where the networks are kept for the next call, as `search` keeps them; nowhere unless told.
        split: what accuracy is measured on; the validation split unless told.
        seconds: for all races together.

    Raises:
        DataError: there is no such shipped network.
        ValueError: the amount is not from 0 to below 1, or the precision is unknown.
    """
    if not 0 <= amount < 1:
        raise ValueError(f"amount is the share of weights to prune, from 0 to below 1, not {amount}")
    if precision not in PRECISIONS:
        raise ValueError(f"the precision is one of {', '.join(PRECISIONS)}, not {precision!r}")
    with tempfile.TemporaryDirectory() as temporary:
        kept = Path(temporary) if folder is None else Path(folder) / "candidates"
        found = [
            (by, candidate(recipe, kept, seed))
            for by, recipe in tqdm(_chain(start, amount, precision), unit="step", leave=False)
        ]
        predictors = [build.predictor(one.recipe, one.path) for _, one in found]
        rows = [
            {"step": _name(one.recipe), "by": by, "size_bytes": one.size_bytes, "gzip_bytes": one.gzip_bytes}
            for by, one in found
        ]
    kept_answers = [one.correct for _, one in found]
    _accuracies(rows, kept_answers if split is None else [train.correct(predict, split) for predict in predictors])
    one = data.load().validation.inputs[:1]
    return _factors(rows, predictors, np.ascontiguousarray(one), seconds / max(len(rows) - 1, 1))


def _chain(start: str, amount: float, precision: str) -> list[tuple[str, Recipe]]:
    chain = [("", Recipe("baseline", runtime="PyTorch")), ("runtime", Recipe("baseline"))]
    chain += [("network", Recipe(start))] if start != "baseline" else []
    chain += [("pruning", Recipe(start, amount))] if amount else []
    return chain + ([("bits", Recipe(start, amount, precision))] if precision != "float32" else [])


def _name(recipe: Recipe) -> str:
    """The variant's name; that of the baseline says the runtime, which is what changes there."""
    untouched = recipe in (Recipe("baseline"), Recipe("baseline", runtime="PyTorch"))
    return f"baseline in {recipe.runtime}" if untouched else str(recipe)


def _accuracies(rows: list[dict], answers: list[np.ndarray]) -> None:
    """Adds what each step labels correctly; `rows` is changed."""
    for row, correct in zip(rows, answers):
        row |= dict(zip(("accuracy", "low", "high"), share(correct)))
        points = [100 * end for end in accuracy_difference(answers[0], correct)]
        row |= dict(zip(("points", "points_low", "points_high"), points))


def _factors(rows: list[dict], predictors: list, one: np.ndarray, seconds: float) -> list[dict]:
    """The rows with what each step gained over the one before: bytes counted, times raced two by two."""
    first = {"smaller": 1.0, "smaller_gzip": 1.0, "faster": 1.0, "faster_low": 1.0, "faster_high": 1.0}
    done = [{**rows[0], "latency_ms": None, **first}]
    for i in range(1, len(rows)):
        calls = {"before": lambda i=i: predictors[i - 1](one), "after": lambda i=i: predictors[i](one)}
        found = race(calls, seconds=seconds)
        if i == 1:
            done[0]["latency_ms"] = found["before"].latency_ms
        faster, low, high = inverse(found["after"])
        smaller = {
            "smaller": rows[i - 1]["size_bytes"] / rows[i]["size_bytes"],
            "smaller_gzip": rows[i - 1]["gzip_bytes"] / rows[i]["gzip_bytes"],
        }
        times = {"latency_ms": found["after"].latency_ms, "faster": faster, "faster_low": low, "faster_high": high}
        done.append({**rows[i], **smaller, **times})
    return done
