"""What the lecture claims of ONNX, of its runtime and of the browser."""

from labkit.claims.claim import Claim

CLAIMS: tuple[Claim, ...] = ()
