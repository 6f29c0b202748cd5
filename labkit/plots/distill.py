"""The figures of lab 04: soft labels beside their images, the gradient's scale, differences with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from labkit import pixels
from labkit.plots.figure import COLOURS, MARKERS, axes, interval, labelled, log_x

WIDE = 0.66  # of a column: the picture, or a bar of 100 %
SHADES = 10  # a small picture needs no more


def soft_labels(
    images: np.ndarray, probabilities: np.ndarray, labels: Sequence[int], classes: Sequence[str], ax: Axes | None = None
) -> Axes:
    """Each image, and below it a bar for each class as long as its probability; the bar of the label is darker.

    Args:
        images: uint8 `(n, 1, 28, 28)`.
        probabilities: `(n, classes)`, such as a teacher's.

    Raises:
        ValueError: there is not one row of probabilities and one label for each image, the rows do not hold
            probabilities, 0 to 1, of all classes, or a label is no class.
    """
    if not len(images) == len(probabilities) == len(labels) > 0:
        raise ValueError(
            f"{len(images)} images, {len(probabilities)} rows and {len(labels)} labels do not belong together"
        )
    shape, wanted = np.shape(probabilities), (len(images), len(classes))
    if shape != wanted or not ((np.asarray(probabilities) >= 0) & (np.asarray(probabilities) <= 1 + 1e-6)).all():
        raise ValueError(f"probabilities {wanted}, 0 to 1, are needed, not {shape}; were these logits? soften() them")
    if min(labels) < 0 or max(labels) >= len(classes):
        raise ValueError(f"labels are 0 to {len(classes) - 1}, one below the number of classes")
    if np.asarray(images).dtype.kind == "f":
        raise ValueError(f"images are uint8, 0 (black) to 255, not {np.asarray(images).dtype}: take `split.images`")
    ax, said = axes(ax, height=4.1), []
    tall = _rows_of_a_square(ax, len(images), len(classes))
    for column, (image, shares, label) in enumerate(zip(images, probabilities, labels)):
        _picture(ax, np.squeeze(image), column, tall)
        for row, share in enumerate(shares):
            ax.barh(row, WIDE * share, left=column, height=0.75, color=COLOURS[0 if row == label else 5])
            ax.annotate(f"{share:.1%}", (column + WIDE * share, row), (3, 0), textcoords="offset points", va="center")
        best = np.argsort(-np.asarray(shares))[:3]
        said.append(f"{classes[label]}: " + ", ".join(f"{classes[i]} {shares[i]:.1%}" for i in best))
        ax.text(column, -tall - 1.2, f"label: {classes[label]}")
    ax.set_yticks(range(len(classes)), classes)
    ax.set(xlabel="probability (a bar as wide as the picture is 100 %)", xlim=(0, len(images)), xticks=())
    ax.set_ylim(len(classes) - 0.4, -tall - 2.2)
    ax.spines["left"].set_visible(False)
    ax.tick_params(left=False)
    return labelled(ax, "Soft labels. " + "; ".join(said))


def _rows_of_a_square(ax: Axes, columns: int, classes: int) -> float:
    """How many rows of bars a picture must be tall to be as tall as it is wide."""
    box, (width, height) = ax.get_position(), ax.figure.get_size_inches()
    side = WIDE * box.width * width / columns
    return side * (classes + 1.8) / (box.height * height - side)


def _picture(ax: Axes, image: np.ndarray, column: float, tall: float) -> None:
    """The image as vector shapes above row 0: a black square, and on it one path for each other shade."""
    across, down, bottom = WIDE / image.shape[1], tall / image.shape[0], -0.9
    ax.add_patch(Rectangle((column, bottom - tall), WIDE, tall, color="black"))
    for shade, runs in pixels.runs(image, SHADES).items():
        corners = []
        for row, start, length in runs if shade else ():
            left, right = column + start * across, column + (start + length) * across
            low = bottom + (row - image.shape[0]) * down
            corners += [(left, low), (right, low), (right, low + down), (left, low + down), (left, low)]
        if corners:
            steps = [Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY] * (len(corners) // 5)
            ax.add_patch(PathPatch(Path(corners, steps), color=pixels.grey(shade, SHADES), linewidth=0.4))


def gradient_scale(
    temperatures: Sequence[float], plain: Sequence[float], scaled: Sequence[float], ax: Axes | None = None
):
    """Length of the soft loss's gradient against the temperature: as it is, and times the temperature squared.

    Args:
        plain, scaled: one length for each temperature, all above 0.

    Raises:
        ValueError: there is not one length for each, or something is not above 0 or not finite.
    """
    if not len(temperatures) == len(plain) == len(scaled) > 0:
        raise ValueError(
            f"{len(temperatures)} temperatures, {len(plain)} and {len(scaled)} lengths do not fit together"
        )
    if not all(0 < one < np.inf for one in (*temperatures, *plain, *scaled)):
        raise ValueError("temperatures and lengths of a gradient must be finite and above 0")
    ax = axes(ax)
    ax.plot(temperatures, plain, MARKERS[0] + "-", color=COLOURS[1], label="soft loss alone")
    ax.plot(temperatures, scaled, MARKERS[1] + "-", color=COLOURS[0], label="times temperature squared")
    ax.set(xlabel="temperature", ylabel="length of the gradient", yscale="log")
    ax.set_title("What is left of the teacher's pull on the student", fontsize="medium", loc="left")
    log_x(ax)
    ax.legend(frameon=False)
    ends = [
        f"{name} from {one[0]:.2g} to {one[-1]:.2g}" for name, one in (("alone", plain), ("times T squared", scaled))
    ]
    return labelled(
        ax, f"Gradient of the soft loss, temperature {temperatures[0]:g} to {temperatures[-1]:g}: {'; '.join(ends)}"
    )


def students(found: Mapping[str, Sequence[tuple[float, float, float]]], teacher: tuple[float, float, float], ax=None):
    """Accuracy (percent) of each student with its 95 % interval, a row for what it learned from, a mark for each seed.

    Args:
        found: `(accuracy, low, high)` of every seed, shares 0..1, by the name of the labels.
        teacher: the same of the teacher, drawn as a line with a grey band.

    Raises:
        ValueError: there are no students, or an accuracy is not finite or outside its interval.
    """
    if not found:
        raise ValueError("there are no students to plot")
    interval("the teacher", *teacher)
    ax, said = axes(ax, height=1.1 + 0.55 * len(found)), []
    for row, (name, seeds) in enumerate(found.items()):
        for i, (share, low, high) in enumerate(seeds):
            place = row + 0.18 * (i - (len(seeds) - 1) / 2)
            bounds = [[100 * reach] for reach in interval(name, share, low, high)]
            ax.errorbar(100 * share, place, xerr=bounds, fmt=MARKERS[row % 7], color=COLOURS[row % 7], capsize=3)
        said.append(f"{name}: " + ", ".join(f"{share:.2%}" for share, _, _ in seeds))
    share, low, high = (100 * one for one in teacher)
    ax.axvspan(low, high, color="0.9", zorder=0)
    ax.axvline(share, color="0.4", label=f"teacher {share:.2f} %")
    ax.set_yticks(range(len(found)), list(found))
    ax.set(xlabel="accuracy, % (95 % interval; each mark is a seed)", ylim=(len(found) - 0.4, -0.6))
    ax.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1))
    return labelled(ax, f"Accuracy of students. {'; '.join(said)}; teacher {share:.2f} %")


def differences(found: Mapping[str, tuple[float, float, float]], what: str, ax: Axes | None = None) -> Axes:
    """Differences in points of accuracy with their 95 % intervals, one a row; at the line there is none.

    Args:
        found: `(difference, low, high)`, shares from -1 to 1, by name.
        what: what is subtracted from what, for the axis.

    Raises:
        ValueError: there are no differences, or one is not finite or outside its interval.
    """
    if not found:
        raise ValueError("there are no differences to plot")
    ax, said = axes(ax, height=1 + 0.4 * len(found)), []
    for row, (name, ends) in enumerate(found.items()):
        middle, low, high = (100 * one for one in ends)
        colour, marker = COLOURS[row % 7], MARKERS[row % 7]
        reach = [[one] for one in interval(name, middle, low, high)]
        ax.errorbar(middle, row, xerr=reach, fmt=marker, color=colour, capsize=4)
        said.append(f"{name}: {middle:+.2f} ({low:+.2f} to {high:+.2f})")
    ax.axvline(0, color="0.4", linewidth=1)
    ax.set_yticks(range(len(found)), list(found))
    ax.set(xlabel=f"{what}, points of accuracy (95 % interval)", ylim=(len(found) - 0.4, -0.6))
    return labelled(ax, f"{what}, points. {'; '.join(said)}")
