"""The glossary: each term stands in a lab, once; its definition is one sentence of plain words and of other terms."""

import re
from pathlib import Path

import jupytext
import pytest

from labkit import claims

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "glossary.md"
PLAIN = set((ROOT / "tests" / "plain_words.txt").read_text(encoding="utf-8").split())
PLACE = re.compile(r" \*Lab (\d\d), (start|end|section (\d))\.\*$")
LINK = re.compile(r"\[([^\]]+)\]\(#([^)]+)\)")
MARKED = re.compile(r"\*\*([^*]+)\*\*|(?<![\w*])\*([^*\s][^*]*)\*(?![\w*])")
WORD = re.compile(r"[a-z][a-z']*")
SLIDES = re.compile(r"(?s)\*\*Slides:\*\*(.*?)\.(?= [A-Z]|\n)")
# What labs print bold or italic to stress it, or to head a paragraph: no terms.
FRAME = {"Time:", "See it.", "Predict", "Predict:", "Choose", "Go further", "Run", "Privacy", "Reliability", "cloud"}
STRESSED = {
    *(
        "the same model",
        "while the notebook ran",
        "chooses on the validation images",
        "whole channels",
        "time does not",
    ),
    *("turns", "why", "every", "that", "without", "small", "sent", "hard", "before", "all", "images", "this", "says"),
    *("in", "and", "one", "smallest", "its", "alone", "nothing", "at least", "beats"),
}


def slug(term):
    """The anchor of a heading, as GitHub and the site make it."""
    return re.sub(r"[^\w -]", "", term.lower()).replace(" ", "-")


def entries():
    """Each term with its paragraph on one line, in the order of the page."""
    found = re.findall(r"^### (.+)\n\n((?:.+\n)+)", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return [(term, " ".join(text.split())) for term, text in found]


TERMS = dict(entries())
DEFINED = {term: PLACE.sub("", text) for term, text in TERMS.items()}
LINKS = {term: {anchor for _, anchor in LINK.findall(text)} for term, text in DEFINED.items()}


def pattern(term):
    """Finds a term, in the plural too; capitals count only in an abbreviation."""
    words = re.escape(term.replace("_", " ")).replace(r"\ ", "[ -]")
    return re.compile(rf"(?<![\w-]){words}(s|es)?(?![\w-])", 0 if term.isupper() else re.IGNORECASE)


def sections():
    """What each section of each lab says: its text by lab and by "start", "end" or its number."""
    texts = {}
    for source in sorted((ROOT / "solutions").glob("[0-9][0-9]_*.py")):
        place = "start"
        for cell in jupytext.reads(source.read_text(encoding="utf-8"), fmt="py:percent").cells:
            if cell.cell_type == "markdown":
                for part in re.split(r"(?m)^(?=## )", cell.source):
                    if heading := re.match(r"## (\d )?", part):
                        place = f"section {heading[1].strip()}" if heading[1] else "end"
                    texts[source.stem[:2], place] = texts.get((source.stem[:2], place), "") + part + "\n\n"
    return texts


TEXTS = sections()


def in_marks(text):
    """What stands in bold or italics."""
    return {" ".join((bold or italic).split()) for bold, italic in MARKED.findall(text)}


def marked():
    """Every word or two that a lab prints bold or italic, without slides' titles and what frames a lab."""
    slides, found = {one.slide for one in (*claims.CLAIMS.values(), *claims.OPEN)}, set()
    for text in TEXTS.values():
        slides |= {title for titles in SLIDES.findall(text) for title in in_marks(titles)}
        found |= in_marks(re.sub(r"(?s)```.*?```|`[^`]*`|<code>.*?</code>", "", SLIDES.sub("", text)))
    short = {text for text in found if len(text.split()) <= 3}  # what is longer is a sentence, or a slide's
    return sorted(text for text in short - slides - FRAME if not text.startswith(("Question", "Run All")))


def test_no_term_is_defined_twice():
    anchors = [slug(term) for term, _ in entries()]
    assert len(set(anchors)) == len(anchors)


def test_terms_stand_in_the_order_of_the_alphabet_under_their_letter():
    headings = re.findall(r"^###? (.+)", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    letters = [heading for heading in headings if len(heading) == 1]
    assert letters == sorted({term[0].upper() for term in TERMS})
    assert headings == sorted(headings, key=lambda one: (one.lower()[0], len(one) > 1, one.lower()))


@pytest.mark.parametrize("term", TERMS)
def test_a_definition_is_one_sentence(term):
    text = DEFINED[term]
    assert re.fullmatch(r"[A-Z\[0-9].*[^.]\.", text), text
    assert ". " not in text, text


@pytest.mark.parametrize("term", TERMS)
def test_a_term_stands_in_the_section_that_its_entry_names(term):
    place = PLACE.search(TERMS[term])
    assert place, f"{term} does not end with *Lab NN, section N.*"
    text = " ".join(TEXTS[place[1], place[2]].replace("*", "").replace("_", " ").split())
    assert pattern(term).search(text), f"lab {place[1]}, {place[2]} does not speak of {term}"


@pytest.mark.parametrize("term", TERMS)
def test_a_definition_is_made_of_plain_words_and_of_terms_that_it_links(term):
    assert LINKS[term] <= {slug(one) for one in TERMS}
    rest = LINK.sub(" ", DEFINED[term])
    for other in sorted(set(TERMS) - {term}, key=len, reverse=True):
        if slug(other) not in LINKS[term]:
            assert not pattern(other).search(rest), f"{term} uses {other} and does not link it"
        rest = pattern(other).sub(" ", rest)
    unknown = set(WORD.findall(rest.lower())) - PLAIN
    assert not unknown, f"{term}: link, define or avoid {unknown}, or call it plain in tests/plain_words.txt"


def test_no_definition_leads_back_to_itself():
    anchors = {slug(term): links for term, links in LINKS.items()}

    def reached(anchor, seen=()):
        assert anchor not in seen, f"a circle: {' > '.join((*seen, anchor))}"
        for one in anchors[anchor]:
            reached(one, (*seen, anchor))

    for anchor in anchors:
        reached(anchor)


def test_every_word_that_a_lab_marks_is_a_term():
    missing = []
    for text in set(marked()) - STRESSED:
        stem = re.sub(r"(ed|ing|s)$", "", text.lower())
        if not any(part.startswith(stem) for term in TERMS for part in (term.lower(), *term.lower().split())):
            missing.append(text)
    assert not missing, f"define {missing} in docs/glossary.md, or list them in STRESSED"


def test_what_is_listed_as_no_term_is_still_marked_somewhere():
    text = " ".join(" ".join(TEXTS.values()).split())
    assert not [one for one in FRAME | STRESSED if f"*{one}*" not in text]


def test_every_plain_word_is_used():
    used = set(WORD.findall(LINK.sub(" ", " ".join(DEFINED.values())).lower()))
    assert not sorted(PLAIN - used)
