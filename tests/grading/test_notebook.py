"""A notebook from outside gives cells or one line of trouble, whatever its bytes are."""

import json

import pytest
from class_files import empty, solved
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.notebooks import read as reader
from labkit.notebooks.cells import Cell, Trouble
from labkit.notebooks.read import read

LABS = [f"{number:02d}" for number in range(1, 8)]


def of_cells(*cells, **more) -> bytes:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells), **more}).encode()


def code(source, **more) -> dict:
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], **more}


def trouble(content: bytes) -> str:
    with pytest.raises(Trouble) as raised:
        read(content)
    said = str(raised.value)
    assert said
    assert said.isprintable()
    return said


@pytest.mark.parametrize("lab", LABS)
@pytest.mark.parametrize("notebook", [solved, empty])
def test_our_own_notebooks_are_read_as_they_are(lab, notebook):
    import nbformat

    expected = nbformat.reads(notebook(lab).decode(), as_version=4).cells
    found = read(notebook(lab))
    assert [(cell.kind, cell.source, cell.id) for cell in found] == [
        (cell.cell_type, cell.source, cell.id) for cell in expected
    ]
    assert [cell.grade_id for cell in found] == [
        cell.metadata.get("nbgrader", {}).get("grade_id", "") for cell in expected
    ]


def test_nothing_but_texts_and_names_is_kept():
    cell = code("x = 1", id="a", outputs=[{"data": "secret"}], attachments={"a.png": {}}, execution_count=7)
    cell["metadata"] = {"tags": ["skip-execution"], "nbgrader": {"grade_id": "soften", "points": 99, "locked": True}}
    assert read(of_cells(cell)) == [Cell("code", "x = 1", "a", "soften")]


def test_a_source_is_a_text_or_a_list_of_lines():
    assert [cell.source for cell in read(of_cells(code("a\nb"), code(["a\n", "b"]), code([])))] == ["a\nb", "a\nb", ""]


def test_lines_end_as_on_linux():
    assert read(of_cells(code("a\r\nb")))[0].source == "a\nb"


def test_a_byte_order_mark_is_no_part_of_the_text():
    assert read(b"\xef\xbb\xbf" + of_cells(code("é"))) == read(of_cells(code("é")))


@pytest.mark.parametrize("minor", [0, 1, 2, 3, 4, 5, 9])
def test_every_minor_version_of_4_is_read(minor):
    assert read(of_cells(code("x"), nbformat_minor=minor))[0].source == "x"


def test_version_3_is_read_as_nbformat_upgrades_it():
    import nbformat

    old = nbformat.v3.new_notebook(
        worksheets=[
            nbformat.v3.new_worksheet(
                cells=[
                    nbformat.v3.new_heading_cell("Title", level=2),
                    nbformat.v3.new_text_cell("markdown", "words"),
                    nbformat.v3.new_code_cell("def soften(x):\n    return x", outputs=[]),
                ]
            )
        ]
    )
    text = nbformat.v3.writes_json(old)
    expected = nbformat.reads(text, as_version=4).cells
    assert [(cell.kind, cell.source.lstrip("# ")) for cell in read(text.encode())] == [
        (cell.cell_type, cell.source.lstrip("# ")) for cell in expected
    ]


def test_half_characters_and_nul_become_a_sign_that_every_file_takes():
    content = of_cells(code("HALF"), code("😀")).replace(b"HALF", rb"a\ud800b\u0000c\udfff")
    texts = [cell.source for cell in read(content)]
    assert texts == ["a\ufffdb\ufffdc\ufffd", "😀"]
    assert "".join(texts).encode()


@pytest.mark.parametrize(
    "metadata", [None, 7, [], {"nbgrader": 7}, {"nbgrader": {"grade_id": ["x"]}}, {"nbgrader": []}]
)
def test_odd_metadata_is_as_none(metadata):
    assert read(of_cells(code("x") | {"metadata": metadata, "id": ["y"]})) == [Cell("code", "x")]


@pytest.mark.parametrize("text", ["x" * 101, "x" * 10_000])
def test_names_that_are_too_long_are_none(text):
    assert read(of_cells(code("x", id=text) | {"metadata": {"nbgrader": {"grade_id": text}}})) == [Cell("code", "x")]


def test_a_kind_of_cell_that_does_not_exist_is_raw():
    assert read(of_cells({"cell_type": "task", "source": "x"})) == [Cell("raw", "x")]


