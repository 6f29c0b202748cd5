"""Every example in a docstring of labkit is true, and every one is tried."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import labkit

PACKAGE = Path(labkit.__file__).parent


def dotted(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


# `>>> ` starts an example also in a comment or a text, which is why both sides are counted below.
WITH_EXAMPLES = {dotted(path): path for path in sorted(PACKAGE.rglob("*.py")) if ">>> " in path.read_text("utf-8")}


def examples(module) -> list[doctest.DocTest]:
    """The examples of a module, also those of decorated functions, which doctest takes for another module's."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    decorated = [one for one in vars(module).values() if hasattr(one, "__wrapped__")]
    own = [one for one in decorated if one.__module__ == module.__name__]
    found = [*finder.find(module), *(test for one in own for test in finder.find(one, globs=vars(module)))]
    return list({test.name.removeprefix(f"{module.__name__}."): test for test in found}.values())


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_of_a_module_are_true_and_none_is_overlooked(name):
    tests, printed = examples(import_module(name)), []
    tried = 0
    for test in tests:
        result = doctest.DocTestRunner().run(test, out=printed.append)
        tried += result.attempted
        assert result.failed == 0, "".join(printed)
    source = WITH_EXAMPLES[name].read_text("utf-8")
    assert tried == sum(line.lstrip().startswith(">>> ") for line in source.splitlines())
