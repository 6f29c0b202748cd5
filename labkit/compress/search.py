"""The search: every combination that may meet the limits is built once, and the choice follows from what was counted.

Same seed, same choice: it is made from bytes, operations and answers on the validation split, which do not change from
run to run. Times do, so they are measured and shown, and decide only where a speed is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tqdm.auto import tqdm

from labkit import mobile
from labkit.compress import build, plan
from labkit.compress.choice import Limits, nearest, ordered, points_lost, within
from labkit.compress.deploy import Outcome, check_folder, deploy, is_fast_enough
from labkit.compress.plan import PRECISIONS, Recipe
from labkit.compress.store import Candidate, candidate

HOPELESS = 1.0  # points beyond the limit: no fine-tuning here wins so much back


def search(
    target: str = "browser",
    max_bytes: int | None = None,
    max_drop: float | None = 0.5,
    seed: int = 0,
    folder: str | Path = "compressed",
    prefer: str = "fast",
    gzip: bool = False,
    min_speedup: float | None = None,
    runtime: str | None = None,
    starts: Sequence[str] | None = None,
    amounts: Sequence[float] | None = None,
    precisions: Sequence[str] = PRECISIONS,
    seconds: float = 9.0,
    page: bool = True,
) -> Outcome:
    """Finds the model for a device, and writes it with its card: `folder/model.onnx`, `folder/card.json`.

    Every finished candidate is kept in `folder/candidates`: a search that was killed goes on where it stopped, and
    another one with other limits starts from there. Out of reach, it writes the nearest and says which limit binds.

    Args:
        target: a name in `TARGETS`; for "browser" also `folder/page.html` is written, which runs the model.
        max_bytes: of the file; None for no limit.
        max_drop: points of accuracy that may be lost against the baseline on the validation split; None for no limit.
        seed: of the fine-tuning.
        prefer: among those within the limits: "fast", fewest operations, then bytes; "small", fewest bytes; "accurate".
        gzip: count bytes after gzip, as a web server sends them; only then are weights pruned one by one.
        min_speedup: how many times faster than the PyTorch baseline, at the near end of the interval, on this machine.
        runtime: only this one, such as "LiteRT" for a phone; the target's own unless told.
        starts, amounts, precisions: only these networks, shares of pruned weights, and precisions.
        seconds: for the final timing. Nothing else is timed unless `min_speedup` is given.
        page: False leaves the page out.

    Raises:
        ValueError: an argument is unknown or out of range, there is nothing to combine, or `folder` is a file or holds
            a model that no search wrote.
        DataError: a shipped network is missing or damaged.
        OSError: the folder cannot be written to.
    """
    limits = Limits(target, max_bytes, max_drop, prefer, gzip, min_speedup, runtime)
    limits.check()
    if any(build.FILES[one] == ".tflite" for one in limits.runtimes) and not mobile.has("tensorflow"):
        raise ValueError(f"a {target} needs a .tflite file, and TensorFlow, which converts, is not installed here")
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**63:
        raise ValueError(f"the seed is a whole number below 2**63, 0 or more, not {seed!r}")
    amounts = (plan.AMOUNTS if gzip else ()) if amounts is None else tuple(amounts)
    _check_parts(starts, amounts, precisions)
    folder = Path(folder)
    check_folder(folder)
    with tqdm(unit="candidate") as bar:
        baseline, found = _evaluated(limits, folder / "candidates", seed, starts, amounts, tuple(precisions), bar)
    chosen, reached, binds = _choice(found, baseline, limits, seconds)
    return deploy(chosen, reached, binds, found, baseline, limits, folder, seed, seconds, page)


def _evaluated(limits: Limits, kept: Path, seed, starts, amounts, precisions, bar) -> tuple[Candidate, list[Candidate]]:
    """The baseline, and the candidates: those that may meet the limits and, if none does, all others too."""

    def made(recipe: Recipe) -> Candidate:
        bar.set_description(str(recipe))
        done = candidate(recipe, kept, seed)
        bar.update()
        return done

    baseline = made(Recipe("baseline", runtime="PyTorch"))
    groups = [[one] for one in starts] if starts else plan.starts(zeros=limits.gzip)
    plain = [[made(Recipe(name, runtime="PyTorch")) for name in names] for names in groups]
    best = [min(group, key=lambda one: (-one.correct.sum(), one.recipe.start)) for group in plain]
    found: list[Candidate] = []
    for networks in _rounds(best, baseline, limits, precisions):
        recipes = [
            recipe
            for one in networks
            for recipe in plan.combinations(one.recipe.start, limits.runtimes, amounts, precisions)
        ]
        bar.total = bar.n + len(recipes)
        found += [made(recipe) for recipe in recipes]
        if any(within(one, baseline, limits) for one in found):
            break
    if not found:
        raise ValueError(f"no network can be combined with {', '.join(precisions)} for {limits.target}")
    return baseline, found


def _rounds(plain: list[Candidate], baseline: Candidate, limits: Limits, precisions: Sequence[str]) -> list[list]:
    """Networks in the order in which they are tried until one is within the limits: those that may be, those that may
    be accurate enough, which tells how many bytes that takes, and the most accurate one that may be small enough."""
    hopeful = [_may_be_accurate(one, baseline, limits) + 2 * _may_be_small(one, limits, precisions) for one in plain]
    both, accurate, small = ([one for one, hope in zip(plain, hopeful) if hope == wanted] for wanted in (3, 1, 2))
    small = sorted(small, key=lambda one: (-one.correct.sum(), one.recipe.start))[:1]
    return [both, accurate + (small if not both else []), plain if not (both or accurate or small) else []]


def _may_be_accurate(plain: Candidate, baseline: Candidate, limits: Limits) -> bool:
    """Whether a network as it is loses little enough for fine-tuning to win the rest back."""
    return limits.max_drop is None or points_lost(plain, baseline) <= limits.max_drop + HOPELESS


def _may_be_small(plain: Candidate, limits: Limits, precisions: Sequence[str]) -> bool:
    """Whether a network is small enough in some precision, if its weights were all that the file holds."""
    bits = [plan.BITS[one] for runtime in limits.runtimes for one in precisions if one in plan.RUNS[runtime]]
    least = plain.parameters * min(bits, default=32) // 8
    return limits.max_bytes is None or limits.gzip or least <= limits.max_bytes


def _choice(found: list[Candidate], baseline: Candidate, limits: Limits, seconds: float) -> tuple[Candidate, bool, str]:
    """The chosen candidate, whether it is within the limits, and what binds if it is not."""
    eligible = ordered([one for one in found if within(one, baseline, limits)], limits)
    if not eligible:
        chosen, binds = nearest(found, baseline, limits)
        return chosen, False, binds
    if limits.min_speedup is None:
        return eligible[0], True, ""
    for one in eligible:
        if is_fast_enough(one, baseline, limits.min_speedup, seconds):
            return one, True, ""
    which = f"none of the {len(eligible)} within the other limits"
    said = f"speed: {which} is certainly {limits.min_speedup:g}x faster than PyTorch on this machine"
    return ordered(eligible, replace(limits, prefer="fast"))[0], False, said


def _check_parts(starts, amounts, precisions) -> None:
    known = [name for group in plan.starts(zeros=True) for name in group]
    if starts is not None and (isinstance(starts, str) or not starts or set(starts) - set(known)):
        raise ValueError(f"starts is a list of shipped networks, of {', '.join(known)}; not {starts!r}")
    if any(isinstance(one, str) or not 0 <= one < 1 for one in amounts):
        raise ValueError(f"amounts are shares of weights to prune, from 0 to below 1, not {list(amounts)}")
    if isinstance(precisions, str) or not precisions or set(precisions) - set(PRECISIONS):
        raise ValueError(f"precisions is a list, of {', '.join(PRECISIONS)}; not {precisions!r}")
