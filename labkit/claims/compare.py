"""What the lecture claims of the whole road to a deployed model."""

from labkit.claims.claim import Claim

CLAIMS: tuple[Claim, ...] = ()
