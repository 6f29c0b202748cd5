"""What a lab needs and this machine lacks, said in its first cell: a sentence and a way on before any import fails."""

from __future__ import annotations

from labkit import doctor

ESSENTIAL = {"torch", "ai-edge-litert"}  # without its own one a lab has nothing to show


def say(*extras: str) -> None:
    """Prints which libraries of these extras are missing here and the command that brings them; nothing if none is.

    Raises:
        ModuleNotFoundError: one is missing without which the lab cannot begin; the message says the same.
    """
    missing = [one for one in doctor.library_findings() if one.remedy and doctor.NEEDED[one.name] in extras]
    if not missing:
        return
    commands = " and ".join(dict.fromkeys(f"`{one.remedy}`" for one in missing))
    sentence = f"Missing here: {', '.join(one.name for one in missing)}. Run {commands}, or open the lab on Colab."
    if any(one.name in ESSENTIAL for one in missing):
        raise ModuleNotFoundError(sentence)
    print(sentence, "What needs it fails or says so; the other cells work.")
