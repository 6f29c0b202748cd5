"""The same steps in another order: what may follow what, and what comes out."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from labkit import data, models
from labkit.compress import build
from labkit.compress.codes import pack_weights, prune_codes
from labkit.files import write_atomically
from labkit.onnx import export
from labkit.prune import global_masks, pruned
from labkit.quantize import quantize_onnx
from labkit.sweeps import weights_hash

STEPS = ("prune", "tune", "int8", "int8 weights")


def in_order(
    start: str,
    order: Sequence[str],
    output: str | Path,
    amount: float = 0.5,
    seed: int = 0,
    folder: str | Path | None = None,
) -> Path:
    """Writes the `.onnx` file that a shipped network becomes when these steps are taken in this order.

    Args:
        start: such as "student_soft_0".
        order: of "prune", the smallest weights of all layers; "tune", a short fine-tuning that keeps zeros; "int8",
            weights and activations; "int8 weights". "prune" behind "int8" works on the codes in the file.
        amount: the share of weights that "prune" removes.
        folder: where fine-tuned networks are kept for the next call; nowhere unless told.

    Raises:
        ValueError: a step is unknown or comes twice, `amount` is not in 0..1, or a step cannot follow another: codes
            have no gradient, so nothing is fine-tuned once it is int8.
        DataError: there is no such shipped network.
    """
    _check(order)
    before = next((i for i, step in enumerate(order) if step.startswith("int8")), len(order))
    with tempfile.TemporaryDirectory() as temporary, build.one_thread():
        kept = Path(temporary) if folder is None else Path(folder)
        file = _float_file(start, order[:before], amount, seed, kept)
        for number, step in enumerate(order[before:]):
            file = _next(step, file, Path(temporary) / f"{number}.int8.onnx", amount)
        write_atomically(output, file.read_bytes())
    return Path(output)


def _float_file(start: str, steps: Sequence[str], amount: float, seed: int, folder: Path) -> Path:
    """The float32 file behind the steps that change the network itself, from `folder` if it is there."""
    model, masks = models.load_shipped(start), {}
    facts = [start, *steps, f"{amount:g}", str(seed), weights_hash(f"{start}.safetensors")[:12]]
    path = folder / f"{'-'.join(facts)}.onnx"
    if path.is_file():
        return path
    for step in steps:
        if step == "prune":
            masks = global_masks(model, amount)
            model = pruned(model, masks)
        else:
            model = build.tuned(model, masks, False, folder, seed)
    return export(model, path)


def _check(order: Sequence[str]) -> None:
    if isinstance(order, str) or set(order) - set(STEPS):
        raise ValueError(f"the order is a list of {', '.join(STEPS)}, not {order!r}")
    if len(set(order)) < len(order):
        raise ValueError(f"each step is taken once, not {list(order)}")
    codes = [i for i, step in enumerate(order) if step.startswith("int8")]
    if len(codes) > 1:
        raise ValueError("the file is made int8 once: choose 'int8' or 'int8 weights'")
    if codes and "tune" in order[codes[0] :]:
        raise ValueError("nothing is fine-tuned once it is int8: codes are whole numbers and have no gradient")
    if "int8 weights" in order and "prune" in order[codes[0] :]:
        raise ValueError("'prune' can follow 'int8', not 'int8 weights'")


def _next(step: str, file: Path, output: Path, amount: float) -> Path:
    if step == "prune":
        return prune_codes(file, output, amount)
    return (
        pack_weights(file, output) if step == "int8 weights" else quantize_onnx(file, output, data.calibration_images())
    )
