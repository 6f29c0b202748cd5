"""What a lab needs and this machine lacks, said in a sentence: in its first cell, and where a cell fails for it."""

from __future__ import annotations

import sys

from IPython import get_ipython

from labkit import doctor

ESSENTIAL = {"torch", "ai-edge-litert"}  # without its own one a lab has nothing to show


def say(*extras: str) -> None:
    """Prints which libraries of these extras are missing here and the command that brings them; nothing if none is.

    From then on a cell that needs one of them ends in a sentence and not in Python's list of calls.

    Raises:
        ModuleNotFoundError: one is missing without which the lab cannot begin; the message says the same.
    """
    missing = [one for one in doctor.library_findings() if one.remedy and doctor.NEEDED[one.name] in extras]
    if not missing:
        return
    if shell := get_ipython():
        shell.set_custom_exc((ImportError,), _shown)
    sentence = f"Missing here: {', '.join(one.name for one in missing)}. {_way_on(missing)}"
    if any(one.name in ESSENTIAL for one in missing):
        raise ModuleNotFoundError(sentence, name=missing[0].name)
    print(sentence, "A cell that needs it ends with a sentence like this one.")


def _way_on(missing: list[doctor.Finding]) -> str:
    commands = " and ".join(dict.fromkeys(f"`{one.remedy}`" for one in missing))
    return f"Run {commands}, or open the lab on Colab."


def _shown(shell, kind: type, error: ImportError, trace, tb_offset=None) -> None:
    """Shows the error of a cell: a library of the labs that is missing by a sentence, all else as always."""
    missing = {one.name: one for one in doctor.library_findings() if one.remedy}
    name = (error.name or "").split(".")[0].replace("_", "-")
    if name not in missing:
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
    elif str(error).startswith("Missing here"):
        print(error, file=sys.stderr)
    else:
        way_on = _way_on([missing[name]])
        print(f"This cell needs {name}, which is missing here. {way_on}", file=sys.stderr)
