"""What a race finds: a `Timing` for each variant, the control beside them, and the words that an interval allows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape

import numpy as np

from labkit.reference import reference

MARGIN = 0.02  # differences below 2 % are of no use to anyone
ALONE = 0.9  # a process that computes all the time and has less of a core than this shares it
LEAST_SHARE = 0.1  # calls that sleep use no core at all, and share none


@dataclass(frozen=True)
class Timing:
    """One variant's times: milliseconds of one call, and the ratio to the baseline's time in the same round.

    Args:
        latency_ms: median of one call, with its 95 % interval `latency_low_ms` to `latency_high_ms`.
        p05_ms, p95_ms: 5 % of the calls were faster than the first, 5 % slower than the second.
        ratio: latency divided by the baseline's, below 1 is faster, with its 95 % interval.
        verdict: `faster`, `slower`, `same` or `cannot tell`; None for the baseline itself.
    """

    name: str
    latency_ms: float
    latency_low_ms: float
    latency_high_ms: float
    p05_ms: float
    p95_ms: float
    ratio: float
    ratio_low: float
    ratio_high: float
    verdict: str | None = None


@dataclass(frozen=True)
class Race:
    """What `race` found: a `Timing` per variant, in the order given, and how it came about.

    `core_share` is the processor time that this process had for each second of the race: 1 is one core for itself, more
    is several threads; None where the calls ran in other processes, or by a clock of the caller's.
    """

    timings: dict[str, Timing]
    control: Timing
    baseline: str
    margin: float
    rounds: int
    seconds: float
    stopped: str
    core_share: float | None = None

    def __getitem__(self, name: str) -> Timing:
        return self.timings[name]

    @property
    def noise(self) -> float:
        """How far from 1 the interval of the A/A control reaches: below this, nothing is believed."""
        return max(abs(self.control.ratio_low - 1), abs(self.control.ratio_high - 1))

    def table(self):
        """One row a variant, as text in a pandas DataFrame."""
        import pandas as pd

        rows = [
            {
                "variant": str(name),
                "median ms": f"{timing.latency_ms:.3f}",
                "5 % to 95 % of calls, ms": f"{timing.p05_ms:.3f} to {timing.p95_ms:.3f}",
                "ratio to baseline (95 %)": interval(timing) if timing.verdict else "1",
                "verdict": timing.verdict or "baseline",
            }
            for name, timing in self.timings.items()
        ]
        return pd.DataFrame(rows).set_index("variant")

    def __repr__(self) -> str:
        return f"{self.table().to_string()}\n{self.footnote()}"

    def _repr_html_(self) -> str:
        return f"{self.table().to_html()}<p><small>{escape(self.footnote())}</small></p>"

    def footnote(self) -> str:
        """How it was measured, in words."""
        return (
            f"{self.rounds} rounds in {self.seconds:.1f} s, stopped because {self.stopped}. Intervals: 95 %. "
            f"A/A control ({self.baseline} against itself): {interval(self.control)}. "
            f"Faster or slower needs the whole interval beyond {max(self.margin, self.noise):.1%} of 1, "
            f"same needs it, and the control's, within {self.margin:.1%}.{self.sharing()}"
        )

    def sharing(self) -> str:
        """A sentence where the calls did not have a core for themselves; empty where they had."""
        if self.core_share is None or self.core_share >= ALONE:
            return ""
        return (
            f" They computed during {self.core_share:.0%} of that time and waited for the rest, as when other programs "
            f"share the core: every interval is stretched {stretch(self.core_share):.1f} times for it."
        )


def stretch(share: float | None) -> float:
    """How many times as wide an interval is where this process had that share of a core: 1 where it did not share.

    The waits for the core come in rows, so rounds tell less than as many rounds on a core alone: as much as that share
    of them would. An interval narrows with the square root of their number.

    >>> stretch(1.0), stretch(0.25)
    (1.0, 2.0)
    """
    return 1.0 if share is None or share >= ALONE else max(share, LEAST_SHARE) ** -0.5


def widened(timing: Timing, share: float | None) -> Timing:
    """The timing with every interval stretched about its median, as factors: for a core that others used too."""
    times = stretch(share)

    def away(end: float, middle: float) -> float:
        return middle * (end / middle) ** times if middle else end

    return replace(
        timing,
        latency_low_ms=away(timing.latency_low_ms, timing.latency_ms),
        latency_high_ms=away(timing.latency_high_ms, timing.latency_ms),
        ratio_low=away(timing.ratio_low, timing.ratio),
        ratio_high=away(timing.ratio_high, timing.ratio),
    )


@reference
def verdict(low: float, high: float, margin: float = MARGIN, needed: float | None = None) -> str:
    """What an interval of a ratio of times allows one to say: `faster`, `slower`, `same` or `cannot tell`.

    Args:
        margin: `same` needs the whole interval within this share of 1.
        needed: `faster` and `slower` need the whole interval beyond this share of 1; `margin` unless told.

    >>> verdict(0.40, 0.50), verdict(0.99, 1.01), verdict(0.90, 1.10)
    ('faster', 'same', 'cannot tell')
    """
    needed = margin if needed is None else needed
    if high < 1 - needed:
        return "faster"
    if low > 1 + needed:
        return "slower"
    return "same" if low > 1 - margin and high < 1 + margin else "cannot tell"


@reference
def paired_ratio(baseline_ms: np.ndarray, variant_ms: np.ndarray) -> float:
    """The variant's time over the baseline's: the median of the ratios of each round. Below 1 is faster.

    Args:
        baseline_ms, variant_ms: `(rounds,)`, measured in the same rounds.

    >>> paired_ratio(np.array([1.0, 4.0]), np.array([0.5, 2.0]))
    0.5
    """
    return float(np.median(np.asarray(variant_ms) / np.asarray(baseline_ms)))


def interval(timing: Timing) -> str:
    """A ratio as text: `0.52 (0.51 to 0.53)`."""
    return f"{timing.ratio:.3f} ({timing.ratio_low:.3f} to {timing.ratio_high:.3f})"
