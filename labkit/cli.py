"""The `labkit` command. Each subcommand imports what it needs when it is called, so that help comes at once."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from labkit import __version__
from labkit.grading import cli as grading


def main(arguments: list[str] | None = None) -> int:
    """Runs one subcommand and returns its exit code: 0 done, 1 something is missing, 2 called wrongly."""
    for stream in (sys.stdout, sys.stderr):  # a Windows pipe has few letters: the others become question marks
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
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
    except ImportError as error:  # there, but cannot be loaded: on Windows, for want of a runtime of Microsoft's
        print(f"labkit: {' '.join(str(error).split())[:300]}; `labkit doctor` shows what is installed", file=sys.stderr)
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
    doctor.add_argument(
        "places", nargs="*", type=Path, metavar="NOTEBOOK", help="or folders of them; default: this folder and labs/"
    )
    doctor.set_defaults(run=run_doctor)

    restore = commands.add_parser(
        "restore",
        help="write a clean copy of a lab beside your notebook, with your answers in it",
        description="Carries over what you wrote into exercises and questions, and your own cells; leaves out what you "
        "changed in the lab's own. Your old file stays as it is. What can be read of a broken file is read.",
    )
    restore.add_argument("lab", help="such as 03")
    restore.add_argument(
        "notebook", nargs="?", type=Path, help="default: the one of that lab in this folder or in labs/"
    )
    restore.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="default: beside it, such as 03_prune.restored.ipynb"
    )
    restore.set_defaults(run=run_restore)

    labs = commands.add_parser("labs", help="copy the lab notebooks into a folder, to work on them there")
    labs.add_argument("folder", nargs="?", type=Path, default=Path("labs"), help="default: labs")
    labs.set_defaults(run=run_labs)

    browser = commands.add_parser("browser", help="write one HTML file that runs a model in a web browser")
    browser.add_argument("model", type=Path, help="an .onnx file: one image in, 10 logits out")
    browser.add_argument("-o", "--output", type=Path, help="default: beside the model, ending in .html")
    browser.set_defaults(run=run_browser)

    compress = commands.add_parser("compress", help="find, write and measure the smallest fast model for a device")
    compress.add_argument("--target", default="browser", help="browser, phone, raspberry or microcontroller")
    compress.add_argument(
        "--max-bytes", type=int, metavar="N", help="of the file; default: what the device has room for"
    )
    compress.add_argument("--max-drop", type=float, default=0.5, metavar="POINTS", help="of accuracy; default: 0.5")
    compress.add_argument(
        "--min-speedup", type=float, metavar="TIMES", help="faster than PyTorch, certainly, on this machine"
    )
    compress.add_argument("--prefer", default="fast", help="fast (default), small or accurate, among those within")
    compress.add_argument("--gzip", action="store_true", help="count bytes after gzip, as a web server sends them")
    compress.add_argument("--runtime", help="such as LiteRT for a phone; default: the target's own")
    compress.add_argument("--seed", type=int, default=0, help="of the fine-tuning; default: 0")
    compress.add_argument("-o", "--output", type=Path, default=Path("compressed"), help="folder; default: compressed")
    compress.set_defaults(run=run_compress)

    court = commands.add_parser("claims", help="every claim of the lecture with its latest verdict")
    court.add_argument(
        "--json", type=Path, metavar="FILE", help="also write this machine's verdicts, for a class to pool"
    )
    court.set_defaults(run=run_claims)

    pooled = commands.add_parser("class-report", help="the same claims over all laptops of a class, as a page")
    pooled.add_argument("files", nargs="+", help="what `labkit claims --json` wrote on each laptop")
    pooled.add_argument("-o", "--output", type=Path, default=Path("class.html"), help="default: class.html")
    pooled.set_defaults(run=run_class_report)

    report = commands.add_parser("report", help="one page on your final model, to hand in")
    report.add_argument("-o", "--output", type=Path, default=Path("report.html"), help="default: report.html")
    report.add_argument(
        "--variant", help="the final model; default: the card's, else the fastest within half a point of the baseline"
    )
    report.add_argument("--card", type=Path, help="the card.json that `labkit compress` wrote")
    report.add_argument("--name", default="", help="yours, for the title")
    report.set_defaults(run=run_report)
    grading.add(commands)
    return parser


def run_claims(options: argparse.Namespace) -> None:
    """Prints the court; see `labkit.claims`."""
    from labkit import claims
    from labkit.files import write_atomically

    court = claims.court()
    width = max(100, shutil.get_terminal_size((200, 24)).columns)
    for where, rows in court.groupby("from", sort=False):
        print(f"{where or 'no measurement decides'}:")
        for id, row in rows.iterrows():
            print(f"  {id:<17} {row['verdict']:<12} {row['found']:<42} {row['the slide says']}"[:width].rstrip())
    print(", ".join(f"{count} {word}" for word, count in court["verdict"].value_counts().items()))
    if options.json:
        try:
            write_atomically(options.json, claims.evidence_text().encode())
        except OSError as error:
            raise UserError(f"cannot write {options.json}: {error.strerror}") from None
        print(f"wrote {options.json}: {len(claims.evidence()['verdicts'])} verdicts of this machine")


def run_class_report(options: argparse.Namespace) -> None:
    """See `labkit.report.classroom`."""
    from labkit import report

    try:
        laptops, refused = report.write_class(options.files, options.output)
    except ValueError as error:
        raise UserError(str(error)) from None
    except OSError as error:
        raise UserError(f"cannot write {options.output}: {error.strerror}") from None
    for name, why in refused:
        print(f"left out {name}: {why}", file=sys.stderr)
    print(f"wrote {options.output}: {laptops} laptops")


def run_report(options: argparse.Namespace) -> None:
    """See `labkit.report.own`."""
    from labkit import report

    try:
        path = report.write(options.output, options.variant, options.card, options.name)
    except ValueError as error:
        raise UserError(str(error)) from None
    except OSError as error:
        raise UserError(f"cannot write {options.output}: {error.strerror}") from None
    print(f"wrote {path}")


def run_doctor(options: argparse.Namespace) -> int:
    """See `labkit.doctor`."""
    from labkit import doctor

    return doctor.main(options.places)


def run_restore(options: argparse.Namespace) -> None:
    """See `labkit.notebooks.restore`."""
    from labkit.notebooks import restore
    from labkit.notebooks.cells import Refused, Trouble

    try:
        said = restore.restore(options.lab.zfill(2), options.notebook, options.output)
    except (Refused, Trouble) as refused:
        raise UserError(str(refused)) from None
    except OSError as error:
        raise UserError(f"{error.filename}: {error.strerror}") from None
    print(said)


def run_browser(options: argparse.Namespace) -> None:
    """See `labkit.browser.page`; a model above the slide's limit for browsers gets its page and a warning."""
    from labkit import browser, data, results

    output = options.output or options.model.parent / f"{options.model.stem}.html"
    try:
        written = browser.page(options.model, output)
    except (ValueError, data.DataError) as error:
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


def run_compress(options: argparse.Namespace) -> int:
    """See `labkit.compress.search`; 1 if the limits are out of reach and the nearest was written."""
    from labkit import compress, data, results

    devices = {one.device.split()[0].lower(): one.max_bytes for one in results.BUDGETS}
    try:
        found = compress.search(
            options.target,
            devices.get(options.target) if options.max_bytes is None else options.max_bytes,
            options.max_drop,
            options.seed,
            options.output,
            options.prefer,
            options.gzip,
            options.min_speedup,
            options.runtime,
        )
        results.save(found.row)
    except (ValueError, data.DataError) as error:
        raise UserError(str(error)) from None
    except OSError as error:
        where = f"{error.filename}: {error.strerror}" if error.strerror else str(error)
        raise UserError(where) from None
    written = [str(path) for path in (found.path, found.card_path, found.page_path) if path]
    print(f"{found}\nwrote {', '.join(written)}; its row is in {results.folder()}")
    return 0 if found.reached else 1


def run_labs(options: argparse.Namespace) -> None:
    """Copies the notebooks that came with labkit. One that is there already is somebody's work and stays as it is."""
    from labkit.files import shipped

    source = shipped("labs")
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
