"""Pruning: masks that keep the shape and set weights to zero, networks rebuilt without some channels, four ledgers."""

from labkit.prune.amounts import AMOUNTS, EDGES, measure_amounts
from labkit.prune.ledgers import ledger, stored_bytes
from labkit.prune.masks import (
    apply_masks_,
    global_masks,
    layer_masks,
    layers,
    magnitude_mask,
    model_sparsity,
    pruned,
    random_mask,
    weights_of,
)
from labkit.prune.schedule import cubic_amount, gradually, hold, masked_step, pruned_twice
from labkit.prune.structured import (
    channel_scores,
    keep_channels,
    kept_channels,
    masked_channels,
    rebuild,
    remove_channels,
)

__all__ = [
    "AMOUNTS",
    "EDGES",
    "apply_masks_",
    "channel_scores",
    "cubic_amount",
    "global_masks",
    "gradually",
    "hold",
    "keep_channels",
    "kept_channels",
    "layer_masks",
    "layers",
    "ledger",
    "magnitude_mask",
    "masked_channels",
    "masked_step",
    "measure_amounts",
    "model_sparsity",
    "pruned",
    "pruned_twice",
    "random_mask",
    "rebuild",
    "remove_channels",
    "stored_bytes",
    "weights_of",
]
