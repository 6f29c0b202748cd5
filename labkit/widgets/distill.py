"""The figures of lab 04: soft labels of real images at any temperature, and what alpha and temperature are worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from labkit.widgets.chart import Panel, Series, View
from labkit.widgets.explorer import Control, Explorer, Frame, combinations

TEMPERATURES = (0.5, 1, 1.5, 2, 3, 4, 5, 7, 10, 20)
ASKED = 10  # the temperature that the question is about
SHARES = ("about the same", "about 70 %", "about 50 %", "about 20 %")
POINTS = ("less than 0.3 points", "0.3 to 1 points", "1 to 3 points", "more than 3 points")


def temperature_explorer(
    images: np.ndarray, logits: np.ndarray, labels: Sequence[int], classes: Sequence[str], source: str
) -> Explorer:
    """A teacher's soft labels for real images, at the temperature and for the image that the reader chooses.

    Args:
        images: uint8 `(n, 1, 28, 28)`.
        logits: the teacher's `(n, classes)`.
        source: where the logits are from.

    Raises:
        ValueError: there is not one row of logits and one label for each image, a logit is not finite, or a label is no
            class.
    """
    from labkit.distill import entropy_bits, soften  # takes torch along

    if not len(images) == len(logits) == len(labels) > 0:
        raise ValueError(f"{len(images)} images, {len(logits)} rows and {len(labels)} labels do not belong together")
    if min(labels) < 0 or max(labels) >= len(classes) or len(classes) < 2:
        raise ValueError(f"labels are 0 to {len(classes) - 1}, one below the number of classes, at least 2")
    images = np.asarray(images)
    if images.dtype.kind == "f":
        raise ValueError(f"images are uint8, 0 (black) to 255, not {images.dtype}: take `split.images`")
    names = [f"{i + 1}: {classes[label]}" for i, label in enumerate(labels)]
    controls = [
        Control("image", range(len(images)), "image and its label", text=names),
        Control("temperature", TEMPERATURES, "temperature", start=1),
    ]
    softened = {t: soften(logits, t) for t in TEMPERATURES}
    bits = {t: entropy_bits(shares) for t, shares in softened.items()}
    frames = []
    for image, temperature in combinations(controls):
        shares = softened[temperature][image]
        first, second = np.argsort(-shares, kind="stable")[:2]
        readouts = {
            "first choice": f"{classes[first]} {shares[first]:.1%}",
            "second choice": f"{classes[second]} {shares[second]:.1%}",
            "entropy": f"{bits[temperature][image]:.2f} bits",
            "entropy of the hard label": "0 bits",
        }
        bars = [round(100 * float(share), 2) for share in shares]
        frames.append(Frame(readouts, [View(at=(image, 0)), View(y=[bars])]))
    grey = [Series(name, np.reshape(image, -1).tolist()) for name, image in zip(names, images)]
    return Explorer(
        title="What the teacher thinks an image looks like",
        description="The label names one class. The teacher's soft label says how much it looks like each.",
        controls=controls,
        panels=[
            Panel("image", "The image", "", "", range(images.shape[-1]), grey),
            Panel("bars", "Soft label", "", "probability, %", list(classes), [Series("teacher")], y_limits=(0, 100)),
        ],
        frames=frames,
        source=source,
        question=f"At temperature 1 the teacher is {softened[1][0].max():.0%} sure that image 1 is a "
        f"{classes[int(logits[0].argmax())]}. How sure is it at temperature {ASKED}?",
        choices=SHARES,
        answer=f"it is {softened[ASKED][0].max():.0%}.",
    )


def alpha_explorer(rows: Sequence[Mapping], source: str) -> Explorer:
    """Accuracy after a short training against temperature and against alpha, with the gain over hard labels alone.

    Args:
        rows: `alpha`, `temperature`, `seed` and `accuracy` (0..1), one for every combination; one row a seed with alpha
            1 is the student that learned from hard labels alone.
        source: where the rows are from.

    Raises:
        ValueError: a combination is missing or there twice, or a seed lacks its student with hard labels.
    """
    from labkit.distill import mean_gain  # takes torch along

    hard, grid = _hard_and_soft(rows)
    seeds = sorted(hard)
    alphas = sorted({alpha for alpha, _, _ in grid})
    temperatures = sorted({temperature for _, temperature, _ in grid})
    before = [hard[seed] for seed in seeds]
    gains, means = {}, {}
    for a in alphas:
        for t in temperatures:
            found = [_one(grid, a, t, seed) for seed in seeds]
            means[a, t], gains[a, t] = float(np.mean(found)), mean_gain(before, found)
    controls = [
        Control("alpha", alphas, "alpha, weight of the hard loss", start=alphas[0]),
        Control("temperature", temperatures, "temperature", start=temperatures[0]),
    ]
    base = float(np.mean(before))
    frames = [_worth(grid, seeds, base, gains, means, alphas, temperatures, a, t) for a, t in combinations(controls)]
    best = max(gains.values())
    moving = [Series("mean of the seeds"), Series("95 % interval, low end"), Series("high end")]
    ends = [100 * (base + end) for gain in gains.values() for end in gain[1:]]
    limits = _limits([*ends, *(100 * one for one in means.values()), 100 * base])
    axes = {"kind": "line", "y_label": "accuracy, %", "y_limits": limits}

    def line(points):
        return [*moving, Series("hard labels alone", [100 * base] * points)]

    return Explorer(
        title="Which alpha, which temperature?",
        description=f"The same short training with each, {len(seeds)} seeds. The interval is that of the gain over the "
        "same seed with hard labels alone.",
        controls=controls,
        panels=[
            Panel(
                title="At this alpha",
                x_label="temperature",
                x=temperatures,
                x_scale="log",
                series=line(len(temperatures)),
                **axes,
            ),
            Panel(title="At this temperature", x_label="alpha", x=alphas, series=line(len(alphas)), **axes),
        ],
        frames=frames,
        source=source,
        question="How much does the best alpha and temperature gain over hard labels alone, mean of the seeds?",
        choices=POINTS,
        answer=f"here {100 * best[0]:+.2f} points ({100 * best[1]:+.2f} to {100 * best[2]:+.2f}). It is the best of "
        f"{len(gains)}, so part of it is luck.",
    )


def _worth(grid, seeds, base, gains, means, alphas, temperatures, a, t) -> Frame:
    gain = [100 * one for one in gains[a, t]]
    each = ", ".join(f"{100 * _one(grid, a, t, seed):.2f}" for seed in seeds)
    readouts = {
        "accuracy, mean": f"{100 * means[a, t]:.2f} %",
        "each seed": f"{each} %",
        "hard labels alone": f"{100 * base:.2f} %",
        "gain": f"{gain[0]:+.2f} points ({gain[1]:+.2f} to {gain[2]:+.2f})",
        "verdict": "gain" if gain[1] > 0 else "loss" if gain[2] < 0 else "inside the noise",
    }

    def curves(cells):
        return [[100 * (base + gains[cell][end]) for cell in cells] for end in range(3)]

    left = View(y=curves([(a, one) for one in temperatures]), at=(0, temperatures.index(t)))
    right = View(y=curves([(one, t) for one in alphas]), at=(0, alphas.index(a)))
    return Frame(readouts, [left, right])


def _hard_and_soft(rows: Sequence[Mapping]) -> tuple[dict, dict]:
    """Accuracy of each seed with hard labels alone, and of each `(alpha, temperature, seed)` with a teacher."""
    hard = {row["seed"]: row["accuracy"] for row in rows if row["alpha"] == 1}
    grid = {(row["alpha"], row["temperature"], row["seed"]): row["accuracy"] for row in rows if row["alpha"] != 1}
    if len(hard) + len(grid) < len(rows):
        raise ValueError("a combination of alpha, temperature and seed is there twice")
    if not grid or {seed for _, _, seed in grid} != set(hard):
        raise ValueError("each seed needs a student with hard labels alone (alpha 1) and students with a teacher")
    return hard, grid


def _one(grid, alpha, temperature, seed) -> float:
    if (alpha, temperature, seed) not in grid:
        raise ValueError(f"no row for alpha {alpha:g}, temperature {temperature:g}, seed {seed}")
    return grid[alpha, temperature, seed]


def _limits(values: Sequence[float]) -> tuple[float, float]:
    """Whole percents around all values; a wild interval may be cut."""
    middle = float(np.median(values))
    low, high = max(min(values), middle - 6), min(max(values), middle + 6)
    return float(np.floor(low)), float(np.ceil(high))
