"""What an exporter and a runtime do to a network before it runs: layers fused, constants computed, buffers reused."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from labkit.measure.comparison import Agreement
from labkit.measure.comparison import agreement as measured_agreement
from labkit.reference import reference

FUSE = {"BatchNormalization": ("Conv",), "Relu": ("Conv", "Gemm")}  # what goes into what


@reference
def fold_batchnorm(weight, bias, gamma, beta, mean, variance, eps=1e-5) -> tuple[np.ndarray, np.ndarray]:
    """Weight and bias of the convolution that answers as this one does with the BatchNorm behind it.

    Args:
        weight: `(outputs, inputs, height, width)`.
        bias, gamma, beta, mean, variance: `(outputs,)`.

    Source: the slide "ONNX Optimizations"; S. Ioffe and C. Szegedy, "Batch Normalization" (2015), for the formula.

    >>> fold_batchnorm(np.ones((1, 1, 1, 1)), np.array([4.0]), 6.0, 5.0, 1.0, 9.0, 0.0)
    (array([[[[2.]]]]), array([11.]))
    """
    factor = np.asarray(gamma / np.sqrt(np.asarray(variance) + eps))
    return weight * factor.reshape(-1, 1, 1, 1), (bias - mean) * factor + beta


@reference
def fuse(ops: Sequence[str]) -> list[str]:
    """What is left of a chain of operations: BatchNorm goes into a convolution before it, ReLU into what computes.

    >>> fuse(["Conv", "BatchNormalization", "Relu", "MaxPool"])
    ['Conv', 'MaxPool']
    """
    left: list[str] = []
    inside: set[str] = set()  # what the last one has taken in already
    for op in ops:
        if left and left[-1] in FUSE.get(op, ()) and "Relu" not in inside:
            inside.add(op)
        else:
            left.append(op)
            inside = set()
    return left


@reference
def fold_constants(nodes: Sequence[tuple[str, Sequence[str], str]], constants: Sequence[str]) -> list[str]:
    """The outputs of the nodes that must run each time: all others follow from constants alone.

    Args:
        nodes: `(op, inputs, output)`, in the order in which they run.
        constants: the values that are known before any image comes.

    >>> fold_constants([("Mul", ["weight", "two"], "double"), ("Conv", ["image", "double"], "y")], ["weight", "two"])
    ['y']
    """
    known, left = set(constants), []
    for _, inputs, output in nodes:
        if known.issuperset(inputs):
            known.add(output)
        else:
            left.append(output)
    return left


@reference
def peak_with_reuse(tensors: Sequence[tuple[int, int, int]]) -> int:
    """Most bytes that are needed at the same step.

    Args:
        tensors: `(bytes, first step, last step)`; a tensor is needed at both of these steps and between them.

    >>> peak_with_reuse([(100, 0, 1), (100, 1, 2), (100, 2, 3)])
    200
    """
    steps = {step for _, first, last in tensors for step in (first, last)}
    return max((sum(size for size, first, last in tensors if first <= step <= last) for step in steps), default=0)


@reference
def takes(input_shape: Sequence[int | str | None], images_shape: Sequence[int]) -> bool:
    """Whether a file whose input has this shape takes images of that shape; a text or None stands for any number.

    >>> takes(["batch", 1, 28, 28], (32, 1, 28, 28)), takes([1, 1, 28, 28], (32, 1, 28, 28))
    (True, False)
    """
    same = [not isinstance(wanted, int) or wanted == found for wanted, found in zip(input_shape, images_shape)]
    return len(input_shape) == len(images_shape) and all(same)


@reference
def parity(expected: np.ndarray, found: np.ndarray, tolerance: float = 1e-4) -> tuple[float, float, bool]:
    """Largest difference of two arrays of logits `(n, classes)`, share of equal labels, and whether they agree.

    Other shapes, or NaN, never agree. Agreement is a difference within `tolerance` and every label the same.

    >>> parity(np.array([[1.0, 3.0], [2.0, 0.0]]), np.array([[1.0, 2.5], [2.0, 0.0]]), 0.1)
    (0.5, 1.0, False)
    """
    one: Agreement = measured_agreement(np.asarray(expected), np.asarray(found), tolerance)
    return one.largest_difference, one.same_labels, one.agrees and one.same_labels == 1


@reference
def times_faster(ratio: float, low: float, high: float) -> tuple[float, float, float]:
    """How many times faster, with its interval, from a ratio of times and the ends of its interval.

    >>> times_faster(0.5, 0.25, 1.0)
    (2.0, 1.0, 4.0)
    """
    return 1 / ratio, 1 / high, 1 / low
