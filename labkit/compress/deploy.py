"""The end of the pipeline: the chosen model is measured once, and written with its card, its row and its page."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from html import escape
from pathlib import Path

import numpy as np

from labkit import __version__, data, mobile
from labkit.compress import build
from labkit.compress.choice import Limits, ordered, points_lost, within
from labkit.compress.headline import Headline, headline, inverse, share
from labkit.compress.plan import TARGETS
from labkit.compress.store import Candidate
from labkit.files import write_atomically
from labkit.measure import Measurement, Size, accuracy_difference, fingerprint, race
from labkit.sweeps import weights_hash

MADE_BY = "labkit compress"
MODEL, CARD, PAGE = "model", "card.json", "page.html"


@dataclass(frozen=True)
class Outcome:
    """What a search ended with. Prints as the choice, what binds, and the candidates.

    Args:
        reached: whether the chosen one is within the limits; if not it is the nearest, and `binds` says why.
        candidates: all that were built, the preferred first.
        path, card_path: the model file and its card, which `card` holds; `page_path` is None without a page.
        headline: the chosen one against the baseline, on the test split; `row` is its row for `results.save`.
    """

    chosen: Candidate
    reached: bool
    binds: str
    candidates: list[Candidate]
    baseline: Candidate
    limits: Limits
    path: Path
    card_path: Path
    page_path: Path | None
    card: dict
    headline: Headline

    @property
    def row(self) -> Measurement:
        return self.headline.row

    def table(self):
        """One row a candidate, the preferred one first, as text in a pandas DataFrame."""
        import pandas as pd

        rows = [
            {
                "candidate": str(one.recipe),
                "bytes": f"{one.size_bytes:,}",
                "gzip bytes": f"{one.gzip_bytes:,}",
                "points lost (validation)": f"{points_lost(one, self.baseline):.2f}",
                "million operations": f"{one.operations / 1e6:.2f}",
                "": "chosen" if one is self.chosen else "within" if within(one, self.baseline, self.limits) else "",
            }
            for one in self.candidates
        ]
        return pd.DataFrame(rows).set_index("candidate")

    def summary(self) -> str:
        """The choice in a sentence or two."""
        lost, one = points_lost(self.chosen, self.baseline), self.chosen
        size = f"{one.size_bytes:,} bytes ({one.gzip_bytes:,} after gzip)"
        said = f"{one.recipe}: {size}, {lost:.2f} points lost on validation."
        return f"Chosen: {said}" if self.reached else f"Out of reach, so the nearest: {said} What binds: {self.binds}."

    def __repr__(self) -> str:
        return f"{self.summary()}\n{self.table().to_string()}\n{self.headline}"

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.summary())}</p>{self.table().to_html()}{self.headline._repr_html_()}"


def deploy(
    chosen: Candidate,
    reached: bool,
    binds: str,
    found: list[Candidate],
    baseline: Candidate,
    limits: Limits,
    folder: Path,
    seed: int,
    seconds: float,
    page: bool,
) -> Outcome:
    """Writes the chosen model, its page and its card into `folder`, and returns all that was found.

    The test split is used here, once: the same model on the same machine reads its figures from the card.
    """
    path = folder / f"{MODEL}{build.FILES[chosen.recipe.runtime]}"
    final = _final(chosen, path.name, _read(folder / CARD), seconds)
    facts = _facts(chosen, reached, binds, baseline, limits, seed, final, path)
    text = json.dumps(facts | {"time": datetime.now(UTC).isoformat(timespec="seconds")}, indent=1, allow_nan=False)
    # The card first: with it the next search knows the folder as its own, wherever this one is killed.
    write_atomically(folder / CARD, text.encode() + b"\n")
    for other in _outputs(folder):
        other.unlink()
    write_atomically(path, chosen.path.read_bytes())
    where = _page(path, folder / PAGE, TARGETS[limits.target].page and page)
    ranked, card = ordered(found, limits), json.loads(text)
    return Outcome(chosen, reached, binds, ranked, baseline, limits, path, folder / CARD, where, card, final)


def check_folder(folder: Path) -> None:
    """Raises ValueError where `folder` is a file, or holds something of the same name that no search wrote."""
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file; name a folder for the model")
    others = [path for path in (folder / CARD, *_outputs(folder)) if path.exists()]
    ours = _read(folder / CARD).get("made_by") == MADE_BY and all(path.is_file() for path in others)
    if others and not ours:
        names = ", ".join(path.name for path in others)
        raise ValueError(f"{folder} holds {names} from elsewhere, which stays: name another folder")


def _outputs(folder: Path) -> list[Path]:
    """What a search writes, as far as it is there; not the card."""
    names = [f"{MODEL}{suffix}" for suffix in dict.fromkeys(build.FILES.values())] + [PAGE]
    return [folder / name for name in names if (folder / name).exists()]


def is_fast_enough(one: Candidate, baseline: Candidate, speedup: float, seconds: float) -> bool:
    """Whether a candidate is certainly so many times faster than the baseline on this machine: the near end counts."""
    image = np.ascontiguousarray(data.load().validation.inputs[:1])
    calls = {kind.sha256: build.predictor(kind.recipe, kind.path) for kind in (baseline, one)}
    found = race({name: (lambda p=p: p(image)) for name, p in calls.items()}, seconds=seconds / 3)
    return inverse(found[one.sha256])[1] >= speedup


def _final(chosen: Candidate, file: str, before: dict, seconds: float) -> Headline:
    if before.get("sha256") == chosen.sha256 and before.get("machine", {}).get("id") == fingerprint()["id"]:
        try:
            return _headline_from(before["headline"])
        except (KeyError, TypeError):
            pass
    predict = build.predictor(chosen.recipe, chosen.path)
    found = headline(chosen.path, str(chosen.recipe), seconds=seconds, predict=predict)
    return replace(found, size=replace(found.size, files=(file,)))


def _headline_from(said: dict) -> Headline:
    size = Size(**said["size"] | {"files": tuple(said["size"]["files"])})
    row = Measurement(**said["row"])
    ends = {name: tuple(value) for name, value in said.items() if isinstance(value, list)}
    found = Headline(**said | ends | {"size": size, "row": row})
    if not all(isinstance(getattr(found, one.name), tuple) for one in fields(found) if one.type == "Ends"):
        raise TypeError("not a headline")
    return found


def _facts(chosen, reached, binds, baseline, limits, seed, final, path) -> dict:
    """The card without the time: what the model is, how it was made, what it was measured to do."""
    accuracy, difference = share(chosen.correct), accuracy_difference(baseline.correct, chosen.correct)
    recipe = chosen.recipe
    return {
        "made_by": MADE_BY,
        "model": str(recipe),
        "file": path.name,
        "sha256": chosen.sha256,
        "size_bytes": chosen.size_bytes,
        "gzip_bytes": chosen.gzip_bytes,
        "parameters": chosen.parameters,
        "operations": chosen.operations,
        "recipe": asdict(recipe),
        "seed": seed,
        "from": {"file": f"{recipe.start}.safetensors", "sha256": weights_hash(f"{recipe.start}.safetensors")},
        "limits": asdict(limits),
        "reached": reached,
        "binds": binds,
        "validation": {
            "images": len(chosen.correct),
            "accuracy": dict(zip(("value", "low", "high"), accuracy)),
            "points": dict(zip(("value", "low", "high"), (100 * end for end in difference))),
        },
        **_arena(chosen),
        "headline": asdict(final),
        "machine": fingerprint(),
        "labkit": __version__,
    }


def _arena(chosen: Candidate) -> dict:
    """The memory for activations that a microcontroller needs, where its interpreter is installed to try it."""
    if chosen.recipe.runtime != "TFLite Micro" or not mobile.has_micro():
        return {}
    return {"arena_bytes": mobile.smallest_arena(chosen.path)}


def _page(path: Path, output: Path, wanted: bool) -> Path | None:
    if not wanted or path.suffix != ".onnx":
        return None
    from labkit.browser import page

    return page(path, output)


def _read(path: Path) -> dict:
    try:
        said = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
