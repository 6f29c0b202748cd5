"""The lecture's pipeline as one call: train, prune, quantize, export, benchmark."""
