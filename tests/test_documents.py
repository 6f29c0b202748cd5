"""The documents of docs/: what is made from files is up to date, what they name is there, what they say still holds."""

import argparse
import importlib
import re
import sys
from functools import cache
from pathlib import Path

import pytest

from labkit import claims, cli, exercises

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))
documents = importlib.import_module("documents")
numbers = importlib.import_module("document_numbers")
labs = importlib.import_module("document_labs")
run = importlib.import_module("run")

PROSE = ROOT / "docs" / "prose"
PAGES = sorted((ROOT / "docs").glob("*.md"))
MINE = [ROOT / "docs" / f"{name}.md" for name in ("choosing", "glossary", "instructor", "maintainer")]
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
CLASS_MINUTES = 90
# What the prose of choosing.md says in words. Where a new reference run decides otherwise, the sentence must change.
SAID = {
    "Q1.static": "confirmed",  # step 3: int8 is smaller and faster
    "Q2.static.1": "confirmed",
    "E2.int8": "refuted",  # "measure whether int8 is faster"
    "Q4.outlier": "refuted",  # one scale per tensor fails
    "Q4.qat": "confirmed",  # training with the rounding wins points back
    "P1.raw": "refuted",  # zeros save neither memory nor time
    "P1.gzip": "confirmed",
    "P2.unstructured": "refuted",
    "P1.rebuilt": "confirmed",
    "P2.rebuilt": "confirmed",  # whole channels help
    "D1.size": "confirmed",
    "D2.few": "confirmed",  # the teacher adds most where labels are few
    "O1.eager.1": "confirmed",  # change the runtime
    "O3.labels": "confirmed",  # no label changes
    "M1": "refuted",  # memory follows the runtime
    "T1.activations": "refuted",  # Optimize.DEFAULT leaves every activation in float32
    "E1.order": "refuted",  # SqueezeNet is small but not fast
}


@cache
def written(name):
    """What a document should hold."""
    return documents.filled((PROSE / f"{name}.md").read_text(encoding="utf-8"), name)


def anchors(text):
    """Where one can jump to in a Markdown page, as GitHub and the site make it."""
    headings = re.findall(r"^#+ (.+)", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}


@pytest.mark.parametrize("name", sorted(path.stem for path in PROSE.glob("*.md")))
def test_a_document_is_what_its_prose_and_the_data_make(name):
    page = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    assert page == written(name), "run python tools/documents.py"


@pytest.mark.parametrize("claim", SAID)
def test_what_the_prose_says_is_what_was_measured(claim):
    assert numbers.word(claim) == SAID[claim], f"docs/prose/choosing.md says that {claim} is {SAID[claim]}"


def test_the_teacher_adds_less_where_labels_are_many():
    few, many = numbers.verdicts()["D2.few"], numbers.verdicts()["D1.soft"]
    assert few.low > many.high


def test_the_small_network_in_8_bits_beats_pruning_and_int8_after_gzip_as_the_page_says():
    lines = [line for line in written("choosing").splitlines() if "int8" in line and "x | " in line]
    rows = [line.strip("| ").split(" | ") for line in lines]
    times = {row[0]: float(row[2].rstrip("x")) for row in rows}
    assert times["compact, int8 weights"] > times["baseline, prune 90 %, fine-tune, int8"]
    assert times["baseline, prune 80 %, fine-tune, int8"] > times["baseline, int8"]


def test_an_interval_is_left_out_where_nothing_was_measured():
    assert numbers.interval(3.8945, 3.8945, 3.8945, "x") == "3.89x"
    assert numbers.interval(3.0316, 3.0046, 3.0493, "x") == "3.03x (3.00 to 3.05)"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{{nonsense}}", "no field"),
        ("{{word X9}}", "X9"),
        ("{{latency baseline, PyTorch}}", "argument"),
        ("{{faster nobody, PyTorch, 04}}", "0 reference rows"),
    ],
)
def test_a_field_that_no_file_can_fill_is_named(text, word):
    with pytest.raises(documents.DocumentError, match=rf"page\.md.*{word}"):
        documents.filled(text, "page.md")


def test_every_exercise_has_its_points_and_two_hints_in_the_instructors_guide():
    text = written("instructor")
    for lab in exercises.LABS:
        for one in exercises.of_lab(lab):
            points = f"{one.points:g} points?" + ("" if one.core else ", bonus")
            assert re.search(rf"^- `{one.name}`, {points}\n  - .+\n  - .+$", text, re.MULTILINE), one.name


def test_a_lab_gives_the_points_that_the_guide_says():
    row = next(line for line in labs.labs().splitlines() if "05 onnx" in line)
    assert row.endswith("| 45 | 9 | 3 | 4 | 12 |")
    totals = [float(cell) for cell in labs.labs().splitlines()[-1].split("|")[2:-1]]
    every = [one for lab in exercises.LABS for one in exercises.of_lab(lab)]
    assert totals[1] + totals[3] == sum(one.points for one in every)


def test_what_stands_in_one_class_fits_into_it():
    prose = (PROSE / "instructor.md").read_text(encoding="utf-8")
    blocks = re.findall(r"\{\{minutes (\d\d(?:, \d\d)+)\}\}", prose)
    assert {lab for block in blocks for lab in block.split(", ")} == set(exercises.LABS) - {"01"}
    assert all(int(labs.minutes(*block.split(", "))) <= CLASS_MINUTES for block in blocks)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_has_one_title_and_every_link_leads_to_a_file_and_a_heading(page):
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert len(re.findall(r"^# ", text, re.MULTILINE)) == 1
    for target in LINK.findall(text):
        path, _, anchor = target.partition("#")
        place = (page.parent / path).resolve() if path else page
        assert place.exists(), target
        assert not anchor or anchor in anchors(place.read_text(encoding="utf-8")), target


def named(page):
    """What a page names in code."""
    return CODE.findall(page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", MINE, ids=lambda page: page.name)
def test_every_file_target_and_command_that_a_page_names_is_there(page):
    for code in named(page):
        path = re.match(r"(?:python3? )?([\w./-]*/[\w.*-]*)$", code.split(" --")[0])
        if path and not code.startswith(("grades/", "build/", "data/tflite", "prune/", "distill/", "onnx/", "mobile/")):
            assert list(ROOT.glob(path[1].rstrip("/"))) or list(ROOT.glob(f"labkit/{path[1].rstrip('/')}")), code
        if target := re.match(r"make ([a-z-]+)", code):
            assert target[1] in run.TARGETS, code
        if command := re.match(r"labkit ([a-z-]+)", code):
            assert command[1] in commands(), code


def commands():
    """The words that may follow `labkit`."""
    actions = cli.build_parser()._actions
    return next(action.choices for action in actions if isinstance(action, argparse._SubParsersAction))


def test_every_claim_of_the_tables_of_choosing_is_the_lectures():
    prose = (PROSE / "choosing.md").read_text(encoding="utf-8")
    asked = set(re.findall(r"\{\{(?:found|times|word) ([\w.]+)\}\}", prose))
    assert asked <= set(claims.CLAIMS)
    assert set(SAID) <= set(claims.CLAIMS)