TROUBLES = {
    "empty": (b"", "empty"),
    "spaces": (b" \n\t", "empty"),
    "latin 1": (of_cells(code("HERE")).replace(b"HERE", "é".encode("latin-1")), "no text in UTF-8"),
    "utf-16": (of_cells().decode().encode("utf-16"), "UTF-16"),
    "utf-32": (of_cells().decode().encode("utf-32"), "UTF-32"),
    "zip": (b"PK\x03\x04" + bytes(range(256)), "zip"),
    "binary": (bytes(range(1, 256)), "no text in UTF-8"),
    "web page": (b"<!DOCTYPE html><html></html>", "no JSON"),
    "truncated": (solved("02")[:100_000], "ends in the middle"),
    "list": (b"[1, 2]", "no notebook"),
    "null": (b"null", "no notebook"),
    "nan": (b"NaN", "no notebook"),
    "text": (b'"words"', "no notebook"),
    "no version": (b"{}", "format version"),
    "version 5": (of_cells(nbformat=5), "version 5"),
    "version 2": (of_cells(nbformat=2), "version 2"),
    "version true": (of_cells(nbformat=True), "version True"),
    "version as text": (of_cells(nbformat="4\u202e\n"), "version 4"),
    "version of digits": (b'{"nbformat": ' + b"9" * 5000 + b"}", "too long"),
    "no cells": (of_cells(cells=None), "no list of cells"),
    "cells are a dictionary": (of_cells(cells={}), "no list of cells"),
    "worksheets are numbers": (of_cells(nbformat=3, worksheets=[1]), "no list of cells"),
    "worksheets without lists": (of_cells(nbformat=3, worksheets=[{"cells": 1}]), "no list of cells"),
    "cell is a number": (of_cells(code("x"), 7), "cell 2"),
    "cell without kind": (of_cells({"source": "x"}), "cell 1"),
    "kind is a list": (of_cells({"cell_type": [], "source": "x"}), "cell 1"),
    "source is a number": (of_cells(code(7)), "no text"),
    "source is a list of numbers": (of_cells(code(["a", 7])), "no text"),
    "nested lists": (b"[" * 100_000, "nested"),
    "nested metadata": (
        of_cells(metadata="HERE").replace(b'"HERE"', b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
        "nested",
    ),
    "too many cells": (of_cells(*[code("x")] * 2001), "2,001 cells"),
    "too long a cell": (of_cells(code("x" * 1_000_001)), "1,000,000 characters"),
    "too many lists": (of_cells(code("x", outputs=[[]] * 1_000_001)), "clear the outputs"),
    "too large": (of_cells(code("x", outputs=["y" * 20_000_000])), "clear the outputs"),
}


@pytest.mark.parametrize(("content", "said"), TROUBLES.values(), ids=TROUBLES)
def test_what_is_no_notebook_is_said_in_one_line(content, said):
    assert said in trouble(content)


def test_as_many_as_the_limits_allow_are_read(monkeypatch):
    content = of_cells(*[code("x")] * 5)
    monkeypatch.setattr(reader, "MAX_CELLS", 5)
    monkeypatch.setattr(reader, "MAX_BYTES", len(content))
    monkeypatch.setattr(reader, "MAX_SOURCE", 1)
    assert len(read(content)) == 5


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from([3, 4, "code"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=4)
            | st.sampled_from(["cells", "worksheets", "cell_type", "source", "metadata", "nbgrader"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)
CELL = st.fixed_dictionaries(
    {}, optional={"cell_type": JSON, "source": JSON, "metadata": JSON, "id": JSON, "input": JSON}
)
SHAPES = st.fixed_dictionaries(
    {}, optional={"nbformat": JSON, "cells": JSON | st.lists(CELL, max_size=4), "worksheets": JSON, "metadata": JSON}
)


def cells_or_trouble(content: bytes) -> None:
    said, cells = "", []
    try:
        cells = read(content)
    except Trouble as trouble:
        said = str(trouble)
    assert said.isprintable()
    for cell in cells:
        assert cell.kind in ("code", "markdown", "raw")
        assert all(
            isinstance(text, str) and text.encode() is not None for text in (cell.source, cell.id, cell.grade_id)
        )


@given(st.binary(max_size=200))
def test_any_bytes_give_cells_or_trouble(content):
    cells_or_trouble(content)


@settings(deadline=None)
@given(JSON | SHAPES)
def test_any_json_gives_cells_or_trouble(value):
    cells_or_trouble(json.dumps(value).encode())


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_a_damaged_notebook_gives_cells_or_trouble(data):
    content = bytearray(of_cells(code("def soften(x):\n    return x", id="a"), code(["y"])))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cells_or_trouble(bytes(content))
