"""Core ML, for iPhones and Macs: converted on Linux and macOS, run on macOS alone."""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

from labkit.mobile.child import has, run

ABSENT = "coremltools, which writes Core ML models, is not installed (not for Windows): pip install coremltools"


def coreml(model, path: str | Path, shape: tuple[int, ...] = (1, 28, 28)) -> dict:
    """Writes a PyTorch network as a Core ML package and returns what its specification says.

    The keys: `input`, `output`, `shape` of the input, `ops` (how many of each), `bytes` of the whole package.

    Args:
        path: of the package, a folder whose name ends in `.mlpackage`.

    Raises:
        ImportError: `coremltools` is not installed.
        TypeError: `model` is no network.
        ValueError: the path ends otherwise, or the network does not take inputs of this shape.
        RuntimeError: the conversion failed.
    """
    import torch

    if not has("coremltools"):
        raise ImportError(ABSENT)
    if not isinstance(model, torch.nn.Module):
        raise TypeError(f"a PyTorch network is needed, not {type(model).__name__}")
    path = Path(path)
    if path.suffix != ".mlpackage":
        raise ValueError(f"{path.name}: a Core ML package is a folder whose name ends in .mlpackage")
    example = torch.zeros(1, *shape)
    try:
        with torch.no_grad():
            traced = torch.jit.trace(model.eval(), example)
    except (RuntimeError, TypeError, ValueError) as error:
        said = str(error).strip().splitlines()[0]
        raise ValueError(f"{type(model).__name__} cannot answer inputs of shape {tuple(shape)}: {said}") from None
    with tempfile.TemporaryDirectory() as folder:
        traced.save(str(Path(folder) / "traced.pt"))
        path.parent.mkdir(parents=True, exist_ok=True)
        said = run("labkit.mobile.coreml", Path(folder) / "traced.pt", path, json.dumps(list(example.shape)))
    return json.loads(said.splitlines()[-1]) | {"bytes": sum(f.stat().st_size for f in path.rglob("*") if f.is_file())}


def main(traced: str, path: str, shape: str) -> None:
    """Runs in the child process, without TensorFlow: coremltools looks for it, and the two of them crash together."""
    sys.modules["tensorflow"] = None
    import coremltools
    import torch

    images = coremltools.TensorType(name="images", shape=json.loads(shape))
    target = coremltools.target.iOS16
    made = coremltools.convert(
        torch.jit.load(traced),
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
