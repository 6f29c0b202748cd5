"""The instructor's commands. What they need is imported when one is called, so that help comes at once."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add(commands: argparse._SubParsersAction) -> None:
    """Adds `release`, `grade`, `regrade` and `mark` to the commands of `labkit`."""
    release = commands.add_parser(
        "release",
        help="write a lab as students get it, as a folder and a zip",
        description="Writes NN_topic/ and NN_topic.zip: the notebook with empty stubs and how to start. No solution "
        "and no hidden test is in it. The same lab gives the same bytes.",
    )
    release.add_argument("lab", type=_lab, help="such as 02")
    release.add_argument(
        "-o", "--output", type=Path, default=Path("release"), metavar="FOLDER", help="default: release"
    )
    _overlay(release)
    release.set_defaults(run=run_release)

    grade = commands.add_parser(
        "grade",
        help="grade a class: a folder or a zip of notebooks becomes a gradebook",
        description="Grades what a class handed in. Students' code runs in a sandbox; what cannot be read is listed as "
        "'needs a look', never as zero. The same command again goes on where an interrupted run stopped, and grades "
        "only what is new.",
        epilog="SUBMISSIONS is a folder of notebooks named by student (alice.ipynb), a folder of students' folders, "
        "nbgrader's submitted/, or the zip that Canvas, Moodle or Gradescope gives. Example: "
        "labkit grade lab02.zip --lab 02 --deadline '2026-11-30T23:59 Asia/Kolkata' --late-penalty 10",
    )
    grade.add_argument("submissions", type=Path, metavar="SUBMISSIONS")
    grade.add_argument("--lab", type=_lab, help="such as 02; default: each notebook tells")
    grade.add_argument("-o", "--output", type=Path, default=Path("grades"), metavar="FOLDER", help="default: grades")
    grade.add_argument(
        "--deadline", metavar="TIME", help="with its zone: 2026-11-30T23:59+05:30 or '2026-11-30T23:59 Asia/Kolkata'"
    )
    grade.add_argument(
        "--late-penalty", type=float, metavar="PERCENT", help="of the points, for each begun day; default: 0"
    )
    grade.add_argument(
        "--received",
        type=Path,
        metavar="FILE",
        help="a table, student,received, where the platform tells no times, or for who was given more of it",
    )
    grade.add_argument("--formgrader", type=Path, metavar="COURSE", help="also write nbgrader's gradebook there")
    _running(grade)
    grade.set_defaults(run=run_grade)

    regrade = commands.add_parser(
        "regrade",
        help="grade the same files again, after a test or a number was changed",
        description="Grades the copies in GRADES again by today's rules, with the same inputs. Manual points stay.",
    )
    regrade.add_argument("output", type=Path, metavar="GRADES", help="the folder that labkit grade wrote")
    _running(regrade)
    regrade.set_defaults(run=run_regrade)

    mark = commands.add_parser(
        "mark",
        help="mark written answers: a page with all of them, or the points from it",
        description="Without FILE: writes written.html, a page with all written answers, and says how many wait. "
        "With FILE: reads the points that this page saved (or a spreadsheet with the columns student, lab, question, "
        "points, comment) and writes all grades and feedback again.",
    )
    mark.add_argument("output", type=Path, metavar="GRADES", help="the folder that labkit grade wrote")
    mark.add_argument("points", type=Path, nargs="?", metavar="FILE", help="manual.csv, as the page saved it")
    mark.set_defaults(run=run_mark)


def _lab(text: str) -> str:
    return text.zfill(2)


def _overlay(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--overlay", type=Path, metavar="FOLDER", help="your own hidden tests, points and limits; never leaves you"
    )


def _running(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--only", action="append", default=[], metavar="STUDENT", help="this one alone; can be given more than once"
    )
    _overlay(command)
    command.add_argument("--workers", type=_at_least_one, metavar="N", help="at once; default: by cores and memory")
    command.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster, such as tcp://10.0.0.1:8786")
    command.add_argument(
        "--unsafe", action="store_true", help="without a sandbox, with your rights; each result is marked so"
    )


def _at_least_one(text: str) -> int:
    if text.isdecimal() and int(text) >= 1:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")


def _how(options: argparse.Namespace) -> dict:
    """The options that `_running` added, by their names."""
    return {name: getattr(options, name) for name in ("only", "overlay", "workers", "scheduler", "unsafe")}


def run_release(options: argparse.Namespace) -> int:
    """See `labkit.grading.release`."""
    from labkit.grading import overlay, release

    def write() -> int:
        folder, bundle = release.release(options.lab, options.output, overlay.load(options.overlay))
        print(f"wrote {folder} and {bundle}")
        return 0

    return _told(write)


def run_grade(options: argparse.Namespace) -> int:
    """See `labkit.grading.run`; 1 if a submission needs a look."""
    from labkit.grading import run

    return _told(
        lambda: _looked_at(
            run.grade_class(
                options.submissions,
                options.output,
                lab=options.lab,
                deadline=options.deadline,
                late_penalty=options.late_penalty,
                **_how(options),
                formgrader=options.formgrader,
                received=options.received,
            )
        )
    )


def run_regrade(options: argparse.Namespace) -> int:
    """See `labkit.grading.run.regrade`; 1 if a submission needs a look."""
    from labkit.grading import run

    return _told(
        lambda: _looked_at(
            run.regrade(
                options.output,
                **_how(options),
            )
        )
    )


def run_mark(options: argparse.Namespace) -> int:
    """See `labkit.grading.marking`."""
    from labkit.grading import marking

    def mark() -> int:
        print(marking.mark(options.output, options.points))
        return 0

    return _told(mark)


def _looked_at(results: list[dict]) -> int:
    return 1 if any(one["status"] != "graded" for one in results) else 0


def _told(action) -> int:
    """What `action` returns; what stands in its way becomes one line."""
    from labkit.grading.work import CannotGrade
    from labkit.notebooks.cells import Refused

    try:
        return action()
    except (Refused, CannotGrade) as refused:
        said = refused
    except OSError as error:
        said = f"{error.filename}: {error.strerror}" if error.filename else error
    print(f"labkit: {said}", file=sys.stderr)
    return 2
