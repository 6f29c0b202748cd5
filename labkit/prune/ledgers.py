"""The four ledgers of a pruned network: non-zeros, raw bytes, gzip bytes (here), and latency (the stopwatch)."""

from __future__ import annotations

from safetensors.torch import save
from torch import nn

from labkit.measure.size import gzip_bytes
from labkit.models import count_parameters
from labkit.prune.masks import weights_of
from labkit.reference import reference

VALUE_BYTES, INDEX_BYTES = 4, 4  # a float32, and an int32 that says where it stands
WAYS = ("dense", "masked", "sparse")


@reference
def stored_bytes(size: int, nonzeros: int, way: str) -> int:
    """Bytes of `size` float32 weights, of which `nonzeros` are not zero, stored one of three ways.

    Args:
        way: "dense", all values; "masked", as before `prune.remove`: all values and a mask of as many float32;
            "sparse", each value that is not zero with a 4-byte index.

    Raises:
        ValueError: there is no such way, or `nonzeros` is not in 0..size.

    >>> [stored_bytes(100, 30, way) for way in ("dense", "masked", "sparse")]
    [400, 800, 240]
    """
    if way not in WAYS:
        raise ValueError(f"weights are stored {', '.join(WAYS)}, not {way!r}")
    if not 0 <= nonzeros <= size:
        raise ValueError(f"of {size} weights, 0 to {size} are not zero, not {nonzeros}")
    if way == "sparse":
        return nonzeros * (VALUE_BYTES + INDEX_BYTES)
    return size * VALUE_BYTES * (2 if way == "masked" else 1)


def ledger(model: nn.Module) -> dict[str, float]:
    """What can be counted without a clock: `parameters`, `nonzeros`, `sparsity` (of the prunable weights, 0..1),
    `raw_bytes` and `gzip_bytes` of the file.

    Raises:
        ValueError: there is no layer that can be pruned, or none with weights.
    """
    weights = weights_of(model).values()
    zeros, size = sum(int((w == 0).sum()) for w in weights), sum(w.size for w in weights)
    if not size:
        raise ValueError(f"the layers of {type(model).__name__} have no weights, so there is no share of zeros")
    content = save({name: tensor.contiguous() for name, tensor in model.state_dict().items()})
    return {
        "parameters": count_parameters(model),
        "nonzeros": count_parameters(model) - zeros,
        "sparsity": zeros / size,
        "raw_bytes": len(content),
        "gzip_bytes": gzip_bytes(content),
    }
