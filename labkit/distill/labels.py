"""What a student may learn from: the teacher's soft labels, and labels that only look like them."""

from __future__ import annotations

import numpy as np

from labkit.reference import reference

TOTAL = 1e-6  # so far may probabilities be from adding up to 1


@reference
def soften(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Probabilities `(n, classes)` of logits divided by the temperature: the higher, the more equal.

    Raises:
        ValueError: the temperature is not above 0, or the logits are not `(n, classes)` or hold NaN or infinity.

    Source: G. Hinton, O. Vinyals and J. Dean, "Distilling the knowledge in a neural network" (2015), equation 1.

    >>> soften(np.array([[0.0, 0.0]]), 3).tolist()
    [[0.5, 0.5]]
    """
    check_temperature(temperature)
    logits = checked_logits(logits)
    powers = np.exp((logits - logits.max(1, keepdims=True)) / temperature)  # the largest is 1, so none overflows
    return powers / powers.sum(1, keepdims=True)


@reference
def entropy_bits(probabilities: np.ndarray) -> np.ndarray:
    """How undecided each row of probabilities is: entropy in bits `(n,)`; 0 is certain, log2(classes) knows nothing.

    Raises:
        ValueError: a row does not hold probabilities that add up to 1.

    Source: C. E. Shannon, "A mathematical theory of communication" (1948), section 6.

    >>> entropy_bits(np.array([[0.5, 0.5], [1.0, 0.0]])).tolist()
    [1.0, 0.0]
    """
    shares = np.asarray(probabilities, np.float64)
    whole = shares.ndim == 2 and np.isfinite(shares).all() and (shares >= 0).all()
    if not whole or abs(shares.sum(1) - 1).max(initial=0) > TOTAL:
        raise ValueError("each row needs probabilities, 0 or more, that add up to 1; were these logits? soften() them")
    logs = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)  # what never happens adds nothing
    return 0 - (shares * logs).sum(1)  # 0 - x, so that no certainty reads -0


@reference
def smooth_labels(labels: np.ndarray, classes: int, smoothing: float = 0.1) -> np.ndarray:
    """Label smoothing: `(n, classes)` of probabilities, `smoothing` of each spread evenly over all classes.

    It is soft like a teacher's labels and knows nothing of the images: a control.

    Raises:
        ValueError: a label is not in 0..classes-1, labels are not `(n,)`, `classes` is no whole number above 0, or
            `smoothing` is not in 0..1.

    Source: C. Szegedy and others, "Rethinking the Inception architecture for computer vision" (2016), section 7.

    >>> smooth_labels(np.array([1]), classes=2, smoothing=0.5).tolist()
    [[0.25, 0.75]]
    """
    labels = np.asarray(labels)
    if not 0 <= smoothing <= 1:
        raise ValueError(f"smoothing is the share that is spread, 0 to 1, not {smoothing}")
    if not isinstance(classes, int | np.integer) or classes < 1:
        raise ValueError(f"classes is how many there are, a whole number above 0, not {classes!r}")
    if labels.ndim != 1:
        raise ValueError(f"labels have the shape (n,), not {labels.shape}")
    if labels.dtype.kind not in "iu" or not ((labels >= 0) & (labels < classes)).all():
        raise ValueError(f"labels are whole numbers from 0 to {classes - 1}, one below the number of classes")
    return (1 - smoothing) * np.eye(classes)[labels] + smoothing / classes


def shuffled_within_class(logits: np.ndarray, labels: np.ndarray, seed: int = 0) -> np.ndarray:
    """The same logits dealt out anew among the images of each class: what they say of a class stays, what they say of
    an image is lost. A control.

    Raises:
        ValueError: there is not one row of logits for each label, or a logit is NaN or infinite.
    """
    labels = np.asarray(labels)
    if labels.ndim != 1:
        raise ValueError(f"labels have the shape (n,), not {labels.shape}")
    checked_logits(logits)
    if len(logits) != len(labels):
        raise ValueError(f"one row of logits is needed for each label, not {len(logits)} for {len(labels)}")
    dealt, random = np.array(logits), np.random.default_rng(seed)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        dealt[members] = dealt[random.permutation(members)]
    return dealt


def check_temperature(temperature: float) -> None:
    """Raises ValueError unless the temperature is a number above 0."""
    if not 0 < temperature < float("inf"):
        raise ValueError(f"the temperature must be a number above 0, not {temperature}")


def checked_logits(logits: np.ndarray) -> np.ndarray:
    """`logits` as float64; raises ValueError unless they are `(n, classes)` and finite."""
    logits = np.asarray(logits, np.float64)
    if logits.ndim != 2 or not logits.shape[1]:
        raise ValueError(f"logits have the shape (n, classes), not {logits.shape}")
    if not np.isfinite(logits).all():
        raise ValueError("the logits hold NaN or infinity: did the training diverge?")
    return logits
