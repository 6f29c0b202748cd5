"""A Keras twin of a PyTorch network: the same layers, the same weights, another order of their numbers.

`save_twin` runs beside PyTorch and writes layers and weights as one `.npz` file, no pickle; `load_twin` runs in a child
process, beside TensorFlow, and builds the twin from it.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np

from labkit.files import write_atomically
from labkit.mobile.layouts import flatten_order, kernel_to_keras

SIDE = 28


def save_twin(model, path: str | Path) -> Path:
    """Writes the layers and weights of a PyTorch network as Keras wants them; returns the path of the `.npz` file.

    Args:
        model: `Baseline` or `Student`, or any network whose `features` and `classifier` are made of the same layers.

    Raises:
        TypeError: the model is no network.
        ValueError: it has no `features` and `classifier`, or a layer that has no twin here.
    """
    layers, arrays = twin_of(model)
    content = io.BytesIO()
    np.savez(content, layers=np.frombuffer(json.dumps(layers).encode(), np.uint8), **arrays)
    path = Path(path)
    write_atomically(path, content.getvalue())
    return path


def twin_of(model) -> tuple[list[dict], dict[str, np.ndarray]]:
    """What each layer of the twin is, in order, and its weights by name.

    Raises:
        TypeError, ValueError: as `save_twin`.
    """
    from torch import nn

    if not isinstance(model, nn.Module):
        raise TypeError(f"a PyTorch network is needed, not {type(model).__name__}")
    parts = [getattr(model, name, None) for name in ("features", "classifier")]
    if not all(isinstance(part, nn.Sequential) for part in parts):
        raise ValueError(f"{type(model).__name__} has no `features` and `classifier` of layers in a row")
    layers: list[dict] = []
    arrays: dict[str, np.ndarray] = {}
    maps = (1, SIDE, SIDE)  # channels, height, width after the layers so far
    for number, layer in enumerate([*parts[0], *parts[1]]):
        described, weights, maps = _twin_layer(layer, maps, first=not any(one["kind"] == "dense" for one in layers))
        layers.append({**described, "weights": [f"{number}.{name}" for name in weights]})
        arrays |= {f"{number}.{name}": values for name, values in weights.items()}
    return layers, arrays


def _twin_layer(layer, maps: tuple[int, int, int], first: bool) -> tuple[dict, dict[str, np.ndarray], tuple]:
    """One layer's twin, its weights in the order of Keras, and the shape of the maps after it."""
    from torch import nn

    kind = type(layer)
    if kind is nn.Conv2d and layer.padding == (1, 1) and layer.kernel_size == (3, 3) and _is_plain(layer):
        weights = {"kernel": kernel_to_keras(_values(layer.weight))}
        weights |= {"bias": _values(layer.bias)} if layer.bias is not None else {}
        bias = layer.bias is not None
        return {"kind": "conv", "filters": layer.out_channels, "bias": bias}, weights, (layer.out_channels, *maps[1:])
    if kind is nn.BatchNorm2d and layer.affine:
        names = ("weight", "bias", "running_mean", "running_var")
        return {"kind": "norm", "epsilon": layer.eps}, {name: _values(getattr(layer, name)) for name in names}, maps
    if kind is nn.MaxPool2d and layer.kernel_size in (2, (2, 2)) and layer.stride in (2, (2, 2)) and not layer.padding:
        return {"kind": "pool"}, {}, (maps[0], maps[1] // 2, maps[2] // 2)
    if kind is nn.ReLU:
        return {"kind": "relu"}, {}, maps
    if kind is nn.Flatten:
        return {"kind": "flatten"}, {}, maps
    if kind is nn.Linear and layer.bias is not None:
        weight = _values(layer.weight)
        kernel = flatten_order(weight, *maps) if first else np.ascontiguousarray(weight.T)
        return {"kind": "dense", "units": layer.out_features}, {"kernel": kernel, "bias": _values(layer.bias)}, maps
    raise ValueError(f"no Keras twin is known here for the layer {layer}")


def _is_plain(layer) -> bool:
    return layer.stride == (1, 1) and layer.dilation == (1, 1) and layer.groups == 1


def _values(tensor) -> np.ndarray:
    return np.ascontiguousarray(tensor.detach().cpu().float().numpy())


def read_twin(path: str | Path) -> tuple[list[dict], dict[str, np.ndarray]]:
    """What `save_twin` wrote: the layers, and the weights by name.

    Raises:
        ValueError: the file is missing, damaged, or no twin.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        return json.loads(arrays.pop("layers").tobytes()), arrays
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path}: not what `save_twin` writes ({error}); save the twin again") from None


def load_twin(path: str | Path):
    """The Keras twin: images `(n, 28, 28, 1)` to logits `(n, 10)`. Only for a process without PyTorch.

    Its batch is fixed at 1: the files made of it need no op that asks for the batch, which a microcontroller may lack.

    Raises:
        ImportError: TensorFlow is not installed.
        ValueError: the file is missing, damaged, or no twin.
    """
    import keras

    layers, arrays = read_twin(path)
    model = keras.Sequential([keras.Input((SIDE, SIDE, 1), batch_size=1, name="images")])
    for described in layers:
        model.add(_keras_layer(keras.layers, described))
        model.layers[-1].set_weights([arrays[name] for name in described["weights"]])
    return model


def _keras_layer(layers, described: dict):
    kind = described["kind"]
    if kind == "conv":
        return layers.Conv2D(described["filters"], 3, padding="same", use_bias=described["bias"])
    if kind == "norm":
        return layers.BatchNormalization(epsilon=described["epsilon"])
    if kind == "pool":
        return layers.MaxPooling2D(2)
    if kind == "dense":
        return layers.Dense(described["units"])
    return {"relu": layers.ReLU, "flatten": layers.Flatten}[kind]()
