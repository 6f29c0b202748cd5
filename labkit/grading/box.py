"""A box: one process in the sandbox, which runs a submission's cells and answers calls to its functions."""

from __future__ import annotations

import builtins
import secrets
import sys
import time
from functools import lru_cache

from labkit.exercises.laws import NotAttempted, Stopped, Wrong
from labkit.exercises.recipes import Recipe
from labkit.grading import wire
from labkit.grading.plain import cleaned
from labkit.grading.process import Process
from labkit.grading.work import CannotGrade, Limits, Step

IMPORT_SECONDS = 60.0
NEED_TORCH = ("tensor", "teacher")  # recipes
LONGEST_LINE = 400  # of the log
MOST_LINES = 1000
GONE = "the end of its whole process (os._exit, a signal or a crash)"
BREACH = "a reply that no function gives"


@lru_cache(maxsize=1)
def available() -> None:
    """Nothing, where a box can be had; tried once, with a real one.

    Raises:
        CannotGrade: it cannot; the message says what to install, or what this machine forbids.
    """
    if not sys.platform.startswith("linux"):
        raise CannotGrade("grading needs Linux and its sandbox: on Windows, WSL has them; on a Mac, a virtual machine")
    Box(Limits()).close()


class Box:
    """One worker process and all that it starts. Made alive; `close`, or leaving `with`, ends it and leaves nothing.

    Args:
        slot: of this machine, from 0: says which core the box runs on, and its user id.
        unsafe: a plain child process, with our rights and no sandbox.

    Raises:
        CannotGrade: no such process can be had here. Nothing of a submission was in it.
    """

    def __init__(self, limits: Limits, slot: int = 0, unsafe: bool = False) -> None:
        self.limits = limits
        self.log: list[str] = []  # what only the instructor sees
        self.dead = False
        self._too_much, self._has_torch = "", False
        self._ends = time.monotonic() + limits.submission_seconds
        self._process = Process(limits, slot, unsafe, self._has_too_much)

    def __enter__(self) -> Box:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Ends the process and all that it started."""
        self.dead = True
        self._process.close()

    def run(self, step: Step) -> str:
        """Nothing if the code ran to its end, else why not, such as "NameError in line 3".

        Raises:
            Stopped: the process is gone, or was ended for taking too long or too much.
        """
        request = ("run", step.label, step.source, step.exercise, step.given)
        match self._request(request, self.limits.cell_seconds, "one cell"):
            case ("done",):
                return ""
            case ("error", str(name), int(line), str(said)):
                return self._error(name, line, said, step.label)
        raise self._stopped(BREACH)

    def ask(self, exercise: str, arguments: tuple) -> object:
        """What the student's function of that name returns for these arguments, as plain values.

        Raises:
            NotAttempted: the stub is still empty.
            Wrong: it raised an error, or there is no function; the message is the hint.
            Stopped: the process is gone, or was ended for taking too long or too much.
        """
        if not self._has_torch and any(isinstance(one, Recipe) and one.name in NEED_TORCH for one in arguments):
            self._has_torch = True
            self._request(("import", "torch"), IMPORT_SECONDS, "importing torch")
        return self._answer(
            self._request(("call", exercise, arguments), self.limits.call_seconds, "one call"), exercise
        )

    def _answer(self, reply: object, exercise: str) -> object:
        """The value in a reply to a call, or the error that it stands for."""
        match reply:
            case ("value", value):
                return value
            case ("none",):
                raise NotAttempted
            case ("used", str(name)):
                raise Wrong(f"this calls labkit's own {cleaned(name)}(); write the calculation yourself")
            case ("kind", str(name)):
                raise Wrong(f"this should be a function, not {cleaned(name)}; was its name used again below?")
            case ("much", str(what)):
                self._note(what)
                raise Wrong("your function returned far more than any answer here needs")
            case ("error", str(name), int(line), str(said)):
                raise Wrong(f"your function stopped with {self._error(name, line, said, f'the cell of {exercise}')}")
        raise self._stopped(BREACH)

    def _request(self, request: tuple, seconds: float, what: str) -> object:
        """The reply to a request; whatever goes wrong with it ends the process."""
        if self.dead:
            raise Stopped(GONE)
        nonce, now = secrets.token_hex(8), time.monotonic()
        deadline = min(now + seconds, self._ends)
        try:
            wire.send(self._process.connection, wire.encode(nonce, request), deadline)
            echoed, reply = wire.decode(wire.receive(self._process.connection, deadline))
        except TimeoutError:
            whole = f"{self.limits.submission_seconds:g} seconds for the whole notebook"
            most = f"{seconds:g} seconds for {what}" if deadline < self._ends else whole
            raise self._stopped(f"too much time: more than {most}") from None
        except EOFError:
            raise self._stopped(GONE) from None
        except wire.Breach as breach:
            self._note(f"a reply that is none: {breach}")
            raise self._stopped(BREACH) from None
        if echoed != nonce:
            raise self._stopped(BREACH)
        return reply

    def _stopped(self, why: str) -> Stopped:
        self.close()
        return Stopped(self._too_much or why)

    def _has_too_much(self, why: str) -> None:
        self._too_much = why

    def _error(self, name: str, line: int, said: str, where: str) -> str:
        """What a student may read of an error: its name, if it is one of Python's, and the line, if it is theirs."""
        known = getattr(builtins, name, None)
        kind = name if isinstance(known, type) and issubclass(known, BaseException) else "an error of its own"
        place = f" in line {line}" if 0 < line < 10**6 else ""
        self._note(f"{said}{f' ({place[4:]} of {where})' if place else ''}")
        return kind + place

    def _note(self, line: str) -> None:
        if len(self.log) < MOST_LINES:
            self.log.append(" ".join(line.split())[:LONGEST_LINE])


class Stub:
    """The student's function as a law calls it. It is nothing else: a law that compares it has a fault.

    Raises:
        TypeError: it is compared, or asked whether it is true.
    """

    __hash__ = None

    def __init__(self, box: Box, exercise: str) -> None:
        self._box, self._exercise = box, exercise

    def __call__(self, *arguments) -> object:
        return self._box.ask(self._exercise, arguments)

    def __eq__(self, _) -> bool:
        raise TypeError("a student's function can only be called")

    def __bool__(self) -> bool:
        raise TypeError("a student's function can only be called")
