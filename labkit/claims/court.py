"""The slide court: every claim of the lecture with its latest verdict, and the file that a class can pool."""

from __future__ import annotations

import json
from dataclasses import dataclass

from labkit import __version__, results
from labkit.claims.verdict import CLAIMS, Verdict, found, lab_of, row_of, verdict_of
from labkit.measure.machine import describe, fingerprint

HERE = "this machine"


@dataclass(frozen=True)
class Case:
    """A claim in court: its latest verdict and where that is from; no verdict and no place if nobody has tried it."""

    verdict: Verdict | None
    where: str


@dataclass(frozen=True)
class Open:
    """What a slide says and no measurement decides, and why."""

    id: str
    slide: str
    quote: str
    why: str


OPEN = (
    Open(
        "L2.cost",
        "Edge vs Cloud Deployment",
        "Cost: Per-request pricing, One-time hardware",
        "prices and the number of requests decide it, not a stopwatch: see the calculator of lab 01",
    ),
    Open(
        "L2.private",
        "Why Deploy on Edge?",
        "Data never leaves the device",
        "the app around the model decides it: a model on the device makes it possible, no more",
    ),
    Open(
        "L2.offline",
        "Why Deploy on Edge?",
        "Works without internet",
        "there is nothing to time: these labs ran here without a network, as any model file on a device does",
    ),
)


def cases() -> dict[str, Case]:
    """Every claim's case by id: the latest verdict of this machine, else of another in `results/`, else the shipped."""
    tried = {}
    machine = fingerprint()["id"]
    for row in results.shipped("verdicts"):
        _enter(tried, row, f"shipped: measured on {_name(row)}")
    rows = results.read("verdicts")
    for row in rows:
        _enter(tried, row, f"your results, measured on {_name(row)}")
    for row in rows:
        if _machine(row).get("id") == machine:
            _enter(tried, row, HERE)
    return {id: tried.get(id, Case(None, "")) for id in CLAIMS}


def _enter(tried: dict, row: dict, where: str) -> None:
    try:
        verdict = verdict_of(row)
    except ValueError:  # of an older labkit, or edited by hand
        return
    tried[verdict.claim.id] = Case(verdict, where)


def _machine(row: dict) -> dict:
    return row["machine"] if isinstance(row.get("machine"), dict) else {}


def _name(row: dict) -> str:
    try:
        return describe(_machine(row))
    except (KeyError, TypeError, AttributeError, IndexError, ValueError):
        return "an unknown machine"


def court():
    """Every claim of the lecture as a pandas DataFrame: what the slide says, latest verdict, where that is from."""
    import pandas as pd

    rows = []
    for id, case in cases().items():
        claim, verdict, lab = CLAIMS[id], case.verdict, lab_of(id)
        said = (found(verdict), verdict.word, case.where) if verdict else ("", "not tried yet", f"lab {lab}")
        rows.append([id, lab, claim.slide, claim.quote, claim.test, *said])
    rows += [[one.id, "01", one.slide, one.quote, one.why, "", "no measurement decides it", ""] for one in OPEN]
    columns = ["claim", "lab", "slide", "the slide says", "tested by", "found", "verdict", "from"]
    return pd.DataFrame(rows, columns=columns).set_index("claim")


def counts() -> dict[str, int]:
    """How many claims have each verdict."""
    return court()["verdict"].value_counts().to_dict()


def evidence() -> dict:
    """This machine's own verdicts, the latest on each claim, as a dict that `labkit class-report` pools."""
    own = [case.verdict for case in cases().values() if case.where == HERE]
    return {"labkit": __version__, "machine": fingerprint(), "verdicts": [row_of(one) for one in own]}


def evidence_text() -> str:
    """`evidence()` as JSON text."""
    return json.dumps(evidence(), indent=1, allow_nan=False) + "\n"
