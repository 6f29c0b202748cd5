"""What runs in the box: takes the cells of a submission, then calls its functions, until the other end is gone."""

from __future__ import annotations

import ast
import builtins
import linecache
import os
import socket
import sys
import traceback
import types

from labkit.exercises.asked import LONGEST_ERROR, asked
from labkit.exercises.laws import NotAttempted, Wrong
from labkit.grading import wire
from labkit.reference import ReferenceUsed

# Imports of the lab's own code that wait until a student's cell or the code itself needs them: torch takes a second.
HEAVY = """
    ai_edge_litert IPython ipywidgets matplotlib onnx onnxruntime onnxscript pandas safetensors scipy sklearn
    tensorflow torch torch_pruning torchvision tqdm
"""


def main() -> None:
    """Serves the socket whose number is the first argument. Nothing of the submission is here before it has begun."""
    connection = socket.socket(fileno=int(sys.argv[1]))
    try:
        nonce, settings = wire.decode(wire.receive(connection))
        _limit(settings)
        _quiet()
        wire.send(connection, wire.encode(nonce, ("ready",)))
        Worker(connection).serve()
    except EOFError:
        os._exit(0)


def _limit(settings: dict) -> None:
    """Sets the limits of this process and all that it starts; none of them can be raised again."""
    import resource

    for name, value in settings.items():
        which = getattr(resource, f"RLIMIT_{name}", None)
        if which is not None:
            resource.setrlimit(which, (value, value))


def _quiet() -> None:
    """What is printed goes nowhere: it could hold hidden inputs, and 100 MB of it."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    os.close(nowhere)


class Later(types.ModuleType):
    """A module, or a part of one, that is imported when something of it is asked for.

    Args:
        module: what to import.
        bound: the module that this stands for: `torch` after `import torch.nn`.
    """

    def __init__(self, module: str, bound: str, part: str = "") -> None:
        super().__init__(bound)
        self.__dict__["_wanted"] = (module, bound, part)

    def _real(self) -> object:
        module, bound, part = self.__dict__["_wanted"]
        __import__(module)
        return getattr(sys.modules[bound], part) if part else sys.modules[bound]

    def __getattr__(self, name: str) -> object:
        return getattr(self._real(), name)

    def __call__(self, *arguments, **named) -> object:
        return self._real()(*arguments, **named)


class Worker:
    """One namespace in which the cells run, and the functions that they leave there."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection, self.pid = connection, os.getpid()
        self.files: dict[str, str] = {}  # the exercise of each cell, by the name of the cell in tracebacks
        main = types.ModuleType("__main__")
        main.__dict__.update(__builtins__=builtins, display=lambda *_, **__: None)
        sys.modules["__main__"], self.names = main, main.__dict__

    def serve(self) -> None:
        """Answers requests for ever."""
        while True:
            nonce, request = wire.decode(wire.receive(self.connection))
            reply = self._reply(*request)
            if os.getpid() != self.pid:  # a copy of this process that the student's code made
                os._exit(0)
            wire.send(self.connection, self._encoded(nonce, reply))

    def _reply(self, what: str, *rest) -> tuple:
        try:
            if what == "run":
                return self._run(*rest)
            if what == "import":
                __import__(rest[0])
                return ("done",)
            return self._call(*rest)
        except BaseException as error:
            return self._error(error, "")

    def _encoded(self, nonce: str, reply: tuple) -> bytes:
        try:
            return wire.encode(nonce, reply)
        except wire.TooMuch as much:
            return wire.encode(nonce, ("much", str(much)))
        except Exception as error:  # a value that changes or fails while it is looked at
            return wire.encode(nonce, self._error(error, ""))

    def _run(self, label: str, source: str, exercise: str, given: bool) -> tuple:
        name = f"<{len(self.files)}: {label}>"
        self.files[name] = exercise
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        try:
            tree = ast.parse(source, name)
            self._imports_later(tree) if given else self._imports_now(tree)
            exec(compile(tree, name, "exec", dont_inherit=True), self.names)
        except BaseException as error:
            return self._error(error, exercise)
        return ("done",)

    def _imports_later(self, tree: ast.Module) -> None:
        """Takes heavy imports out of the lab's own code, and leaves stand-ins for what they would bind."""
        for node in list(tree.body):
            if isinstance(node, ast.Import) and all(_is_heavy(one.name) for one in node.names):
                for one in node.names:
                    bound = one.name if one.asname else one.name.split(".")[0]
                    self.names[one.asname or bound] = Later(one.name, bound)
                tree.body.remove(node)
            elif isinstance(node, ast.ImportFrom) and _is_heavy(node.module) and node.names[0].name != "*":
                for one in node.names:
                    self.names[one.asname or one.name] = Later(node.module, node.module, one.name)
                tree.body.remove(node)

    def _imports_now(self, tree: ast.Module) -> None:
        """Puts the real thing in the place of every stand-in that a student's cell names."""
        for name in {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}:
            if type(self.names.get(name)) is Later:
                self.names[name] = self.names[name]._real()

    def _call(self, exercise: str, arguments: tuple) -> tuple:
        answer = self.names.get(exercise)
        try:
            return ("value", asked(answer)(*arguments))
        except NotAttempted:
            return ("none",)
        except Wrong as wrong:
            if wrong.__cause__ is not None:
                return self._error(wrong.__cause__, exercise)
            if type(wrong.__context__) is ReferenceUsed:
                return ("used", str(wrong.__context__))
            return ("kind", type(answer).__name__)
        except BaseException as error:
            return self._error(error, exercise)

    def _error(self, error: BaseException, exercise: str) -> tuple:
        """The error's name as far as it is one of Python's, its line in the student's cell, and what it says."""
        kind = type(error)
        try:
            said = str(error)[:LONGEST_ERROR]
        except BaseException:
            said = ""
        return ("error", _known(kind), self._line(error, exercise), f"{kind.__name__}: {said}")

    def _line(self, error: BaseException, exercise: str) -> int:
        """The last line of this exercise's cell on the way to the error, else of any cell; 0 where there is none."""
        if isinstance(error, SyntaxError) and error.filename in self.files:
            return int(error.lineno or 0)
        frames = [(f.f_code.co_filename, line) for f, line in traceback.walk_tb(error.__traceback__)]
        lines = [(self.files[name] == exercise, line) for name, line in frames if name in self.files]
        mine = [line for is_mine, line in lines if is_mine]
        return (mine or [line for _, line in lines] or [0])[-1]


def _known(kind: type) -> str:
    """The name of the error of Python's own that an error is, or is a kind of; empty if it is just any."""
    names = [one.__name__ for one in kind.__mro__ if getattr(builtins, one.__name__, None) is one]
    return names[0] if names[0] not in ("Exception", "BaseException") or names[0] == kind.__name__ else ""


def _is_heavy(name: str | None) -> bool:
    return (name or "").split(".")[0] in HEAVY.split()
