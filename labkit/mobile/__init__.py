"""TensorFlow Lite files, from a Keras twin to a microcontroller; Core ML beside them."""

from labkit.mobile.asked import ask_pytorch
from labkit.mobile.carray import c_array, c_bytes
from labkit.mobile.child import has, run
from labkit.mobile.codes import quantize_input
from labkit.mobile.converter import KINDS, convert, save_images
from labkit.mobile.coreml import coreml
from labkit.mobile.devices import MICROCONTROLLER, Device, arena_bytes, choose_target, split_gain
from labkit.mobile.layouts import flatten_order, kernel_to_keras, nchw_to_nhwc
from labkit.mobile.micro import has_micro, micro_predictor, smallest_arena
from labkit.mobile.store import read_card, shipped
from labkit.mobile.tflite import check_file, parts, share, types
from labkit.mobile.twin import load_twin, save_twin

__all__ = [
    "KINDS",
    "MICROCONTROLLER",
    "Device",
    "arena_bytes",
    "ask_pytorch",
    "c_array",
    "c_bytes",
    "check_file",
    "choose_target",
    "convert",
    "coreml",
    "flatten_order",
    "has",
    "has_micro",
    "kernel_to_keras",
    "load_twin",
    "micro_predictor",
    "nchw_to_nhwc",
    "parts",
    "quantize_input",
    "read_card",
    "run",
    "save_images",
    "save_twin",
    "share",
    "shipped",
    "smallest_arena",
    "split_gain",
    "types",
]
