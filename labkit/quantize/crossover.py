"""Where int8 starts to win: one linear layer of several widths, float32 against int8 in ONNX Runtime, on this CPU."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from labkit.measure.stopwatch import race
from labkit.measure.timing import Race
from labkit.quantize.files import quantize_onnx
from labkit.runtimes import onnx_predictor

WIDTHS = (16, 32, 64, 128, 256, 512, 1024, 2048)
BATCHES = (1, 8, 64)


def crossover(
    widths: Sequence[int] = WIDTHS, batches: Sequence[int] = BATCHES, seconds: float = 6.0, threads: int = 1
) -> list[dict]:
    """One row a combination: `width`, `batch`, `float_ms`, `int8_ms`, and `ratio` with its 95 % interval.

    The layer is a square matrix with a bias; turning its input to int8 and its output back is included.

    Args:
        seconds: for all combinations together.

    Raises:
        ValueError: no widths, no batches, one of them below 1 or no whole number, or `seconds` not above 0.
    """
    if not widths or not batches or not all(isinstance(n, int) and n >= 1 for n in (*widths, *batches)):
        raise ValueError(
            f"widths and batches must be whole numbers, at least 1 each, not {list(widths)} and {list(batches)}"
        )
    if not seconds > 0:
        raise ValueError(f"seconds must be above 0, not {seconds}")
    rows, each = [], seconds / (len(widths) * len(batches))
    with tempfile.TemporaryDirectory() as folder, tqdm(total=len(widths) * len(batches), unit="pair") as bar:
        for width in widths:
            plain, small = layer_files(width, Path(folder))
            predict = {"float32": onnx_predictor(plain, threads), "int8": onnx_predictor(small, threads)}
            for batch in batches:
                rows.append({"width": width, "batch": batch, **_race(predict, width, batch, each)})
                bar.update()
    return [next(r for r in rows if (r["width"], r["batch"]) == pair) for pair in product(widths, batches)]


def layer_files(width: int, folder: Path) -> tuple[Path, Path]:
    """One linear layer from `width` to `width` as a float32 and as an int8 file: weights and inputs are noise."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    random = np.random.default_rng(width)
    weights = (random.normal(size=(width, width)) / np.sqrt(width)).astype(np.float32)
    bias = random.normal(size=width).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["images", "weight", "bias"], ["logits"], transB=1)],
        "layer",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["batch", width])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", width])],
        [numpy_helper.from_array(weights, "weight"), numpy_helper.from_array(bias, "bias")],
    )
    plain = folder / f"float32_{width}.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), plain)
    seen = random.normal(size=(64, width)).astype(np.float32)
    return plain, quantize_onnx(plain, folder / f"int8_{width}.onnx", seen)


def _race(predict: dict, width: int, batch: int, seconds: float) -> dict:
    inputs = np.random.default_rng(batch).normal(size=(batch, width)).astype(np.float32)
    calls = {name: (lambda one=one: one(inputs)) for name, one in predict.items()}
    return int8_row(race(calls, seconds=seconds))


def int8_row(found: Race) -> dict:
    """What a race of "float32" against "int8" found, as a row: both latencies in ms, and their ratio, 95 %."""
    int8 = found["int8"]
    times = {"float_ms": found["float32"].latency_ms, "int8_ms": int8.latency_ms}
    return times | {"ratio": int8.ratio, "ratio_low": int8.ratio_low, "ratio_high": int8.ratio_high}
