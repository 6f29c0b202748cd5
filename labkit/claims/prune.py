"""What the lecture claims of pruning."""

from labkit.claims.claim import Claim

CLAIMS: tuple[Claim, ...] = ()
