"""The lecture's claims as records, and the verdict that a measured interval gives: confirmed, refuted, cannot tell."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from labkit import results
from labkit.measure.machine import fingerprint


@dataclass(frozen=True)
class Claim:
    """What a slide says, and how a measurement decides it: the claim holds where the truth is in `low` to `high`."""

    id: str
    slide: str
    quote: str
    test: str
    unit: str
    low: float = -inf
    high: float = inf


@dataclass(frozen=True)
class Verdict:
    """A claim's verdict on one machine, with the figure and the 95 % interval that decided it."""

    claim: Claim
    value: float
    low: float
    high: float
    word: str


CLAIMS = {
    claim.id: claim
    for claim in (
        Claim(
            "L1.edge",
            "The Speed of Light Problem",
            "Edge AI: Total: 10 ms",
            "latency of the baseline on this machine, batch 1",
            "ms",
            high=10,
        ),
        Claim(
            "L1.car",
            "The Speed of Light Problem",
            "Self-driving car at 60mph: 100ms = 2.7 meters",
            "arithmetic: 60 mph for 100 ms",
            "m",
            low=2.65,
            high=2.75,
        ),
        Claim(
            "L1.light",
            "The Speed of Light Problem",
            "Physics limits cloud AI: You, Network (50ms), Server",
            "share of light in 50 ms one way, server 1,000 km of fibre away; the claim needs at least half",
            "of the delay",
            low=0.5,
        ),
        Claim(
            "B1",
            "Benchmarking Your Model",
            "Throughput: 1000/avg_time samples/sec",
            "arithmetic: images/s at batch 32 over what the formula prints; the claim needs 1, within 10 %",
            "times",
            low=0.9,
            high=1.1,
        ),
        Claim(
            "B2",
            "Benchmarking Your Model",
            "Average of n_runs=100 after 10 warm-up calls",
            "share of A/A pairs that differ by more than 5 %; the claim needs at most one in twenty",
            "of pairs",
            high=0.05,
        ),
        Claim(
            "E1.size",
            "Efficient Model Architectures",
            "MobileNet-v2 3.4 MB",
            "bytes of its float32 weights in MB of 10^6; the claim needs 3.4, within 10 %",
            "MB",
            low=3.06,
            high=3.74,
        ),
        Claim(
            "E1.order",
            "Efficient Model Architectures",
            "SqueezeNet 25 ms < MobileNet-v2 30 < EfficientNet-B0 45 < ResNet-50 200 < VGG-16 400",
            "smallest ratio of a network's latency to its predecessor's in that order, ends of intervals divided; "
            "the claim needs all above 1",
            "times",
            low=1,
        ),
        Claim(
            "M1",
            "Before vs After Optimization",
            "Size 100 to 25 MB, Memory 400 to 100 MB",
            "peak memory of a process with 100 MB of weights over that of one with 25 MB, range of three runs each; "
            "the claim needs at least 4",
            "times",
            low=4,
        ),
    )
}


def judge(id: str, value: float, low: float | None = None, high: float | None = None) -> Verdict:
    """The verdict on a claim from a figure and its interval (none where it is exact arithmetic); kept in `results/`.

    `confirmed`: the whole interval is where the claim says. `refuted`: none of it is. Otherwise `cannot tell`.

    Raises:
        KeyError: there is no such claim.
        ValueError: the value is not inside its interval.
    """
    if id not in CLAIMS:
        raise KeyError(f"no claim {id!r}; there are {', '.join(CLAIMS)}")
    low, high = (value if low is None else low), (value if high is None else high)
    if not low <= value <= high:
        raise ValueError(f"{value} is not between {low} and {high}")
    claim = CLAIMS[id]
    if claim.low <= low and high <= claim.high:
        word = "confirmed"
    elif high < claim.low or low > claim.high:
        word = "refuted"
    else:
        word = "cannot tell"
    verdict = Verdict(claim, float(value), float(low), float(high), word)
    figures = {"claim": id, "value": verdict.value, "low": verdict.low, "high": verdict.high, "verdict": word}
    results.append("verdicts", figures | {"machine": fingerprint()})
    return verdict


def table(*verdicts: Verdict):
    """Verdicts as a pandas DataFrame, one row a claim."""
    import pandas as pd

    rows = [
        {
            "claim": v.claim.id,
            "the slide says": v.claim.quote,
            "tested by": v.claim.test,
            "found here": f"{v.value:.3g} {v.claim.unit}"
            + (f" ({v.low:.3g} to {v.high:.3g})" if v.low < v.high else ""),
            "verdict": v.word,
        }
        for v in verdicts
    ]
    return pd.DataFrame(rows, columns=["claim", "the slide says", "tested by", "found here", "verdict"]).set_index(
        "claim"
    )
