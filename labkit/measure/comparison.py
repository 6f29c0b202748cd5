"""`compare`: variants of one model against each other, their outputs before their times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import numpy as np

from labkit.measure.stopwatch import race
from labkit.measure.timing import MARGIN, Race, Timing
from labkit.runtimes import Predict


@dataclass(frozen=True)
class Agreement:
    """How a variant's logits differ from the baseline's: `largest_difference` of any logit, share of `same_labels`."""

    largest_difference: float
    same_labels: float
    agrees: bool

    def __str__(self) -> str:
        if self.agrees:
            return "yes"
        return f"NO: logits differ by up to {self.largest_difference:.2g}, {self.same_labels:.1%} same labels"


@dataclass(frozen=True)
class Comparison:
    """Outputs and times of several variants. Prints as a table in a notebook; `comparison["name"]` is a `Timing`."""

    race: Race
    agreements: dict[str, Agreement]
    threads: dict[str, int]
    batch: int
    images: int
    tolerance: float | None

    def __getitem__(self, name: str) -> Timing:
        return self.race[name]

    def table(self):
        """One row a variant, as text in a pandas DataFrame."""
        table = self.race.table()
        table.insert(0, "threads", list(self.threads.values()))
        if self.tolerance is not None:
            table["same outputs"] = [str(agreement) for agreement in self.agreements.values()]
        return table

    def footnote(self) -> str:
        checked = "" if self.tolerance is None else f" Outputs compared on {self.images} images to {self.tolerance:g}."
        return f"Batch {self.batch}. {self.race.footnote()}{checked}"

    def __repr__(self) -> str:
        return f"{self.table().to_string()}\n{self.footnote()}"

    def _repr_html_(self) -> str:
        return f"{self.table().to_html()}<p><small>{escape(self.footnote())}</small></p>"


def compare(
    variants: Mapping[str, Predict],
    images: np.ndarray,
    batch: int = 1,
    baseline: str | None = None,
    tolerance: float | None = 1e-4,
    seconds: float = 3.0,
    margin: float = MARGIN,
    **options,
) -> Comparison:
    """Compares what variants answer on `images`, then how long they take for the first `batch` of them.

    Args:
        variants: `predict` by name, each with its own fixed number of threads.
        images: float32 `(n, ...)`, as the models take them.
        tolerance: largest difference of a logit that still counts as the same; None where the models are meant to
            differ.
        options: further arguments of `race`.

    Raises:
        ValueError: no variants, no images, a batch larger than `images`, or an unknown baseline,
            or outputs that are not `(n, classes)`.
    """
    names = list(variants)
    if not 1 <= batch <= len(images):
        raise ValueError(f"a batch of {batch} needs that many images; there are {len(images)}")
    baseline = names[0] if baseline is None and names else baseline
    if baseline not in variants:
        raise ValueError(f"the baseline {baseline!r} is not among the variants {names}")
    agreements = {}
    if tolerance is not None:
        logits = {name: _logits(name, predict, images) for name, predict in variants.items()}
        agreements = {name: agreement(logits[baseline], one, tolerance) for name, one in logits.items()}
    timed = np.ascontiguousarray(images[:batch])
    calls = {name: (lambda predict=predict: predict(timed)) for name, predict in variants.items()}
    result = race(calls, baseline=baseline, seconds=seconds, margin=margin, **options)
    threads = {name: getattr(predict, "threads", 1) for name, predict in variants.items()}
    return Comparison(result, agreements, threads, batch, len(images), tolerance)


def _logits(name: str, predict: Predict, images: np.ndarray) -> np.ndarray:
    try:
        logits = np.asarray(predict(images))
    except Exception as error:
        error.add_note(f"labkit was asking the variant {name!r}")
        raise
    if logits.ndim != 2:
        raise ValueError(f"the variant {name!r} gave an array of shape {logits.shape}, not (images, classes)")
    return logits


def agreement(expected: np.ndarray, found: np.ndarray, tolerance: float) -> Agreement:
    """How logits `found` differ from `expected`, both `(n, classes)`. Another shape, or NaN, never agrees."""
    if expected.shape != found.shape:
        return Agreement(float("inf"), 0.0, False)
    difference = float(np.abs(expected - found).max())
    same = float((expected.argmax(1) == found.argmax(1)).mean())
    return Agreement(difference, same, bool(difference <= tolerance))  # NaN <= tolerance is False
