"""What the lecture claims of quantization."""

from labkit.claims.claim import Claim

CLAIMS: tuple[Claim, ...] = ()
