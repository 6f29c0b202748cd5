"""The pages of the site as text, before Sphinx sees them: links, solutions, what the start page says of a lab."""

import importlib.util
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

ROOT = Path(__file__).resolve().parents[1]
PAGES = {"index.md", "docs/glossary.md", "labs/03_prune.ipynb"}


@pytest.fixture(scope="module")
def pages():
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("labkit_site_pages", ROOT / "tools" / "site_pages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("written", "alone", "with_address"),
    [
        ("[words](glossary.md#mask)", None, None),
        ("[lab](../labs/03_prune.ipynb)", None, None),
        ("[below](#grade)", None, None),
        ("[paper](https://example.org/a.pdf)", None, None),
        ("![a plot](pictures/plot.png)", None, None),
        ("[the rules](../CONTRIBUTING.md#style)", "the rules (`CONTRIBUTING.md`)", "/blob/main/CONTRIBUTING.md)"),
        ("[overlay](overlay)", "overlay", "/blob/main/docs/overlay)"),
        ("[`docs/overlay`](overlay)", "`docs/overlay`", "/blob/main/docs/overlay)"),
    ],
)
def test_a_link_leads_to_a_page_or_to_the_repository_or_is_no_link(pages, written, alone, with_address):
    here = pages.without_dead_links(written, "docs/grading.md", PAGES, None)
    public = pages.without_dead_links(written, "docs/grading.md", PAGES, "https://example.org/labkit")
    assert here == (alone or written)
    assert public == written if with_address is None else public.endswith("https://example.org/labkit" + with_address)


def cells(code, outputs=(), **metadata):
    return new_notebook(
        cells=[
            new_markdown_cell("# Lab 09: Nothing\n\nAfter it you can\n\n- do\n  this;\n- do that.\n\n**Time:** 1"),
            new_code_cell("import labkit", id="setup", outputs=[new_output("stream", text="A machine\n")]),
            new_code_cell(code, id="it", outputs=list(outputs), metadata=metadata),
        ]
    )


def test_a_stub_shows_neither_the_solution_nor_its_output(pages):
    graded = {"nbgrader": {"grade": False, "solution": True}}
    solution = cells("return 42", [new_output("stream", text="42\n")], **graded)
    page = pages.lab_page(cells("raise NotImplementedError", **graded), solution, None)
    assert "42" not in nbformat.writes(page)
    assert "from a run on A machine" in page.cells[1].source


def test_a_check_and_the_field_for_an_answer_are_left_out(pages):
    lab = cells("check(1)", nbgrader={"grade": True})
    assert [cell.id for cell in pages.lab_page(lab, lab, None).cells][1:] == ["note", "setup"]


def test_a_widget_cell_shows_what_moves_without_a_kernel(pages):
    lab = cells("lk.widgets.bits_explorer(\n    1)")
    page = pages.lab_page(lab, lab, lambda name: f"<b>{name}</b>")
    assert page.cells[-1].outputs[0].data["text/html"] == "<b>bits_explorer</b>"


def test_a_lab_that_is_not_its_solutions_is_refused(pages):
    with pytest.raises(pages.PageError, match="make notebooks"):
        pages.lab_page(cells("1 + 1"), cells("1 + 2"), None)


def test_the_first_mention_of_a_term_in_bold_or_italics_leads_to_the_glossary(pages):
    lab = cells("1")
    texts = ["*mask* and **zero\npoint**, [*bit*](x), *why*.", "The *mask* again, 2 * mask * 3, **bit**."]
    lab.cells += [new_markdown_cell(text) for text in texts]
    page = pages.lab_page(lab, lab, None, {"mask", "zero point", "bit"})
    assert [cell.source for cell in page.cells[-2:]] == [
        "[*mask*](../docs/glossary.md#mask) and [**zero\npoint**](../docs/glossary.md#zero-point), [*bit*](x), *why*.",
        "The *mask* again, 2 * mask * 3, [**bit**](../docs/glossary.md#bit).",
    ]


def test_the_start_page_says_what_a_lab_teaches(pages):
    first = cells("1").cells[0].source
    assert pages.title(first) == "Lab 09: Nothing"
    assert pages.outcomes(first) == "You learn to do this; do that."
