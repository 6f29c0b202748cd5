"""Latency against batch and threads, every combination taking turns with every other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from labkit.measure.stopwatch import race
from labkit.runtimes import torch_predictor


def batch_sweep(
    model,
    images: np.ndarray,
    batches: Sequence[int] = (1, 2, 4, 8, 16, 32, 64),
    threads: Sequence[int] = (1,),
    seconds: float = 8.0,
) -> list[dict]:
    """One row a combination: `batch`, `threads`, `latency_ms` of one call, and `latency_low_ms` to `latency_high_ms`.

    Args:
        model: an `nn.Module`, run by PyTorch.
        images: float32 `(n, ...)`, at least as many as the largest batch.

    Raises:
        ValueError: a batch is larger than `images` or below 1.
    """
    if not all(1 <= batch <= len(images) for batch in batches):
        raise ValueError(f"batches must be between 1 and the {len(images)} images, not {list(batches)}")
    predictors = {count: torch_predictor(model, count) for count in threads}
    calls = {(b, t): partial(predictors[t], np.ascontiguousarray(images[:b])) for b in batches for t in threads}
    timed = race(calls, seconds=seconds, precision=0.01)
    return [
        {
            "batch": batch,
            "threads": count,
            "latency_ms": timed[batch, count].latency_ms,
            "latency_low_ms": timed[batch, count].latency_low_ms,
            "latency_high_ms": timed[batch, count].latency_high_ms,
        }
        for batch, count in calls
    ]
