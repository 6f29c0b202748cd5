"""The stopwatch: variants take turns in short rounds, so whatever slows the machine slows them alike, and only their
ratio within a round is believed."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from tqdm.auto import tqdm

from labkit.measure.memory import give_back
from labkit.measure.statistics import median_interval
from labkit.measure.timing import MARGIN, Race, Timing, stretch, verdict, widened
from labkit.reference import reference

WARM_UP_ROUNDS = 3
LEAST_ROUNDS = 8
MOST_ROUNDS = 5000
LONG_SECONDS = 2  # from here on a progress bar is shown
CONTROL = object()  # the baseline's second place among the variants; no name of a variant equals it
TURN_NS = 1_000_000  # a variant's turn lasts at least a millisecond, so that the clock's own grain disappears


def race(
    calls: Mapping[str, Callable[[], object]],
    *,
    baseline: str | None = None,
    seconds: float = 3.0,
    precision: float = 0.005,
    margin: float = MARGIN,
    seed: int = 0,
    clock: Callable[[], int] = time.perf_counter_ns,
    processor: Callable[[], int] | None = None,
) -> Race:
    """Times functions of no arguments against each other, and the baseline against itself.

    A round gives each a turn: one call that is not timed, so that the caches hold this variant and not the one before,
    then timed calls for at least a millisecond. Every second round runs the order of the round before backwards.
    Where the process does not have a core for itself, every interval is as wide as with fewer rounds (`stretch`).

    Args:
        baseline: the name that every ratio is against; the first one unless told.
        seconds: time budget; at least eight rounds are run whatever they take.
        precision: stop when every ratio's interval is at most this far to either side, as a share of 1.
        margin: how large a difference must be to be called one.
        processor: nanoseconds that this process has computed; the system's count, if `clock` is the system's.

    Raises:
        ValueError: no variants, an unknown baseline, or a budget, precision or margin that is not positive.
    """
    names = list(calls)
    baseline = names[0] if baseline is None and names else baseline
    if baseline not in calls:
        raise ValueError(f"the baseline {baseline!r} is not among the variants {names}")
    if min(seconds, precision, margin) <= 0:
        raise ValueError(f"seconds, precision and margin must be above 0, not {seconds}, {precision}, {margin}")
    runners = {**calls, CONTROL: calls[baseline]}
    give_back()
    share = _core_share(runners, clock, processor)
    random, budget = np.random.default_rng(seed), time_budget(seconds)
    with _no_garbage_collection():
        turns, spent, stopped = _take_turns(runners, baseline, budget, precision, random, clock, share)
    had = share()
    found = {name: widened(_timing(str(name), turns[name], turns[baseline]), had) for name in calls}
    again = widened(_timing(f"{baseline} (again)", turns[CONTROL], turns[baseline]), had)
    result = Race(found, again, baseline, margin, len(turns[baseline]), spent, stopped, had)
    needed = max(margin, result.noise)
    for name in set(found) - {baseline}:
        word = verdict(found[name].ratio_low, found[name].ratio_high, margin, needed)
        unsure = word == "same" and result.noise > margin  # the baseline does not even look the same as itself
        found[name] = replace(found[name], verdict="cannot tell" if unsure else word)
    return result


def _take_turns(
    runners, baseline, budget, precision, random, clock, share
) -> tuple[dict[str, list[np.ndarray]], float, str]:
    """Nanoseconds of every call of every turn, by name; the seconds spent; and why it stopped."""
    start = clock()
    repeats = _repeats({name: _warm_up(name, call, clock) for name, call in runners.items()}, baseline)
    turns: dict[str, list[np.ndarray]] = {name: [] for name in runners}
    names, look = list(runners), LEAST_ROUNDS
    with _progress(budget) as show:
        for rounds in range(2, MOST_ROUNDS + 1, 2):
            order = [names[i] for i in random.permutation(len(names))]
            for name in order + order[::-1]:
                turns[name].append(_turn(runners[name], repeats[name], clock))
            spent = (clock() - start) / 1e9
            show(spent)
            if rounds >= look:  # few looks, so that stopping early does not favour lucky intervals
                look *= 2
                widest = max(_half_width(turns[name], turns[baseline]) for name in names if name != baseline)
                if widest * stretch(share()) <= precision:
                    return turns, spent, f"every ratio is known to {precision:.1%}"
            if rounds >= LEAST_ROUNDS and spent * (rounds + 2) / rounds > budget:
                return turns, spent, f"the budget of {budget:g} s was spent"
    return turns, spent, f"{MOST_ROUNDS} rounds are enough"


@reference
def time_calls(call: Callable[[], object], clock: Callable[[], float], runs: int = 100, warmup: int = 10) -> np.ndarray:
    """Milliseconds of each of `runs` calls `(runs,)`, after `warmup` calls that are not timed: one variant by itself.

    Args:
        clock: seconds, such as `time.perf_counter`.

    Source: the slide "Benchmarking Your Model".
    """
    for _ in range(warmup):
        call()
    return _each(call, runs, clock) * 1000


def time_budget(seconds: float) -> float:
    """`seconds`, or a tenth of them where `LABKIT_QUICK` asks for a short run of the same code."""
    return seconds / 10 if os.environ.get("LABKIT_QUICK") == "1" else seconds


def _warm_up(name, call: Callable[[], object], clock: Callable[[], int]) -> float:
    """Nanoseconds of the shortest of a few calls that count for nothing else. An error in `call` names the variant."""
    try:
        return min(float(_turn(call, 1, clock)[0]) for _ in range(WARM_UP_ROUNDS))
    except Exception as error:
        error.add_note(f"labkit was timing the variant {name!r}")
        raise


def _repeats(shortest: Mapping[object, float], baseline: object) -> dict:
    """How many calls fill a turn of each variant: as many as the baseline's, unless it is twice as fast or slow."""
    # The median of one call and the median of two differ where noise is skewed, so near equals need equal counts.
    base = shortest[baseline]
    alike = {name: base if base / 2 <= time <= base * 2 else time for name, time in shortest.items()}
    return {name: int(np.clip(np.ceil(TURN_NS / max(time, 1)), 1, 100)) for name, time in alike.items()}


