"""Candidates on disk: each is a model file and, written last, a JSON file, so that work which was cut short shows.

Whoever asks for a candidate that is there gets it without any work; one that is half there is made anew.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from labkit import data, models, train
from labkit.compress import build
from labkit.compress.plan import Recipe
from labkit.files import write_atomically
from labkit.measure import size
from labkit.measure.memory import give_back
from labkit.quantize import needs_reduced_range
from labkit.sweeps import pack, unpack, weights_hash

FORMAT = 1  # of the JSON file; another one is not read
SAID = ".candidate.json"  # not `.json` alone: that would be the card of a weights file


@dataclass(frozen=True)
class Candidate:
    """One finished combination: what it takes, and which validation images it labels correctly.

    Args:
        path: the deployable file, `sha256` its checksum.
        operations: floating-point operations for one image; zeros count, and int8 ones count as well.
        packed: the 5,000 answers, as `labkit.sweeps.pack` writes them.
    """

    recipe: Recipe
    path: Path
    sha256: str
    size_bytes: int
    gzip_bytes: int
    parameters: int
    operations: int
    packed: str

    @property
    def correct(self) -> np.ndarray:
        """Which validation images are labelled correctly: bool `(5000,)`."""
        return unpack(self.packed)

    @property
    def accuracy(self) -> float:
        """On the validation split, 0..1."""
        return float(self.correct.mean())


def candidate(recipe: Recipe, folder: Path, seed: int = 0) -> Candidate:
    """The candidate of a recipe, from `folder` if it is finished there, made now if not."""
    name = key(recipe, seed)
    found = read(folder / f"{name}{SAID}", recipe)
    return found or _made(recipe, folder, name, seed)


def read(path: Path, recipe: Recipe) -> Candidate | None:
    """What a JSON file says of a candidate; None if it is not there, damaged, or the model beside it is another."""
    try:
        said = json.loads(path.read_bytes())
        model = path.with_name(path.name.removesuffix(SAID) + build.FILES[recipe.runtime])
        if said.pop("format") != FORMAT or Recipe(**said.pop("recipe")) != recipe:
            return None
        found = Candidate(recipe, model, **said)
        whole = hashlib.sha256(model.read_bytes()).hexdigest() == found.sha256
        numbers = (found.size_bytes, found.gzip_bytes, found.parameters, found.operations)
        return found if whole and all(isinstance(one, int) for one in numbers) and found.correct.size else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def key(recipe: Recipe, seed: int) -> str:
    """A name for all that the result depends on: weights, recipe, seed, fine-tuning, versions, and the CPU for int8."""
    facts = [FORMAT, asdict(recipe), seed, weights_hash(f"{recipe.start}.safetensors"), _libraries(recipe)]
    facts += [weights_hash("baseline.safetensors"), build.IMAGES, build.PRUNED, build.ROUNDED, needs_reduced_range()]
    return f"{recipe.start}-{hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:12]}"


def _libraries(recipe: Recipe) -> list[str]:
    converter = ("tensorflow", "ai-edge-litert") if build.FILES[recipe.runtime] == ".tflite" else ()
    return [version(name) for name in ("torch", "onnx", "onnxruntime", *converter)]


def _made(recipe: Recipe, folder: Path, name: str, seed: int) -> Candidate:
    path = folder / f"{name}{build.FILES[recipe.runtime]}"
    folder.mkdir(parents=True, exist_ok=True)
    with build.one_thread():
        plain = _plain(recipe, folder, seed)
        model = build.network(recipe, folder, seed) if plain is None else models.load_shipped(recipe.start)
        build.write(recipe, model, path, plain)
        correct = train.correct(build.predictor(recipe, path), data.load().validation)
    found = size(path)
    facts = {
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "size_bytes": found.size_bytes,
        "gzip_bytes": found.gzip_bytes,
        "parameters": models.count_parameters(model),
        "operations": build.operations(model),
        "packed": pack(correct),
    }
    said = {"format": FORMAT, "recipe": asdict(recipe), **facts}
    give_back()
    write_atomically(folder / f"{name}{SAID}", json.dumps(said, indent=1).encode() + b"\n")
    return Candidate(recipe, path, **facts)


def _plain(recipe: Recipe, folder: Path, seed: int) -> Path | None:
    """The float32 file of the same network, where this recipe only writes other numbers into it."""
    if (
        recipe.runtime != "ONNX Runtime"
        or recipe.precision == "float32"
        or (recipe.precision == "int4 weights" and _is_tuned(recipe))
    ):
        return None
    same = Recipe(recipe.start, recipe.amount, "float32", recipe.runtime)
    return candidate(same, folder, seed).path


def _is_tuned(recipe: Recipe) -> bool:
    return build.is_tuned(recipe, build.operations(models.load_shipped(recipe.start)))
