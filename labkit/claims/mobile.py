"""What the lecture claims of TensorFlow Lite, of phones and of microcontrollers."""

from labkit.claims.claim import Claim

CLAIMS: tuple[Claim, ...] = ()
