"""The lecture's claims as records, and the verdict that a measured interval gives: confirmed, refuted, cannot tell."""

from labkit.claims.claim import Claim
from labkit.claims.court import HERE, OPEN, Case, cases, counts, court, evidence, evidence_text
from labkit.claims.verdict import CLAIMS, WORDS, Verdict, decide, found, judge, lab_of, row_of, table, verdict_of

__all__ = [
    "CLAIMS",
    "HERE",
    "OPEN",
    "WORDS",
    "Case",
    "Claim",
    "Verdict",
    "cases",
    "counts",
    "court",
    "decide",
    "evidence",
    "evidence_text",
    "found",
    "judge",
    "lab_of",
    "row_of",
    "table",
    "verdict_of",
]
