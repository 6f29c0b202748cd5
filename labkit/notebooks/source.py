"""What of a cell's text is Python that can run when graded. Texts are parsed with `ast`; nothing is executed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

UNREADABLE = (SyntaxError, ValueError, MemoryError, RecursionError)  # what ast.parse makes of texts from outside
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
NO_CONSTANT = (ast.Call, ast.Name, ast.Attribute, ast.Lambda, ast.NamedExpr, ast.Await, *COMPREHENSIONS)
MAGIC = re.compile(r"[%!?].*|[\w.]+\?{1,2}|[\w, \t]+=[ \t]*[%!].*")
DEF = re.compile(r"^def[ \t]+(\w+)[ \t]*\(", re.MULTILINE)
PYTHON_BELOW = re.compile(r"%%(time|timeit|capture|prun)\b.*")
MOST_CUTS = 40  # of one cell


def python(source: str) -> str:
    """A cell's code with `pass` for what only a notebook understands, such as `%time` and `!pip`; lines stay lines."""
    lines, head = source.split("\n"), 0
    while head < len(lines) and PYTHON_BELOW.fullmatch(lines[head]):
        head += 1
    below = "\n".join(lines[head:])
    if below.startswith("%%"):
        below = "pass"
    elif statements(below) is None:
        below = "\n".join(map(_plain, lines[head:]))
    return "pass\n" * head + below


def _plain(line: str) -> str:
    return line[: len(line) - len(line.lstrip())] + "pass" if MAGIC.fullmatch(line.strip()) else line


def statements(source: str) -> list[ast.stmt] | None:
    """The top-level statements of a cell; None where it is not Python."""
    try:
        return ast.parse(source).body
    except UNREADABLE:
        return None


def functions(source: str) -> set[str]:
    """The names of the functions that a cell defines at its top level, even where it is not quite Python."""
    body = statements(source)
    return defined(source) if body is None else {one.name for one in body if isinstance(one, ast.FunctionDef)}


def defined(source: str) -> set[str]:
    """Names that follow a `def` at the start of a line: quicker, and also found where no function is."""
    return set(DEF.findall(source))


def reduced(source: str, without: frozenset[str] = frozenset()) -> str:
    """The imports, functions, plain classes and constants of a cell; what trains, measures or plots is left out.

    Args:
        without: statements to leave out too, as `dumped` writes them.
    """
    kept = [one for one in statements(python(source)) or [] if _is_kept(one)]
    return "\n".join(ast.unparse(one) for one in kept if ast.dump(one) not in without)


def added(source: str, statements: frozenset[str]) -> str:
    """The imports, functions and constants of a cell of the lab that are the student's: not among `statements`."""
    try:
        return reduced(source, statements)
    except RecursionError:  # an expression nested hundreds of times
        return ""


def others(source: str, known: Iterable[str]) -> list[str]:
    """The first line of each top-level statement of a cell that is not among `known`, as `dumped` writes them."""
    known = set(known)
    new = [one for one in statements(python(source)) or [] if ast.dump(one) not in known]
    return [source.split("\n")[one.lineno - 1] for one in new]


def _is_kept(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.ClassDef):  # with a framework's class below it, it would import the framework
        return not (statement.bases or statement.keywords or statement.decorator_list)
    if isinstance(statement, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef):
        return True
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
        return False
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    names = all(isinstance(one, ast.Name | ast.Tuple) for one in targets)
    return names and not any(isinstance(node, NO_CONSTANT) for node in ast.walk(statement.value))


@lru_cache(maxsize=1024)
def dumped(source: str) -> tuple[str, ...]:
    """The top-level statements of a cell as texts to compare."""
    return tuple(map(ast.dump, statements(python(source)) or []))


def bound(source: str) -> set[str]:
    """The names that a cell sets at its top level, in loops and `with` too, but not within functions."""
    return set().union(*(_bound(one) for one in statements(python(source)) or []))


def _bound(statement: ast.stmt) -> set[str]:
    names, waiting = set(), [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, DEFINITIONS):
            names.add(node.name)
        elif isinstance(node, ast.alias):
            names.add(node.asname or node.name.split(".")[0])
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif not isinstance(node, (ast.Lambda, *COMPREHENSIONS)):
            waiting += ast.iter_child_nodes(node)
    return names


def used(nodes: Iterable[ast.AST]) -> set[str]:
    """Every name that is read somewhere in the statements."""
    every = (node for one in nodes for node in ast.walk(one))
    return {node.id for node in every if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def pieces(source: str, missing: set[str]) -> Iterator[str]:
    """A cell in pieces to run one after the other, so that what needs a missing name fails alone; lines stay lines.

    Args:
        missing: names that are not there; those that the cell sets are taken out of it.
    """
    lines = source.split("\n")
    cuts = [0]
    for one in statements(source) or []:
        if not isinstance(one, DEFINITIONS) and _needs(one, missing):
            cuts += [max(cuts[-1], one.lineno - 1), max(cuts[-1], one.end_lineno)]
        else:
            missing -= _bound(one)
    cuts = cuts if len(cuts) <= MOST_CUTS else [0]
    for start, end in zip(cuts, [*cuts[1:], len(lines)]):
        if any(line.strip() for line in lines[start:end]):
            yield "\n" * start + "\n".join(lines[start:end])


def _needs(statement: ast.stmt, missing: set[str]) -> bool:
    """Whether the statement surely reads a missing name: one that it does not set itself somewhere."""
    inner = [node for node in ast.walk(statement) if isinstance(node, ast.Name | ast.arg)]
    own = {node.arg if isinstance(node, ast.arg) else node.id for node in inner if not _reads(node)}
    return bool({node.id for node in inner if _reads(node)} & missing - own)


def _reads(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
