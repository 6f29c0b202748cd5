"""`judge`: what a measured interval says of a claim: confirmed, refuted, or cannot tell."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from labkit import results
from labkit.claims import benchmark, compare, distill, mobile, onnx, prune, quantize
from labkit.claims.claim import Claim
from labkit.measure.machine import fingerprint

WORDS = ("confirmed", "refuted", "cannot tell")
LABS = {
    "01": benchmark,
    "02": quantize,
    "03": prune,
    "04": distill,
    "05": onnx,
    "06": mobile,
    "07": compare,
}
CLAIMS = {claim.id: claim for lab in LABS.values() for claim in lab.CLAIMS}


@dataclass(frozen=True)
class Verdict:
    """A claim's verdict on one machine, with the figure and the 95 % interval that decided it."""

    claim: Claim
    value: float
    low: float
    high: float
    word: str


def lab_of(id: str) -> str:
    """The lab that tries the claim `id`, such as "02"; empty if there is no such claim."""
    return next((lab for lab, module in LABS.items() if any(claim.id == id for claim in module.CLAIMS)), "")


def decide(claim: Claim, low: float, high: float) -> str:
    """`confirmed`: the whole interval is where the claim says. `refuted`: none of it is. Otherwise `cannot tell`."""
    if claim.low <= low and high <= claim.high:
        return "confirmed"
    return "refuted" if high < claim.low or low > claim.high else "cannot tell"


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
    verdict = Verdict(claim, float(value), float(low), float(high), decide(claim, low, high))
    results.append_once("verdicts", row_of(verdict) | {"machine": fingerprint()}, ["claim"])
    return verdict


def row_of(verdict: Verdict) -> dict:
    """A verdict as plain values, which `verdict_of` reads."""
    figures = {"value": verdict.value, "low": verdict.low, "high": verdict.high}
    return {"claim": verdict.claim.id, **figures, "verdict": verdict.word}


def verdict_of(row: object) -> Verdict:
    """The verdict that a row of plain values holds. Its word is decided anew: a file may say anything.

    Raises:
        ValueError: the row is no verdict on a claim of ours.
    """
    if not isinstance(row, dict) or not isinstance(row.get("claim"), str) or row["claim"] not in CLAIMS:
        raise ValueError("no verdict on a claim that this labkit knows")
    figures = [row.get(name) for name in ("value", "low", "high")]
    if not all(type(one) in (int, float) and abs(one) < 1e300 and isfinite(one) for one in figures):
        raise ValueError(f"the verdict on {row['claim']} holds what is no finite number")
    value, low, high = map(float, figures)
    if not low <= value <= high:
        raise ValueError(f"the verdict on {row['claim']} has a value outside its interval")
    return Verdict(CLAIMS[row["claim"]], value, low, high, decide(CLAIMS[row["claim"]], low, high))


def found(verdict: Verdict) -> str:
    """The figure and its interval as text: `8.12 ms (7 to 9)`."""
    value, low, high = map(_short, (verdict.value, verdict.low, verdict.high))
    return f"{value} {verdict.claim.unit}" + (f" ({low} to {high})" if verdict.low < verdict.high else "")


def _short(figure: float) -> str:
    """Three digits, or all of them before the point: `9,864` and not `9.86e+03`."""
    return f"{figure:.3g}" if abs(figure) < 1000 else f"{figure:,.0f}"


def table(*verdicts: Verdict):
    """Verdicts as a pandas DataFrame, one row a claim."""
    import pandas as pd

    rows = [
        {
            "claim": one.claim.id,
            "the slide says": one.claim.quote,
            "tested by": one.claim.test,
            "found here": found(one),
            "verdict": one.word,
        }
        for one in verdicts
    ]
    columns = ["claim", "the slide says", "tested by", "found here", "verdict"]
    return pd.DataFrame(rows, columns=columns).set_index("claim")
