"""Quantization: maps from numbers to codes, networks with rounded weights, and files that run in int8."""

from labkit.quantize.crossover import crossover
from labkit.quantize.dynamic import choose_engine, dynamic_onnx, encoder_rows
from labkit.quantize.files import METHODS, needs_reduced_range, quantize_onnx
from labkit.quantize.maps import (
    SCHEMES,
    affine_parameters,
    dequantize,
    fake_quantize,
    limits,
    quantize,
    quantize_affine,
    quantize_per_channel,
    symmetric_scale,
)
from labkit.quantize.networks import (
    finish_qat,
    layers,
    prepare_qat,
    quantized_weights,
    shortened_weights,
    straight_through,
    with_outlier,
)
from labkit.quantize.numerics import (
    FLOATS,
    clip_range,
    dynamic_bytes,
    pair_sums,
    round_mantissa,
    saturated_share,
    sqnr_db,
)

__all__ = [
    "FLOATS",
    "METHODS",
    "SCHEMES",
    "affine_parameters",
    "choose_engine",
    "clip_range",
    "crossover",
    "dequantize",
    "dynamic_bytes",
    "dynamic_onnx",
    "encoder_rows",
    "fake_quantize",
    "finish_qat",
    "layers",
    "limits",
    "needs_reduced_range",
    "pair_sums",
    "prepare_qat",
    "quantize",
    "quantize_affine",
    "quantize_onnx",
    "quantize_per_channel",
    "quantized_weights",
    "round_mantissa",
    "saturated_share",
    "shortened_weights",
    "sqnr_db",
    "straight_through",
    "symmetric_scale",
    "with_outlier",
]
