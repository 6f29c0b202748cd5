"""What the lecture claims of distillation."""

from labkit.claims.claim import Claim

CLAIMS: tuple[Claim, ...] = ()
