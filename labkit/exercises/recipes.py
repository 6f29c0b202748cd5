"""Things that a law cannot send as a number: it sends their recipe, and they are built beside the student's code."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Recipe:
    """The name of what to build and the plain values to build it from; recipes of one call share one machine."""

    name: str
    values: dict = field(default_factory=dict)


class FakeMachine:
    """A machine whose calls take exactly as long as it was told: the oracle for anything that measures time."""

    def __init__(self, seconds: list[float]) -> None:
        self.now, self.calls, self.seconds = 0.0, 0, list(seconds)

    def call(self) -> None:
        """Takes the next duration; the last one again when all are used."""
        self.now += self.seconds[min(self.calls, len(self.seconds) - 1)]
        self.calls += 1

    def clock(self) -> float:
        return self.now


def build(arguments: tuple) -> tuple:
    """The arguments of one call with every recipe built.

    Raises:
        ValueError: there is no such recipe.
    """
    machine = FakeMachine(next((a.values["seconds"] for a in arguments if _is(a, "call")), []))
    made = {"call": machine.call, "clock": machine.clock}
    for argument in arguments:
        if isinstance(argument, Recipe) and argument.name not in made:
            raise ValueError(f"no recipe {argument.name!r}; there are {', '.join(made)}")
    return tuple(made[a.name] if isinstance(a, Recipe) else a for a in arguments)


def _is(argument: object, name: str) -> bool:
    return isinstance(argument, Recipe) and argument.name == name
