"""Peak memory is what a program holds at most, with its children and without whoever measures it."""

import subprocess
import sys

import pytest

from labkit.measure import MB, memory, peak_memory

ALLOCATE = "block = b'x' * 200_000_000"
TOLERANCE = 8 * MB  # what an interpreter's own memory varies by, from run to run


@pytest.fixture(autouse=True)
def every_run(monkeypatch):
    monkeypatch.delenv("LABKIT_QUICK", raising=False)


@pytest.fixture(scope="module")
def nothing() -> int:
    """The peak of a program that does nothing."""
    return peak_memory("pass", runs=1).peak_memory_bytes


def above(nothing: int, program: str) -> int:
    return peak_memory(program, runs=1).peak_memory_bytes - nothing


@pytest.mark.parametrize("program", [ALLOCATE, ALLOCATE + "; del block"], ids=["kept", "given back"])
def test_a_program_that_allocates_200_mb_peaks_200_mb_higher(nothing, program):
    assert above(nothing, program) == pytest.approx(200 * MB, abs=TOLERANCE)


def test_a_peak_between_two_looks_at_the_program_is_not_missed(nothing, monkeypatch):
    monkeypatch.setattr(memory, "_resident", lambda process, known: (0, known))
    assert above(nothing, ALLOCATE + "; del block") == pytest.approx(200 * MB, abs=3 * MB)


def test_memory_that_is_reserved_but_never_touched_does_not_count(nothing):
    assert above(nothing, "import mmap; block = mmap.mmap(-1, 300_000_000)") == pytest.approx(0, abs=TOLERANCE)


def test_two_blocks_one_after_the_other_peak_as_one_and_together_as_two(nothing):
    block = "block = b'x' * 60_000_000"
    assert above(nothing, f"{block}; del block; {block}") == pytest.approx(60 * MB, abs=TOLERANCE)
    assert above(nothing, f"{block}; other = block + b'y'") == pytest.approx(120 * MB, abs=TOLERANCE)


def test_the_memory_of_a_child_is_counted_with_its_parents(nothing):
    child = f"{ALLOCATE}; import time; time.sleep(0.4)"
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    # Two interpreters run at once, and the parent has imported subprocess.
    assert above(nothing, program) == pytest.approx(200 * MB + nothing, abs=TOLERANCE + 5 * MB)


def test_a_fat_notebook_does_not_fatten_the_program(nothing):
    block = bytearray(b"x") * 300_000_000
    assert len(block) == block.count(b"x") == 300_000_000  # every page of it is touched
    assert above(nothing, "pass") == pytest.approx(0, abs=TOLERANCE)


def test_what_the_notebook_has_imported_is_not_there_for_the_program():
    program = f"import sys; assert 'labkit' not in sys.modules and 'pytest' in {list(sys.modules)!r}"
    assert peak_memory(program, runs=1).peak_memory_bytes > MB


def test_the_program_runs_as_a_script_does(nothing):
    program = f"if __name__ == '__main__':\n    {ALLOCATE}\n    print('a line that nobody shall see')"
    assert above(nothing, program) == pytest.approx(200 * MB, abs=TOLERANCE)


def test_a_program_prints_nothing_into_the_notebook():
    code = "from labkit.measure import peak_memory; peak_memory(\"print('loud')\", runs=1)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (found.stdout, found.stderr) == ("", "")


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("raise ValueError('no such model')", "code 1.*ValueError: no such model"),
        ("import sys; sys.exit(3)", "code 3: no message"),
        ("import sys; print('out of disk', file=sys.stderr); sys.exit(1)", "code 1: out of disk"),
        ("this is no Python", "SyntaxError"),
        ("import os; os._exit(0)", "code 0"),
    ],
    ids=["error", "exit", "message", "syntax", "vanished"],
)
def test_a_program_that_fails_says_why(program, message):
    with pytest.raises(RuntimeError, match=f"(?s){message}"):
        peak_memory(program, runs=1)


def test_the_peak_is_the_median_of_the_runs_between_the_smallest_and_the_largest(monkeypatch):
    peaks = iter([5 * MB, 1 * MB, 2 * MB])
    monkeypatch.setattr(memory, "_run", lambda program: next(peaks))
    found = peak_memory("pass")
    assert (found.peak_memory_bytes, found.low, found.high, found.runs) == (2 * MB, 1 * MB, 5 * MB, 3)
    assert repr(found) == "2.0 MB of 10^6 bytes (1.0 to 5.0 in 3 runs)"


def test_a_quick_run_measures_once(monkeypatch):
    programs = []
    monkeypatch.setattr(memory, "_run", lambda program: programs.append(program) or MB)
    monkeypatch.setenv("LABKIT_QUICK", "1")
    assert peak_memory("pass", runs=5).runs == 1
    monkeypatch.setenv("LABKIT_QUICK", "0")
    assert peak_memory("pass", runs=5).runs == 5
    assert programs == ["pass"] * 6


@pytest.mark.parametrize("runs", [0, -1])
def test_no_run_at_all_is_refused(runs):
    with pytest.raises(ValueError, match=f"at least 1, not {runs}"):
        peak_memory("pass", runs=runs)


def test_a_program_that_ends_itself_without_an_error_is_measured():
    assert peak_memory("import sys; sys.exit(0)", runs=1).peak_memory_bytes > 1_000_000


def test_what_python_does_to_end_the_process_does_not_count(nothing):
    program = "import atexit; atexit.register(lambda: b'x' * 300_000_000)"
    assert above(nothing, program) < 50 * MB


def test_memory_that_a_forked_child_shares_counts_once(nothing):
    program = "block = b'x' * 200_000_000\nimport os, time\nif os.fork() == 0: time.sleep(0.3)\nelse: os.wait()"
    assert above(nothing, program) < 260 * MB


def test_a_program_may_be_longer_than_a_command_line():
    program = "x = 0\n" + "x += 1\n" * 200_000 + "assert x == 200_000"
    assert len(program) > 2**20
    assert peak_memory(program, runs=1).peak_memory_bytes > MB
