"""What a network is made of: the operations of an ONNX file, of a PyTorch network, and of what ONNX Runtime runs."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from labkit.files import write_atomically
from labkit.onnx.files import check_file, load
from labkit.runtimes import first_line, onnx_options

SHORT = {"BatchNormalization": "BatchNorm", "FusedConv": "Conv", "FusedGemm": "Gemm"}
MODULES = {"Conv2d": "Conv", "BatchNorm2d": "BatchNormalization", "ReLU": "Relu", "MaxPool2d": "MaxPool"}
MODULES |= {"Linear": "Gemm"}


@dataclass(frozen=True)
class Node:
    """One operation: its `op`, the names of its `inputs` and `outputs`, and what was `fused` into it."""

    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    fused: str = ""
    domain: str = ""

    @property
    def label(self) -> str:
        """How a table or a picture names it: `Conv + Relu`."""
        return " + ".join([SHORT.get(self.op, self.op), *([self.fused] if self.fused else [])])


def graph(source) -> list[Node]:
    """The operations in the order in which they run.

    Args:
        source: an `.onnx` file, or a PyTorch network whose layers follow one another, as it is before the export.

    Raises:
        FileNotFoundError, ValueError: as `check_file`.
    """
    if not isinstance(source, str | Path):
        return _layers(source)
    nodes = load(source, weights=False).graph.node
    return [Node(one.op_type, tuple(one.input), tuple(one.output), _activation(one), one.domain) for one in nodes]


def _activation(node) -> str:
    return next((one.s.decode(errors="replace") for one in node.attribute if one.name == "activation"), "")


def _layers(model) -> list[Node]:
    """A PyTorch network's layers, one after another."""
    if not hasattr(model, "modules"):
        raise TypeError(f"an .onnx file or a PyTorch network is needed, not {type(model).__name__}")
    names = [type(one).__name__ for one in model.modules() if not any(one.children())]
    values = [f"value {i}" for i in range(len(names) + 1)]
    return [Node(MODULES.get(name, name), (values[i],), (values[i + 1],)) for i, name in enumerate(names)]


def ops(source):
    """How often each operation occurs, a pandas DataFrame: a row for each kind, a column for each source.

    Args:
        source: as `graph` takes it, or a list of nodes, or a dictionary of these by the heading of their column.

    Raises:
        FileNotFoundError, ValueError: as `check_file`.
    """
    import pandas as pd

    sources = source if isinstance(source, Mapping) else {"count": source}
    counts = {name: Counter(node.label for node in nodes(one)) for name, one in sources.items()}
    kinds = dict.fromkeys(kind for count in counts.values() for kind in count)
    rows = {kind: {name: count[kind] for name, count in counts.items()} for kind in kinds}
    rows["all"] = {name: count.total() for name, count in counts.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(counts))


def nodes(source) -> list[Node]:
    """`graph(source)`, or the source itself where it is a list of nodes already."""
    return list(source) if isinstance(source, Sequence) and not isinstance(source, str) else graph(source)


def optimised(path: str | Path, output: str | Path, level: str = "ALL") -> Path:
    """Writes what ONNX Runtime makes of the file before it runs it; returns its path `output`.

    A file written with LAYOUT or ALL is for this kind of CPU only.

    Args:
        level: of the optimiser, one of `labkit.runtimes.LEVELS`.

    Raises:
        FileNotFoundError, ValueError: as `check_file`; an unknown level; or ONNX Runtime cannot load the file.
    """
    import onnxruntime

    check_file(path)
    options = onnx_options(level=level)
    with tempfile.TemporaryDirectory() as folder:
        options.optimized_model_filepath = str(Path(folder) / "optimised.onnx")
        try:
            onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's own kinds have nothing else in common
            raise ValueError(f"{path} cannot be loaded, so export it again: {first_line(error)}") from None
        write_atomically(output, (Path(folder) / "optimised.onnx").read_bytes())
    return Path(output)
