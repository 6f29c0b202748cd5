"""Core ML, for iPhones and Macs: converted on Linux and macOS, run on macOS alone."""

from __future__ import annotations

import json
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path

from labkit.mobile.child import has, run

ABSENT = "coremltools, which writes Core ML models, is not installed (not for Windows): pip install coremltools"


def coreml(network, path: str | Path, shape: tuple[int, ...] = (1, 28, 28)) -> dict:
    """Writes a PyTorch network as a Core ML package and returns what its specification says.

    The keys: `input`, `output`, `shape` of the input, `ops` (how many of each), `bytes` of the whole package.

    Args:
        network: an `nn.Module`, or the name of a shipped one, such as "student_soft_0": then PyTorch is needed in the
            child process alone.
        path: of the package, a folder whose name ends in `.mlpackage`.

    Raises:
        ImportError: `coremltools` is not installed.
        TypeError: `network` is neither.
        ValueError: the path ends otherwise, or the network does not take inputs of this shape.
        RuntimeError: the conversion failed, or there is no such shipped network.
    """
    if not has("coremltools"):
        raise ImportError(ABSENT)
    path = Path(path)
    if path.suffix != ".mlpackage":
        raise ValueError(f"{path.name}: a Core ML package is a folder whose name ends in .mlpackage")
    path.parent.mkdir(parents=True, exist_ok=True)
    sizes = json.dumps([1, *shape])
    with tempfile.TemporaryDirectory() as folder:
        named = network if isinstance(network, str) else _traced(network, Path(folder) / "traced.pt", tuple(shape))
        said = run("labkit.mobile.coreml", named, path, sizes)
    return json.loads(said.splitlines()[-1]) | {"bytes": sum(f.stat().st_size for f in path.rglob("*") if f.is_file())}


def _traced(model, path: Path, shape: tuple[int, ...]) -> Path:
    """The network as TorchScript, for the child process; it is our own file, and no pickle of Python's."""
    import torch

    if not isinstance(model, torch.nn.Module):
        raise TypeError(f"a PyTorch network, or the name of a shipped one, is needed, not {type(model).__name__}")
    try:
        _trace(model, [1, *shape]).save(str(path))
    except (RuntimeError, TypeError, ValueError) as error:
        said = str(error).strip().splitlines()[0]
        raise ValueError(f"{type(model).__name__} cannot answer inputs of shape {shape}: {said}") from None
    return path


def _trace(model, shape: list[int]):
    import torch

    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.export is to follow, but coremltools wants a trace
        return torch.jit.trace(model.eval(), torch.zeros(shape))


def main(network: str, path: str, shape: str) -> None:
    """Runs in the child process, without TensorFlow: coremltools looks for it, and the two of them crash together."""
    sys.modules["tensorflow"] = None
    import coremltools
    import torch

    if network.endswith(".pt"):
        traced = torch.jit.load(network)
    else:
        from labkit import models

        traced = _trace(models.load_shipped(network), json.loads(shape))
    images = coremltools.TensorType(name="images", shape=json.loads(shape))
    target = coremltools.target.iOS16
    made = coremltools.convert(
        traced,
        inputs=[images],
        outputs=[coremltools.TensorType(name="logits")],
        convert_to="mlprogram",
        minimum_deployment_target=target,
    )
    made.save(path)
    specification = coremltools.models.MLModel(path, skip_model_load=True).get_spec()
    function = next(iter(specification.mlProgram.functions.values()))
    block = next(iter(function.block_specializations.values()))
    ops = Counter(one.type for one in block.operations if one.type != "const")
    entry, result = specification.description.input[0], specification.description.output[0]
    found = {"input": entry.name, "output": result.name, "shape": list(entry.type.multiArrayType.shape)}
    print(json.dumps(found | {"ops": dict(ops)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
