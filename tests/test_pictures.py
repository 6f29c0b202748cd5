"""The pictures in docs/pictures: tests took each; each is shown somewhere, and described in words."""

import importlib.util
import io
import re
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "pictures"
TEXTS = [ROOT / "README.md", ROOT / "docs" / "site" / "index.md", *sorted((ROOT / "docs").glob("*.md"))]
SHOWN = re.compile(r"!\[(?P<words>[^\]]*)\]\((?P<place>[^)\s]+)\)|<(?:img|source)\s(?P<fields>[^>]*)>")
SMALL_SCREEN = 1100  # pixels: what tests/browser opens, less than a laptop shows


@pytest.fixture(scope="module")
def taken():
    """The module that takes them."""
    path = ROOT / "tests" / "browser" / "pictures.py"
    spec = importlib.util.spec_from_file_location("labkit_pictures", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shown(text):
    """Every picture that a text shows: its place and its words, which are None where the text has none for it."""
    for found in SHOWN.finditer(text):
        fields = dict(re.findall(r'(\w+)="([^"]*)"', found["fields"] or ""))
        place = found["place"] or fields.get("src") or fields["srcset"]
        yield place, found["words"] if found["place"] else fields.get("alt"), "srcset" in fields


def test_every_picture_is_taken_by_the_tests(taken):
    wanted = {f"{name}.png" for lab in taken.PICTURES.values() for name in lab}
    wanted |= {f"{name}{taken.SCHEMES['dark']}.png" for name in taken.IN_DARK}
    assert {path.name for path in FOLDER.iterdir()} == wanted


def test_every_picture_is_of_a_lab_that_there_is(taken):
    assert {f"{lab}.ipynb" for lab in taken.PICTURES} <= {path.name for path in (ROOT / "labs").glob("*.ipynb")}


def test_every_picture_is_shown_somewhere(taken):
    places = {Path(place).stem.removesuffix("-dark") for text in TEXTS for place, *_ in shown(text.read_text("utf-8"))}
    assert {name for lab in taken.PICTURES.values() for name in lab} <= places


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.relative_to(ROOT).as_posix())
def test_every_picture_that_a_text_shows_is_there_and_said_in_words(text):
    home = ROOT if text.name == "index.md" else text.parent  # the site's start page stands above docs
    for place, words, is_another_source in shown(text.read_text(encoding="utf-8")):
        assert "://" not in place, f"{place} comes from another machine"
        assert (home / place).is_file(), f"{text.name} shows {place}, which is not there"
        assert is_another_source or len((words or "").split()) > 8, f"{text.name} does not say what {place} shows"


def test_light_and_dark_show_the_same_on_their_own_paper(taken):
    for name in taken.IN_DARK:
        light, dark = (Image.open(FOLDER / f"{name}{ending}.png") for ending in taken.SCHEMES.values())
        assert light.size == dark.size
        assert light.convert("L").getpixel((2, light.height - 2)) > 240
        assert dark.convert("L").getpixel((2, dark.height - 2)) < 40


def test_every_picture_fits_a_small_screen_and_all_together_a_megabyte():
    pictures = list(FOLDER.iterdir())
    assert max(Image.open(path).width for path in pictures) <= SMALL_SCREEN
    assert sum(path.stat().st_size for path in pictures) < 1_000_000


def test_a_picture_becomes_smaller_and_looks_the_same(taken):
    before, whole = Image.open(FOLDER / "pareto.png").convert("RGB"), io.BytesIO()
    before.save(whole, "PNG")
    small = taken.small(whole.getvalue())
    after = Image.open(io.BytesIO(small)).convert("RGB")
    assert len(small) < len(whole.getvalue())
    assert after.size == before.size
    assert max(ImageStat.Stat(ImageChops.difference(before, after)).mean) < 0.5  # of 255
