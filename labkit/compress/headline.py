"""The course's target, measured on one finished model in one run: how much smaller, how much faster, at what price."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np

from labkit import data, models, train
from labkit.measure import Measurement, Race, Size, Timing, accuracy_difference, measurement, race, size, wilson
from labkit.measure.comparison import agreement
from labkit.onnx import export
from labkit.runtimes import Predict, onnx_predictor, torch_predictor

SMALLER, FASTER, POINTS = 40.0, 20.0, 0.5  # the course's target; the lecture's is 4, 4, 0.5
NAMES = ("baseline, PyTorch", "baseline, ONNX Runtime", "model")
SAME_IMAGES = 100  # on which the baseline must answer alike in both runtimes
Ends = tuple[float, float, float]  # a value and the ends of its 95 % interval


@dataclass(frozen=True)
class Headline:
    """A model against the baseline, one image at a time on one thread. Intervals are 95 %.

    Args:
        smaller, smaller_than_weights: the baseline's ONNX file, and its safetensors file, over the model's file.
        faster: the PyTorch baseline's time over the model's; `runtime_alone` times `network_alone` but for noise.
        runtime_alone: the same baseline in PyTorch over itself in ONNX Runtime: no compression at all.
        network_alone: the baseline in ONNX Runtime over the model.
        points: accuracy of the model minus the baseline's, in points, same images; negative is a loss.
    """

    model: str
    size: Size
    baseline_bytes: int
    baseline_weights_bytes: int
    faster: Ends
    runtime_alone: Ends
    network_alone: Ends
    points: Ends
    accuracy: Ends
    baseline_accuracy: Ends
    images: int
    row: Measurement

    @property
    def smaller(self) -> float:
        return self.baseline_bytes / self.size.size_bytes

    @property
    def smaller_than_weights(self) -> float:
        return self.baseline_weights_bytes / self.size.size_bytes

    def reached(self, smaller: float = SMALLER, faster: float = FASTER, points: float = POINTS) -> bool:
        """Whether both ratios hold at the near end of their intervals, and the points as estimated."""
        return self.smaller >= smaller and self.faster[1] >= faster and self.points[0] >= -points - 1e-9

    def table(self):
        """What was asked and what was found, as text in a pandas DataFrame."""
        import pandas as pd

        found = [
            ("smaller than the baseline's ONNX file", f"{SMALLER:g}x", f"{self.smaller:.1f}x"),
            ("smaller than its weights file", "", f"{self.smaller_than_weights:.1f}x"),
            ("faster than PyTorch", f"{FASTER:g}x", _times(self.faster)),
            ("of this the runtime alone", "", _times(self.runtime_alone)),
            ("of this the smaller network", "", _times(self.network_alone)),
            (f"points of accuracy, {self.images:,} images", f"-{POINTS:g}", _points(self.points)),
        ]
        return pd.DataFrame(found, columns=["", "target", "measured (95 %)"]).set_index("")

    def __repr__(self) -> str:
        return f"{self.model}: {self.size}\n{self.table().to_string()}\n{self.verdict()}"

    def _repr_html_(self) -> str:
        name = escape(f"{self.model}: {self.size}")
        return f"<p>{name}</p>{self.table().to_html()}<p>{escape(self.verdict())}</p>"

    def verdict(self) -> str:
        said = "Reached" if self.reached() else "Not reached"
        return f"{said}: the ratios count at the near end of their intervals, the points as estimated."


def headline(
    path: str | Path,
    name: str | None = None,
    split: data.Split | None = None,
    seconds: float = 9.0,
    predict: Predict | None = None,
) -> Headline:
    """Measures the finished `.onnx` file against the baseline: bytes, speed, accuracy, all in one run.

    Args:
        name: of the variant; the file's name unless told.
        split: what accuracy is measured on; the test split unless told, so call it once, for the final model.
        seconds: for the two races together.
        predict: of a file that ONNX Runtime does not run.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is damaged, does not take the images, or answers anything but 10 finite logits.
        RuntimeError: the baseline does not answer alike in both runtimes.
    """
    path, split = Path(path), data.load().test if split is None else split
    predict = onnx_predictor(path) if predict is None else predict
    _check_answer(path, predict(np.ascontiguousarray(split.inputs[:1])))
    eager, plain, baseline_bytes = _baseline(split)
    before, after = (train.correct(one, split) for one in (plain, predict))
    first, second = _races((eager, plain, predict), np.ascontiguousarray(split.inputs[:1]), seconds)
    found, name = size(path), path.name if name is None else name
    return Headline(
        model=name,
        size=found,
        baseline_bytes=baseline_bytes,
        baseline_weights_bytes=(data.weights_folder() / "baseline.safetensors").stat().st_size,
        faster=inverse(first[NAMES[2]]),
        runtime_alone=inverse(first[NAMES[1]]),
        network_alone=inverse(second[NAMES[2]]),
        points=tuple(100 * end for end in accuracy_difference(before, after)),
        accuracy=share(after),
        baseline_accuracy=share(before),
        images=len(split),
        row=measurement(name, "compress", predict, first[NAMES[2]], found, after, baseline=NAMES[0]),
    )


def _baseline(split: data.Split) -> tuple[Predict, Predict, int]:
    """The baseline in PyTorch and in ONNX Runtime, which answer alike, and the bytes of its ONNX file."""
    model = models.load_baseline()
    with tempfile.TemporaryDirectory() as folder:
        file = export(model, Path(folder) / "baseline.onnx")
        eager, plain, size_bytes = torch_predictor(model), onnx_predictor(file), size(file).size_bytes
    images = split.inputs[:SAME_IMAGES]
    same = agreement(eager(images), plain(images), 1e-3)
    if not same.agrees:
        raise RuntimeError(f"the baseline in ONNX Runtime is not the one in PyTorch: {same}")
    return eager, plain, size_bytes


def _races(predictors: Sequence[Predict], image: np.ndarray, seconds: float) -> tuple[Race, Race]:
    """All three against the baseline in PyTorch, and the model against the baseline in its own runtime."""
    calls = {name: (lambda predict=predict: predict(image)) for name, predict in zip(NAMES, predictors)}
    first = race(calls, seconds=seconds * 2 / 3)
    return first, race({name: calls[name] for name in NAMES[1:]}, seconds=seconds / 3)


def _check_answer(path: Path, logits: np.ndarray) -> None:
    expected = (1, len(data.CLASSES))
    if logits.shape != expected or logits.dtype.kind != "f":
        raise ValueError(f"{path} answers one image with {logits.dtype} {logits.shape}, not with logits {expected}")
    if not np.isfinite(logits).all():
        raise ValueError(f"{path} answers with NaN or infinity: did the training diverge?")


def inverse(timing: Timing) -> Ends:
    """How many times faster than the race's baseline, with its interval: one over the ratio of times."""
    return 1 / timing.ratio, 1 / timing.ratio_high, 1 / timing.ratio_low


def share(correct: np.ndarray) -> Ends:
    """An accuracy and the ends of its interval, 0..1."""
    return float(correct.mean()), *wilson(int(correct.sum()), len(correct))


def _points(ends: Ends) -> str:
    return "{:+.2f} ({:+.2f} to {:+.2f})".format(*ends)


def _times(ends: Ends) -> str:
    return "{:.2f}x ({:.2f} to {:.2f})".format(*ends)
