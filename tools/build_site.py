"""Builds the site, build/site/: labs 01 to 04 and 07 to read, with sliders that move, and the documents of docs/.

Nothing is executed: the figures are those of the committed solutions, the sliders move over shipped sweeps. The pages
open from disk or from any web server, and load nothing from elsewhere.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
from build_notebooks import ROOT, repository
from site_pages import lab_page, outcomes, repaired, title, without_dead_links
from site_widgets import STYLE, live, script

from labkit import browser, models, onnx

LABS = ("01_benchmark", "02_quantize", "03_prune", "04_distill", "07_compare")
STUDENTS = ("glossary", "choosing")
INSTRUCTORS = ("instructor", "grading", "grading_outcomes", "cluster")
MAINTAINERS = ("maintainer",)  # and whatever is in no list
MODEL = "compact"  # the shipped network that the browser page runs
MADE = ".buildinfo"  # Sphinx writes it: only what it made is deleted


def gather(folder: Path) -> None:
    """Puts everything that Sphinx reads into `folder`."""
    shutil.copytree(ROOT / "docs" / "site", folder, dirs_exist_ok=True)
    shutil.copytree(ROOT / "docs" / "pictures", folder / "docs" / "pictures")
    shutil.copy(STYLE, folder / "_static")
    mount = folder / "_static" / "live.js"
    mount.write_text(script(mount.read_text(encoding="utf-8")), encoding="utf-8")
    labs = {f"labs/{name}.ipynb": write_lab(name, folder) for name in LABS}
    documents = write_documents(folder, set(labs))
    start = folder / "index.md"
    text = start.read_text(encoding="utf-8").replace("<!-- labs -->", contents("Labs", labs))
    words, guides, upkeep = (taken(names, documents) for names in (STUDENTS, INSTRUCTORS, MAINTAINERS))
    text = text.replace("<!-- words -->", contents("Words", words))
    text = text.replace("<!-- instructors -->", contents("For instructors", guides))
    text = text.replace("<!-- maintainers -->", contents("For maintainers", upkeep | documents))
    name = "pruning_explorer"
    start.write_text(text.replace(f"<!-- explorer: {name} -->", live(name)), encoding="utf-8")
    write_model(folder / "model")


def write_lab(name: str, folder: Path) -> str:
    """Writes the page of one lab, and returns what the start page says of it."""
    lab, solution = (nbformat.read(ROOT / part / f"{name}.ipynb", as_version=4) for part in ("labs", "solutions"))
    page = folder / "labs" / f"{name}.ipynb"
    page.parent.mkdir(exist_ok=True)
    terms = re.findall(r"^### (.+)", (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE)
    nbformat.write(lab_page(lab, solution, live, set(terms)), page)
    first = lab.cells[0].source
    return f"[{title(first)}](labs/{name}.ipynb). {outcomes(first)}"


def write_documents(folder: Path, labs: set[str]) -> dict[str, str]:
    """Writes the pages of docs/*.md, and returns what the start page says of each, by its place."""
    texts = {f"docs/{path.name}": path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
    pages = {"index.md", *labs, *texts}
    for place, text in texts.items():
        (folder / place).write_text(without_dead_links(text, place, pages, repository()), encoding="utf-8")
    return {place: f"[{title(text)}]({place})" for place, text in texts.items()}


def taken(names: tuple[str, ...], documents: dict[str, str]) -> dict[str, str]:
    """These of the documents, in this order; they are no longer among `documents`."""
    return {place: documents.pop(place) for place in (f"docs/{name}.md" for name in names)}


def contents(caption: str, pages: dict[str, str]) -> str:
    """A list of `pages`, what to say of each by its place; they are in the sidebar too."""
    links = "".join(f"- {words}\n" for words in pages.values())
    places = "\n".join(str(Path(place).with_suffix("").as_posix()) for place in pages)
    return f"{links}\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{places}\n```"


def write_model(folder: Path) -> None:
    """Writes the page that runs the shipped network, as lab 05 does it."""
    with tempfile.TemporaryDirectory() as place:
        model = onnx.export(models.load_shipped(MODEL), Path(place) / f"{MODEL}.onnx")
        browser.page(model, folder / f"{MODEL}.html")


def clear(output: Path) -> None:
    """Makes room for a new site.

    Raises:
        FileExistsError: there is something else in the folder.
    """
    if output.exists() and any(output.iterdir()):
        if not (output / MADE).exists():
            raise FileExistsError(f"{output} holds something that is no site: name another folder with --output")
        shutil.rmtree(output)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "site", help="build/site unless told")
    output = parser.parse_args().output
    try:
        from sphinx.cmd.build import build_main
    except ImportError:
        sys.exit("Sphinx is not installed: python tools/install.py --with site")
    clear(output)
    with tempfile.TemporaryDirectory() as folder:
        gather(Path(folder))
        # A warning is a broken link or a text that shows otherwise than it was meant.
        failed = build_main(["-q", "-W", "--keep-going", "-d", f"{folder}/.doctrees", folder, str(output)])
    for page in output.rglob("*.html"):
        if page.name != f"{MODEL}.html":  # a page of its own, which allows only scripts with a known checksum
            page.write_text(repaired(page.read_text(encoding="utf-8")), encoding="utf-8")
    if not failed:
        print(f"open {output / 'index.html'}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
