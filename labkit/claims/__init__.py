"""The lecture's claims as records, and the verdict that a measured interval gives: confirmed, refuted, cannot tell."""

from __future__ import annotations

from dataclasses import dataclass

from labkit import results
from labkit.claims import benchmark, compare, distill, mobile, onnx, prune, quantize
from labkit.claims.claim import Claim
from labkit.measure.machine import fingerprint


@dataclass(frozen=True)
class Verdict:
    """A claim's verdict on one machine, with the figure and the 95 % interval that decided it."""

    claim: Claim
    value: float
    low: float
    high: float
    word: str


CLAIMS = {
    claim.id: claim for lab in (benchmark, quantize, prune, distill, onnx, mobile, compare) for claim in lab.CLAIMS
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
