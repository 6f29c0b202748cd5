"""The `labkit` command. Each subcommand imports what it needs when it is called, so that help comes at once."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from labkit import __version__


def main(arguments: list[str] | None = None) -> int:
    """Runs one subcommand and returns its exit code: 0 done, 1 something is missing, 2 called wrongly."""
    parser = build_parser()
    options = parser.parse_args(arguments)
    if options.run is None:
        parser.print_help()
        return 0
    try:
        return options.run(options) or 0
    except ModuleNotFoundError as error:
        remedy = "`python tools/install.py` brings it, or installing the labkit wheel again"
        print(f"labkit: {error.name} is not installed here: {remedy}", file=sys.stderr)
        return 1
    except UserError as error:
        print(f"labkit: {error}", file=sys.stderr)
        return 2


class UserError(Exception):
    """What the user can put right; the message is one line and says how."""


def build_parser() -> argparse.ArgumentParser:
    """Every subcommand with its arguments; a new one is three lines here and a function below."""
    parser = argparse.ArgumentParser(
        prog="labkit", description="Course labs for edge deployment and model optimization."
    )
    parser.add_argument("--version", action="version", version=f"labkit {__version__}")
    parser.set_defaults(run=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    doctor = commands.add_parser("doctor", help="what this machine has, what is missing, and how to get it")
    doctor.set_defaults(run=run_doctor)

    labs = commands.add_parser("labs", help="copy the lab notebooks into a folder, to work on them there")
    labs.add_argument("folder", nargs="?", type=Path, default=Path("labs"), help="default: labs")
    labs.set_defaults(run=run_labs)

    browser = commands.add_parser("browser", help="write one HTML file that runs a model in a web browser")
    browser.add_argument("model", type=Path, help="an .onnx file: one image in, 10 logits out")
    browser.add_argument("-o", "--output", type=Path, help="default: beside the model, ending in .html")
    browser.set_defaults(run=run_browser)
    return parser


def run_doctor(_options: argparse.Namespace) -> int:
    """See `labkit.doctor`."""
    from labkit import doctor

    return doctor.main()


def run_browser(options: argparse.Namespace) -> None:
    """See `labkit.browser.page`; a model above the slide's limit for browsers gets its page and a warning."""
    from labkit import browser, results

    output = options.output or options.model.with_suffix(".html")
    try:
        written = browser.page(options.model, output)
    except ValueError as error:
        raise UserError(str(error)) from None
    except OSError as error:  # ours say all themselves, the system's say where and why
        where = error.filename2 or error.filename
        raise UserError(f"{where}: {error.strerror}" if error.strerror else str(error)) from None
    print(f"wrote {written}: open it in a browser; it needs no network\n{browser.bytes_to_load(options.model)}")
    limit = next(one for one in results.BUDGETS if one.device == "browser")
    if (size := options.model.stat().st_size) > limit.max_bytes:
        print(
            f"labkit: {options.model} has {size:,} bytes, more than the {limit.max_bytes:,} of the slide",
            file=sys.stderr,
        )


def run_labs(options: argparse.Namespace) -> None:
    """Copies the notebooks that came with labkit. One that is there already is somebody's work and stays as it is."""
    packaged = Path(__file__).parent / "_labs"
    source = packaged if packaged.is_dir() else Path(__file__).parents[1] / "labs"
    notebooks = sorted(source.glob("*.ipynb"))
    if not notebooks:
        raise UserError(f"there are no notebooks in {source}: install the labkit wheel again")
    try:
        options.folder.mkdir(parents=True, exist_ok=True)
        for notebook in notebooks:
            target = options.folder / notebook.name
            if target.exists():
                print(f"kept    {target}")
            else:
                shutil.copyfile(notebook, target)
                print(f"copied  {target}")
    except OSError as error:
        raise UserError(f"cannot write to {options.folder}: {error.strerror}") from None