def _turn(call: Callable[[], object], repeats: int, clock: Callable[[], int]) -> np.ndarray:
    """Nanoseconds of each of `repeats` calls, after one that is not timed. A call in another process times itself."""
    if hasattr(call, "turn"):
        return call.turn(repeats)
    call()
    return _each(call, repeats, clock)


def _each(call: Callable[[], object], n: int, clock: Callable[[], float]) -> np.ndarray:
    """The time of each of `n` calls, in the clock's unit: `(n,)`."""
    times = np.empty(n)
    for i in range(n):
        start = clock()
        call()
        times[i] = clock() - start
    return times


def _ratios(turns: list[np.ndarray], baseline: list[np.ndarray]) -> np.ndarray:
    """One ratio a round: the variant's median call against the baseline's."""
    return np.array([np.median(a) / max(np.median(b), 1) for a, b in zip(turns, baseline, strict=True)])


def _half_width(turns: list[np.ndarray], baseline: list[np.ndarray]) -> float:
    ratio, low, high = median_interval(_ratios(turns, baseline))
    return (high - low) / 2 / ratio


def _timing(name: str, turns: list[np.ndarray], baseline: list[np.ndarray]) -> Timing:
    latency = median_interval(np.array([np.median(turn) for turn in turns]) / 1e6)
    p05, p95 = np.quantile(np.concatenate(turns) / 1e6, [0.05, 0.95])
    return Timing(name, *latency, float(p05), float(p95), *median_interval(_ratios(turns, baseline)))


@contextmanager
def _progress(budget: float) -> Iterator[Callable[[float], None]]:
    """A bar over the seconds of the budget, drawn between rounds and rarely, as drawing takes time itself."""
    with tqdm(total=round(budget, 1), unit="s", leave=False, mininterval=0.5, disable=budget < LONG_SECONDS) as bar:
        yield lambda spent: bar.update(round(min(spent, budget), 1) - bar.n)


def _core_share(calls: Mapping[object, Callable], clock, processor) -> Callable[[], float | None]:
    """What tells how much of one core this process had since now; None where nothing counts it."""
    if processor is None and clock is time.perf_counter_ns:
        processor = time.process_time_ns
    if processor is None or any(hasattr(call, "turn") for call in calls.values()):  # calls in other processes
        return lambda: None
    used, start = processor(), clock()
    return lambda: (processor() - used) / max(clock() - start, 1)


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
