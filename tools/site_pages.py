"""The pages of the site: labs as a student gets them with what the executed solution printed, and the documents."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Set
from pathlib import PurePosixPath

import nbformat
from nbformat import NotebookNode

WIDGET = re.compile(r"^lk\.widgets\.(\w+)\(", re.MULTILINE)
MARKED = re.compile(r"(?<![\w*\[])(\*\*?)([^*\s][^*]*)\1(?![\w*\]])")  # bold or italic, and no link yet
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s]+)\)")
NOTE = """```{{note}}
You can read this lab here, and move its sliders. The text and the empty exercises are the notebook's; the numbers and
figures are from a run on {machine}, which is *this machine* wherever the page says so. Check cells and the fields for
written answers are left out: they need the notebook.
```"""


# What axe finds in the theme's pages: a heading without a level, two landmarks without a name, a page without a title.
REPAIRS = {
    'class="caption" role="heading"': 'class="caption" role="heading" aria-level="2"',
    '<aside class="sidebar-drawer"': '<aside aria-label="All pages" class="sidebar-drawer"',
    '<aside class="toc-drawer': '<aside aria-label="On this page" class="toc-drawer',
    '<div id="search-results"></div>': '<h1>Search</h1>\n<div id="search-results"></div>',
}


class PageError(Exception):
    """A lab and its solution do not fit each other; the message says where."""


def lab_page(
    lab: NotebookNode, solution: NotebookNode, live: Callable[[str], str], terms: Set[str] = frozenset()
) -> NotebookNode:
    """The lab to read: no solutions, no checks, the solution's outputs, and explorers that move.

    Args:
        lab: as students get it.
        solution: the same lab, executed.
        live: an explorer as HTML, from the name of its function in `labkit.widgets`.
        terms: what the glossary has a heading for.

    Raises:
        PageError: a cell has no counterpart, or another source than it; or the solution was never executed.
    """
    solved = {cell.id: cell for cell in solution.cells}
    cells = [_shown(cell, solved.get(cell.id), live) for cell in lab.cells if not _only_for_students(cell)]
    _link_terms(cells, set(terms))
    note = nbformat.v4.new_markdown_cell(NOTE.format(machine=_machine(solution)), id="note")
    return nbformat.v4.new_notebook(cells=[cells[0], note, *cells[1:]], metadata=lab.metadata, nbformat_minor=5)


def _only_for_students(cell) -> bool:
    """A check, or the field for a written answer."""
    return bool(cell.metadata.get("nbgrader", {}).get("grade"))


def _shown(cell, solved, live):
    """One cell of the page; a stub stays as it is, without an output."""
    cell = nbformat.from_dict(dict(cell))
    if cell.cell_type != "code" or "nbgrader" in cell.metadata:
        return cell
    if solved is None or solved.source != cell.source:
        raise PageError(f"cell {cell.id} of the lab is not the solution's: run `make notebooks`")
    cell.outputs, cell.execution_count = [_table_heads(out) for out in solved.outputs], solved.execution_count
    if found := WIDGET.search(cell.source):
        cell.outputs = [nbformat.v4.new_output("display_data", data={"text/html": live(found[1])})]
    if cell.id == "setup":
        cell.metadata["tags"] = [*cell.metadata.get("tags", []), "hide-input"]
    return cell


def _link_terms(cells, terms):
    """Lets the first bold or italic mention of each term lead to the glossary."""

    def lead(found):
        term = " ".join(found[2].split())
        if term not in terms:
            return found[0]
        terms.remove(term)
        return f"[{found[0]}](../docs/glossary.md#{anchor(term)})"

    for cell in cells:
        if cell.cell_type == "markdown":
            cell.source = MARKED.sub(lead, cell.source)


def anchor(heading: str) -> str:
    """Where a link to a heading leads, as GitHub and the site name it.

    >>> anchor("A/A test")
    'aa-test'
    """
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _table_heads(output):
    """The output with the empty heads of a pandas table as plain cells: a screen reader would read them as names."""
    output = nbformat.from_dict(dict(output))
    if "text/html" in output.get("data", {}):
        output.data["text/html"] = output.data["text/html"].replace("<th></th>", "<td></td>")
    return output


def _machine(solution) -> str:
    """What the set-up cell printed."""
    said = [out.text.strip() for cell in solution.cells if cell.id == "setup" for out in cell.outputs if "text" in out]
    if not said:
        raise PageError("the solution was not executed: run `make solutions`")
    return said[-1].splitlines()[-1]


def title(text: str) -> str:
    """The first heading of a Markdown text."""
    return next(line.removeprefix("# ") for line in text.splitlines() if line.startswith("# "))


def outcomes(text: str) -> str:
    """What a lab's first cell says that one can do afterwards, as one sentence."""
    points = re.findall(r"^- (.+?)(?=\n- |\n\n|\Z)", text, re.DOTALL | re.MULTILINE)
    return "You learn to " + " ".join(" ".join(points).split())


def repaired(page: str) -> str:
    """An HTML page of the theme with what its accessibility lacks."""
    for before, after in REPAIRS.items():
        page = page.replace(before, after)
    return page


def without_dead_links(text: str, page: str, pages: Set[str], address: str | None) -> str:
    """A document whose links all lead somewhere: to a page of the site, to the repository, or else to no link at all.

    Args:
        page: where the document stands, such as "docs/grading.md".
        pages: every file that the site is made of, from the top.
        address: the repository's public address; None while there is none.
    """

    def lead(link: re.Match) -> str:
        words, target = link.groups()
        path = target.partition("#")[0]
        place = os.path.normpath(PurePosixPath(page).parent / path).replace(os.sep, "/")
        if not path or "://" in target or target.startswith("mailto:") or place in pages:
            return link[0]
        if address:
            return f"[{words}]({address}/blob/main/{place})"
        return words if place.endswith(words.strip("`")) else f"{words} (`{place}`)"

    return LINK.sub(lead, text)
