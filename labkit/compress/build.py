"""From a recipe to a file: load, prune, fine-tune, export, quantize."""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save
from torch import nn
from torch.nn.utils import parametrize

from labkit import data, mobile, models, train
from labkit.compress.codes import pack_weights
from labkit.compress.plan import Recipe
from labkit.distill import loss_against
from labkit.files import write_atomically
from labkit.onnx import export
from labkit.prune import global_masks, pruned
from labkit.quantize import finish_qat, prepare_qat, quantize_onnx
from labkit.runtimes import Predict, litert_predictor, onnx_predictor, torch_predictor

IMAGES = 20_000  # of the fine-tuning
PRUNED = {"epochs": 1, "lr": 0.01, "alpha": 0.5, "augment": True}  # learns from the baseline: weights are missing
ROUNDED = {"epochs": 2, "lr": 0.003, "alpha": 0.1, "augment": False}  # learns to answer as it did before rounding
MOST_OPERATIONS = 20e6  # larger networks are not fine-tuned: it would take minutes each
FILES = {"ONNX Runtime": ".onnx", "PyTorch": ".safetensors", "LiteRT": ".tflite", "TFLite Micro": ".tflite"}


def operations(model: nn.Module, shape: tuple[int, ...] = (1, 28, 28)) -> int:
    """Floating-point operations for one image: two for each product of a convolution or a linear layer. Zeros count.

    Raises:
        TypeError: `model` is no network.
        ValueError: it has no such layer.
    """
    counted: list[int] = []

    def count(layer: nn.Module, _inputs, output: torch.Tensor) -> None:
        counted.append(2 * layer.weight[0].numel() * output[0].numel())

    hooks = [layer.register_forward_hook(count) for layer in models.weighted_layers(model).values()]
    try:
        with torch.inference_mode():
            model.eval()(torch.zeros(1, *shape))
    finally:
        for hook in hooks:
            hook.remove()
    return sum(counted)


def is_tuned(recipe: Recipe, count: int) -> bool:
    """Whether this recipe fine-tunes a network of `count` operations: weights were pruned, or get only 4 bits."""
    return count <= MOST_OPERATIONS and (recipe.amount > 0 or recipe.precision == "int4 weights")


def network(recipe: Recipe, folder: Path, seed: int) -> nn.Module:
    """The network of a recipe before it is exported: loaded, pruned, and fine-tuned where `is_tuned`.

    Fine-tuning learns from soft labels and the true ones: what was pruned from the baseline's, what gets 4 bits from
    its own before, with rounded weights (QAT).

    Args:
        folder: where a teacher's answers are kept for the next network.
    """
    model = models.load_shipped(recipe.start)
    masks = global_masks(model, recipe.amount) if recipe.amount else {}
    model = pruned(model, masks)
    if not is_tuned(recipe, operations(model)):
        return model
    rounded = recipe.precision == "int4 weights"
    return tuned(model, masks, rounded, folder, seed, models.load_shipped(recipe.start) if rounded else None)


def tuned(
    model: nn.Module,
    masks: Mapping[str, np.ndarray],
    rounded: bool,
    folder: Path,
    seed: int = 0,
    teacher: nn.Module | None = None,
) -> nn.Module:
    """`model` after a short fine-tuning in which pruned weights stay zero.

    Args:
        masks: by layer, True where a weight is kept; empty if nothing was pruned.
        rounded: learn with weights rounded to 4 bits, one scale a channel, and return them rounded.
        folder: where the teacher's answers are kept for the next network.
        teacher: the baseline unless told.
    """
    how = ROUNDED if rounded else PRUNED
    split = data.load().train.subset(IMAGES, seed=203)
    targets = _answers(models.load_baseline() if teacher is None else teacher, split, folder)
    model = prepare_qat(model, 4, "per_channel") if rounded else model
    train.fit(
        model,
        split,
        how["epochs"],
        how["lr"],
        seed=seed,
        augment=how["augment"],
        weight_decay=1e-4,
        loss=loss_against(3.0, how["alpha"]),
        targets=targets,
        after_step=_held(masks),
    )
    return finish_qat(model) if rounded else model


def write(recipe: Recipe, model: nn.Module, path: Path, float_path: Path | None = None) -> Path:
    """Writes the deployable file of a recipe; returns its path.

    Args:
        model: from `network`.
        float_path: the same network's float32 `.onnx`, if there is one already.
    """
    if recipe.runtime == "PyTorch":
        write_atomically(path, save({name: tensor.contiguous() for name, tensor in model.state_dict().items()}))
        return path
    if FILES[recipe.runtime] == ".tflite":
        return _tflite(model, recipe.precision, path)
    if recipe.precision == "float32":
        return export(model, path)
    with tempfile.TemporaryDirectory() as folder:
        float_path = export(model, Path(folder) / "model.onnx") if float_path is None else float_path
        if recipe.precision == "int8":
            return quantize_onnx(float_path, path, data.calibration_images())
        return pack_weights(float_path, path, bits=4 if recipe.precision == "int4 weights" else 8)


def predictor(recipe: Recipe, path: Path, threads: int = 1) -> Predict:
    """`predict` of a recipe's file. LiteRT answers for TFLite Micro, whose kernels are slow on a laptop."""
    if recipe.runtime == "PyTorch":
        return torch_predictor(models.load_weights(models.load_shipped(recipe.start), path), threads)
    return (litert_predictor if path.suffix == ".tflite" else onnx_predictor)(path, threads)


def _tflite(model: nn.Module, precision: str, path: Path) -> Path:
    kind = "float" if precision == "float32" else precision
    with tempfile.TemporaryDirectory() as folder:
        files = mobile.convert(model, folder, data.calibration_images(), (kind,))
        write_atomically(path, files[kind].read_bytes())
    return path


@contextmanager
def one_thread() -> Iterator[None]:
    """PyTorch on one thread, so that sums are added in one order and the same seed gives the same weights."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _held(masks: Mapping[str, np.ndarray]) -> Callable[[nn.Module], None] | None:
    """What keeps pruned weights at zero after each step, also where QAT makes the weights anew at each use."""
    kept = {name: torch.from_numpy(mask) for name, mask in masks.items()}

    def after_step(model: nn.Module) -> None:
        with torch.no_grad():
            for name, mask in kept.items():
                layer = model.get_submodule(name)
                rounded = parametrize.is_parametrized(layer, "weight")
                (layer.parametrizations.weight.original if rounded else layer.weight).mul_(mask)

    return after_step if kept else None


def _answers(teacher: nn.Module, split: data.Split, folder: Path) -> np.ndarray:
    """The teacher's logits for the images that are fine-tuned on: `(n, 10)`; computed once in a folder."""
    weights = save({name: tensor.contiguous() for name, tensor in teacher.state_dict().items()})
    path = folder / f"teacher-{hashlib.sha256(weights).hexdigest()[:16]}-{len(split)}.npy"
    try:
        logits = np.load(io.BytesIO(path.read_bytes()), allow_pickle=False)
        if logits.shape == (len(split), 10):
            return logits
    except (OSError, ValueError, EOFError):
        pass
    with tempfile.TemporaryDirectory() as temporary:
        predict = onnx_predictor(export(teacher, Path(temporary) / "teacher.onnx"))
    inputs = split.inputs
    logits = np.concatenate([predict(inputs[start : start + 100]) for start in range(0, len(inputs), 100)])
    content = io.BytesIO()
    np.save(content, logits, allow_pickle=False)
    write_atomically(path, content.getvalue())
    return logits
