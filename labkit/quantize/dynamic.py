"""The lecture's dynamic quantization: which engine it needs, what to do where it is gone, and an encoder under it."""

from __future__ import annotations

import copy
import gc
import json
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import torch
from torch import nn

from labkit.files import write_atomically
from labkit.measure.memory import give_back
from labkit.measure.stopwatch import race
from labkit.onnx import export, quiet
from labkit.quantize.crossover import int8_row
from labkit.quantize.files import checked_file

ENGINES = ("x86", "fbgemm", "onednn", "qnnpack")  # the best first; Arm has the last one only
SENTENCE = 32  # tokens
CHILD = "from labkit.quantize.dynamic import _report; _report({batches}, {seconds})"


def choose_engine() -> str | None:
    """Sets PyTorch's engine for int8 to the best one that this machine has, and names it.

    None where this PyTorch has no dynamic quantization any more: it is deprecated, and its successor is torchao.
    """
    api = getattr(getattr(torch, "ao", None), "quantization", None)
    there = [one for one in ENGINES if one in torch.backends.quantized.supported_engines]
    if not hasattr(api, "quantize_dynamic") or not there:
        return None
    torch.backends.quantized.engine = there[0]
    return there[0]


def dynamic_onnx(model: nn.Module, path: str | Path) -> Path:
    """Writes `model` with its linear layers in int8, by ONNX Runtime: what to do where PyTorch cannot. Returns `path`.

    Raises:
        TypeError: `model` is no network.
        ValueError: the model has no linear layer, or its weights are NaN or infinite.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    if not isinstance(model, nn.Module):
        raise TypeError(f"a PyTorch network is needed, not {type(model).__name__}")
    if not any(isinstance(layer, nn.Linear) for layer in model.modules()):
        raise ValueError(f"{type(model).__name__} has no linear layer to quantize")
    with tempfile.TemporaryDirectory() as folder, quiet():
        plain = export(model, Path(folder) / "float32.onnx")
        checked_file(plain)
        plain = onnx.load(plain)
        plain.graph.ClearField("value_info")  # shapes from before it turns a layer's weights round
        kinds = ["Gemm", "MatMul"]
        small = Path(folder) / "int8.onnx"
        quantize_dynamic(plain, small, weight_type=QuantType.QInt8, op_types_to_quantize=kinds)
        write_atomically(path, small.read_bytes())
    return Path(path)


def encoder_rows(batches: tuple[int, ...] = (1, 4), seconds: float = 2.0) -> list[dict]:
    """A DistilBERT-shaped encoder under dynamic quantization of its linear layers, in a process of its own.

    One row a batch (sentences of 32 tokens): `float_bytes` and `int8_bytes` of the saved files, `linear_share` of the
    parameters, `float_ms`, `int8_ms`, and `ratio` of the two with `ratio_low` to `ratio_high`, 95 %.

    Raises:
        RuntimeError: the process failed, or this PyTorch has no dynamic quantization.
    """
    gc.collect()
    give_back()
    program = CHILD.format(batches=tuple(batches), seconds=seconds)
    child = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    if child.returncode:
        raise RuntimeError(f"the encoder's process failed: {child.stderr.strip().splitlines()[-1:]}")
    return json.loads(child.stdout.strip().splitlines()[-1])


def _report(batches: tuple[int, ...], seconds: float) -> None:
    """What the child process prints: the rows as JSON."""
    from labkit.encoder import VOCABULARY, Encoder

    if choose_engine() is None:
        raise RuntimeError("this PyTorch has no dynamic quantization")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    warnings.simplefilter("ignore")  # deprecated in favour of torchao, and it says so each time
    plain = Encoder().eval()
    # A copy that shares its numbers with the original: the one that `quantize_dynamic` makes takes 265 MB more.
    small = _quantized(copy.deepcopy(plain, {id(p): p for p in plain.parameters()}))
    rows = [_timed(plain, small, batch, seconds, VOCABULARY) for batch in batches]
    del small  # there is memory for two of the three: float32, int8, and the copy that saving makes
    facts = _bytes(plain)
    print(json.dumps([facts | row for row in rows]))


def _quantized(model: nn.Module) -> nn.Module:
    """The same model, its linear layers now int8; the float32 ones are gone unless another model has them."""
    torch.ao.quantization.quantize_dynamic(model, {nn.Linear}, dtype=torch.qint8, inplace=True)
    gc.collect()  # they refer to each other in a circle
    give_back()
    return model


def _bytes(model: nn.Module) -> dict:
    """What is known of the model without running it; it is int8 afterwards."""
    linear = sum(p.numel() for layer in model.modules() if isinstance(layer, nn.Linear) for p in layer.parameters())
    parameters, float_bytes = sum(p.numel() for p in model.parameters()), _saved(model)
    sizes = {"float_bytes": float_bytes, "int8_bytes": _saved(_quantized(model))}
    return {"parameters": parameters, "linear_share": linear / parameters, **sizes}


def _saved(model: nn.Module) -> int:
    with tempfile.TemporaryDirectory() as folder:
        torch.save(model.state_dict(), Path(folder) / "model.pth")
        return (Path(folder) / "model.pth").stat().st_size  # `size` would also gzip it, which takes 12 s


def _timed(plain: nn.Module, small: nn.Module, batch: int, seconds: float, vocabulary: int) -> dict:
    tokens = torch.randint(vocabulary, (batch, SENTENCE))
    with torch.inference_mode():
        found = race({"float32": lambda: plain(tokens), "int8": lambda: small(tokens)}, seconds=seconds)
    return {"batch": batch, "noise": found.noise, **int8_row(found)}
