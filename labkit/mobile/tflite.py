"""TensorFlow Lite files: whether one can be run, and what it is made of."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from labkit.mobile.child import run

IDENTIFIER = b"TFL3"
NAMES = {"litert": "LiteRT", "micro": "TensorFlow Lite Micro"}
LARGEST = 2**31 - 1  # bytes: offsets in these files have 32 bits
DEADLINE = 60  # seconds that one image may take


def check_file(path: str | Path, runtime: str = "litert") -> Path:
    """`path`, once one image has gone through the file in a process of its own: a damaged file cannot hurt this one.

    Args:
        runtime: "litert" or "micro", whose interpreter tries it.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no TensorFlow Lite file, or damaged, or the interpreter cannot run it.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; was the model converted?")
    facts = path.stat()
    if facts.st_size > LARGEST:
        raise ValueError(f"{path} has {facts.st_size:,} bytes; a TensorFlow Lite file has less than 2 GiB")
    with path.open("rb") as file:
        head = file.read(8)
    if head[4:8] != IDENTIFIER:
        said = "is empty" if not facts.st_size else "does not begin as a TensorFlow Lite file (TFL3)"
        raise ValueError(f"{path} {said}: is it another kind of file? Convert the model again")
    _tried(path.resolve(), runtime, (facts.st_size, facts.st_mtime_ns))
    return path


@lru_cache(maxsize=64)
def _tried(path: Path, runtime: str, _facts: tuple) -> None:
    """One image through the file in a child process; an error is not kept, so the file is tried again next time."""
    try:
        said = run("labkit.mobile.trial", runtime, path, seconds=DEADLINE)
        error = json.loads(said.splitlines()[-1])["error"]
    except RuntimeError as crash:
        error = f"the interpreter {str(crash).splitlines()[0].partition(' ')[2].rstrip(':')} over it"
    except TimeoutError:
        error = f"one image takes more than {DEADLINE} s"
    if error:
        raise ValueError(f"{path.name} cannot be run by {NAMES[runtime]}: {error}")


def parts(path: str | Path) -> dict:
    """What a file is made of: `ops`, a list of names in order, and `tensors`, a list of dicts.

    A tensor has a `name`, a `type` ("float32", "int8", ...), a `shape`, its `bytes` in the file, and a `role`: "weight"
    (its values stand in the file: kernels and biases), "activation" (it changes with each image), or "shape".

    Raises:
        FileNotFoundError, ValueError: as `check_file`.
    """
    from ai_edge_litert import schema_py_generated as schema

    model = schema.Model.GetRootAsModel(check_file(path).read_bytes(), 0)
    graph = model.Subgraphs(0)
    names = {number: name for name, number in vars(schema.BuiltinOperator).items() if isinstance(number, int)}
    codes = [model.OperatorCodes(i) for i in range(model.OperatorCodesLength())]
    opcodes = [max(code.BuiltinCode(), code.DeprecatedBuiltinCode()) for code in codes]
    ops = [graph.Operators(i) for i in range(graph.OperatorsLength())]
    return {
        "ops": [names[opcodes[op.OpcodeIndex()]] for op in ops],
        "tensors": [_tensor(schema, model, graph.Tensors(i)) for i in range(graph.TensorsLength())],
    }


def _tensor(schema, model, tensor) -> dict:
    kinds = {number: name.lower() for name, number in vars(schema.TensorType).items() if isinstance(number, int)}
    shape = [tensor.Shape(i) for i in range(tensor.ShapeLength())]
    stored = model.Buffers(tensor.Buffer()).DataLength()
    name = (tensor.Name() or b"").decode(errors="replace")
    is_shape = stored and kinds[tensor.Type()] == "int32" and "bias" not in name.lower() and not _scales(tensor)
    role = ("shape" if is_shape else "weight") if stored else "activation"
    return {"name": name, "type": kinds[tensor.Type()], "shape": shape, "bytes": stored, "role": role}


def _scales(tensor) -> int:
    """How many scales a tensor has: 0 where its numbers are themselves."""
    quantization = tensor.Quantization()
    return quantization.ScaleLength() if quantization else 0


def types(path: str | Path) -> dict[str, object]:
    """One row for a table: the file's bytes, its ops, and how many weights and activations are of which type.

    Raises:
        FileNotFoundError, ValueError: as `check_file`.
    """
    found = parts(path)
    row: dict[str, object] = {"bytes": Path(path).stat().st_size, "ops": len(found["ops"])}
    for role in ("weight", "activation"):
        counted = Counter(tensor["type"] for tensor in found["tensors"] if tensor["role"] == role)
        row[f"{role}s"] = ", ".join(f"{count} {kind}" for kind, count in sorted(counted.items()))
    return row


def share(tensors: Sequence[dict], role: str, kinds: Sequence[str] = ("int8",)) -> float:
    """The share of tensors of that role that have one of these types: of the weights by bytes, else by number.

    Raises:
        ValueError: there is no tensor of that role.
    """
    of_role = [tensor for tensor in tensors if tensor["role"] == role]
    weights = [tensor["bytes"] if role == "weight" else 1 for tensor in of_role]
    if not sum(weights):
        raise ValueError(f"there is no tensor whose role is {role!r}")
    return sum(w for tensor, w in zip(of_role, weights) if tensor["type"] in kinds) / sum(weights)
