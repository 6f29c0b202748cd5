"""What the box keeps out of sight and out of reach, and what it ends when there is too much of it."""

import io
import os
import site
from dataclasses import replace
from pathlib import Path

import boxed
import pytest

from labkit.exercises.laws import Stopped, Wrong
from labkit.grading import sandbox, stage
from labkit.grading.box import Box
from labkit.grading.work import Limits, Step

pytestmark = pytest.mark.sandbox
SLOT = 2000 + os.getpid() % 1000  # whose user id no other test has
OWN = SLOT + 1000
LIMITS = Limits(call_seconds=30, cell_seconds=30, submission_seconds=200, memory_bytes=500 * 2**20)
TOOLS = """
import ctypes, errno, os, socket, subprocess, sys
libc, PID = ctypes.CDLL(None, use_errno=True), os.getpid()
def outcome(call, *arguments):
    try:
        call(*arguments)
        return "done"
    except OSError as error:
        return errno.errorcode[error.errno]
def system_call(number, *arguments):
    done = libc.syscall(number, *arguments)
    if done == 0 and os.getpid() != PID:
        os._exit(0)
    return errno.errorcode[ctypes.get_errno()] if done < 0 else "done"
"""
CALLS = {
    "unshare": [(0x10000000,), (0x20000,), (0x40000000,), (0x20000000,)],
    "clone": [(0x10000000 | 17, 0, 0, 0, 0), (0x20000 | 17, 0, 0, 0, 0), (0x40000000 | 17, 0, 0, 0, 0)],
    "shmget": [(0, 4096, 0o1600)],
}
CALLS |= {
    name: [(0, 0, 0, 0, 0, 0)]
    for name in """
        setns mount umount2 chroot pivot_root ptrace process_vm_readv bpf io_uring_setup perf_event_open
        userfaultfd keyctl add_key memfd_create sched_setaffinity reboot open_by_handle_at kexec_load swapon
    """.split()  # noqa: SIM905
}


@pytest.fixture(autouse=True, scope="module")
def _marked():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sandbox.ENVIRONMENT, boxed.WORD, "1")
        yield


@pytest.fixture(scope="module")
def ask():
    """Runs the body of a function in a box that all of these tests share, and returns what it returns."""
    with Box(LIMITS, SLOT) as box:
        assert box.run(Step("tools", TOOLS)) == ""

        def ask(body: str):
            source = "def f():\n" + "\n".join(f"    {line}" for line in body.splitlines())
            assert box.run(Step("a cell", source, "f")) == ""
            return box.ask("f", ())

        yield ask


def ended(source: str, limits: Limits = LIMITS) -> str:
    """Why a cell's box was ended; or what the cell failed with, if it was not."""
    with Box(limits, OWN) as box:
        try:
            return box.run(Step("a cell", TOOLS + source))
        except Stopped as stopped:
            return str(stopped)


def number_of(call: str) -> int:
    import pyseccomp

    return pyseccomp.resolve_syscall(pyseccomp.system_arch(), call)


# Sight


def test_the_box_sees_the_system_and_the_interpreter_alone(ask):
    seen = ask("return sorted(os.listdir('/'))")
    allowed = {"bin", "dev", "etc", "labkit.zip", "lib", "lib32", "lib64", "proc", "sbin", "sys", "tmp", "usr"}
    places = {Path(one).parts[1] for one in sandbox._interpreter()}
    assert set(seen) <= allowed | places
    assert set(ask("return os.listdir('/etc')")) <= {"alternatives", "localtime", "ld.so.cache"}
    below = {Path(one).parts[2] for one in sandbox._interpreter() if one.startswith("/tmp/")}
    assert set(ask("return os.listdir('/tmp') + os.listdir('/dev/shm')")) <= below


@pytest.mark.parametrize(
    "path",
    ["/etc/shadow", "/etc/passwd", "/home", "/var", "/mnt", "/proc/1/environ", "/proc/1/root", "/proc/kcore", __file__],
)
def test_what_is_not_the_submissions_cannot_be_read(ask, path):
    assert ask(f"return outcome(open, {path!r})") in ("ENOENT", "EACCES", "EPERM")


def test_no_home_folder_is_there_but_the_way_to_the_interpreter(ask):
    for home in {Path.home(), Path("/root")}:
        found = ask(f"return os.listdir({str(home)!r}) if os.path.exists({str(home)!r}) else []")
        assert all(any(Path(one).is_relative_to(home / name) for one in sandbox._interpreter()) for name in found)


def test_the_repository_is_not_there(ask):
    root = Path(__file__).parents[2]
    for name in ("labs", "labkit", "tests", ".git", "grades"):
        assert ask(f"return os.path.exists({str(root / name)!r})") is False


def test_an_installed_labkit_is_covered(tmp_path, monkeypatch):
    (tmp_path / "labkit").mkdir()
    (tmp_path / "labkit" / "solutions.py").write_text("ANSWER = 42")
    tmp_path.chmod(0o755)
    monkeypatch.setattr(site, "getsitepackages", lambda: [str(tmp_path)])
    monkeypatch.setattr(sandbox, "_interpreter", lambda real=sandbox._interpreter: [*real(), str(tmp_path)])
    with Box(LIMITS, OWN) as box:
        folder = str(tmp_path)
        looks = f"import os\ndef f():\n    os.stat({folder!r})\n    return os.listdir({folder + '/labkit'!r})"
        assert box.run(Step("a cell", looks)) == ""
        with pytest.raises(Wrong, match="PermissionError"):
            box.ask("f", ())


def test_a_repository_beside_the_interpreter_is_covered_whole(tmp_path, monkeypatch):
    for folder in ("labkit", "labs", "tests"):
        (tmp_path / folder).mkdir()
    monkeypatch.setattr(stage, "PACKAGE", tmp_path / "labkit")
    monkeypatch.setattr(sandbox, "_interpreter", lambda real=sandbox._interpreter: [*real(), str(tmp_path)])
    assert str(tmp_path) in sandbox._other_labkits()


def test_neither_environment_nor_open_files_tell_anything(ask):
    assert set(ask("return list(os.environ)")) <= {*sandbox.ENVIRONMENT, "PWD", "LC_CTYPE"}
    links = "return [os.readlink(f'/proc/self/fd/{n}') for n in range(64) if os.path.lexists(f'/proc/self/fd/{n}')]"
    found = ask(links)
    assert found[:3] == ["/dev/null"] * 3
    assert len([one for one in found if one != "/dev/null" and not one.startswith("socket:")]) == 0


def test_only_processes_of_the_box_are_seen(ask):
    assert ask("return [one for one in os.listdir('/proc') if one.isdigit()]") == ["1", "2"]


def test_there_are_no_laws_and_no_answers_in_the_labkit_of_the_box(ask):
    found = ask(
        "import zipfile\nreturn {name: bundle.read(name).decode('latin-1') "
        "for bundle in [zipfile.ZipFile('/labkit.zip')] for name in bundle.namelist()}"
    )
    assert not [name for name in found if "exercises/lab" in name or "claims" in name or "report" in name]
    assert {name.split("/")[-1] for name in found if "/grading/" in name} == {f"{one}.pyc" for one in stage.WITH_BOX}
    assert not [name for name, text in found.items() if "count the distance twice" in text]


# Reach


@pytest.mark.parametrize(("known", "first"), [("0 0 4294967295", 2_000_000), ("0 100000 65536", 60_000)])
def test_where_root_knows_few_users_the_boxes_is_among_them(known, first, monkeypatch):
    monkeypatch.setattr("builtins.open", lambda *_, **__: io.StringIO(known))
    assert sandbox.user(3) == first + 3


@pytest.mark.parametrize(
    "folder", ["/", "/usr", "/etc", "/dev", "/sys", "/proc", "/proc/sys/kernel", "the interpreter"]
)
def test_nothing_can_be_written_but_in_two_small_folders(ask, folder):
    folder = sandbox._interpreter()[0] if folder == "the interpreter" else folder
    assert ask(f"return outcome(open, {folder + '/new'!r}, 'w')") in ("EROFS", "EACCES", "ENOENT", "EPERM")
    assert ask("return outcome(open, '/tmp/new', 'w'), outcome(open, '/dev/shm/new', 'w')") == ("done", "done")
    assert ask("os.remove('/tmp/new'), os.remove('/dev/shm/new')\nreturn outcome(open, '/labkit.zip', 'w')") == "EROFS"


def test_there_is_no_network(ask):
    for address in (("127.0.0.1", 22), ("10.0.0.1", 80), ("192.0.2.1", 443)):
        assert ask(f"return outcome(socket.create_connection, {address}, 1)") in ("ECONNREFUSED", "ENETUNREACH")
    assert ask("return open('/proc/net/dev').read().count(':')") <= 1
    assert ask("return [outcome(socket.socket, family, 3) for family in (16, 17, 29, 38, 40)]") == ["EAFNOSUPPORT"] * 5
    assert ask("return [outcome(socket.socket, family) for family in (1, 2, 10)]") == ["done"] * 3


def test_the_user_is_nobody_without_any_rights(ask):
    assert ask("return os.getresuid() + os.getresgid(), os.getgroups()") == (
        (boxed.user(SLOT),) * 6,
        [],
    )
    status = ask("return dict(line.split(':\\t') for line in open('/proc/self/status').read().splitlines())")
    assert {status[f"Cap{one}"] for one in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {"0" * 16}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    assert ask("return outcome(os.setuid, 0)") in ("EPERM", "EINVAL")


@pytest.mark.parametrize("call", CALLS)
def test_a_forbidden_system_call_fails(ask, call):
    for arguments in CALLS[call]:
        assert ask(f"return system_call({number_of(call)}, *{arguments})") == "EPERM"


def test_clone3_is_unknown_so_that_its_older_sister_is_taken(ask):
    assert ask(f"return system_call({number_of('clone3')}, 0, 0)") == "ENOSYS"
    assert ask(f"return system_call({number_of('getppid')})") == "done"


def test_no_limit_can_be_raised_again(ask):
    raised = "import resource\ndef up(one):\n    resource.setrlimit(one, (resource.RLIM_INFINITY,) * 2)\nfound = {}\n"
    raised += "for name in ('DATA', 'AS', 'NPROC', 'NOFILE', 'FSIZE', 'CPU', 'CORE'):\n    try:\n"
    raised += "        up(getattr(resource, 'RLIMIT_' + name))\n        found[name] = 'raised'\n"
    raised += "    except (OSError, ValueError):\n        pass\nreturn found"
    assert ask(raised) == {}


def test_a_box_stays_on_the_core_of_its_slot(ask):
    cores = sorted(os.sched_getaffinity(0))
    assert ask("return sorted(os.sched_getaffinity(0))") == [cores[SLOT % len(cores)]]
    for slot in (0, 1):
        with Box(LIMITS, slot) as box:
            assert box.run(Step("a cell", "import os\ndef f():\n    return list(os.sched_getaffinity(0))")) == ""
            assert box.ask("f", ()) == [cores[slot % len(cores)]]
    assert os.sched_getaffinity(0) == set(cores)


# Too much


def test_a_hog_gets_a_memory_error_and_its_box_goes_on(ask):
    for hog in ("bytearray(3 * 2**30)", "[0] * 10**9", "list(range(10**9))"):
        assert ask(f"try:\n    {hog}\nexcept MemoryError:\n    return 'no more'") == "no more"
    with pytest.raises(Wrong, match="MemoryError"):
        ask("import numpy as np\nreturn float(np.ones((40000, 40000)).sum())")
    assert ask("return 1") == 1


HOGS = {
    "many processes": """
import os, time
for _ in range(9):
    if os.fork() == 0:
        x = b'x' * (300 * 2**20)
        time.sleep(100)
time.sleep(100)
""",
}


def test_memory_that_would_stay_uncounted_is_not_given(ask):
    for asked in ("mmap.mmap(-1, 4096)", "open('/dev/zero', 'r+b')"):
        with pytest.raises(Wrong, match="PermissionError"):
            ask(f"import mmap\n{asked}")
    assert ask("import mmap\nreturn len(mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))") == 4096


@pytest.mark.parametrize("hog", HOGS.values(), ids=HOGS)
def test_memory_is_counted_over_the_whole_box(hog):
    others = boxed.alive()
    assert ended(hog) == "too much memory: more than 0.488281 GB"
    assert boxed.alive() <= others


FILLS = """
found = []
for i in range(9):
    try:
        with open(f'/tmp/{i}', 'wb') as file:
            file.write(bytes(30 * 2**20))
    except OSError as error:
        found.append(errno.errorcode[error.errno])
for i in range(9):
    os.remove(f'/tmp/{i}')
return found
"""


def test_the_disk_is_small(ask):
    assert ask(FILLS) == ["ENOSPC"] * 6
    ignored = "import signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    assert ask(ignored + "return outcome(open('/tmp/big', 'wb').truncate, 2**26 + 1)") == "EFBIG"
    assert ask("return sum(os.statvfs(p).f_blocks * os.statvfs(p).f_frsize for p in ('/tmp', '/dev/shm'))") == 2**27


def test_a_million_empty_files_are_too_many():
    why = ended("for i in range(10**6):\n    os.mknod(f'/tmp/{i}')")
    assert why == "too many files: more than 20,000"


BOMBS = {
    "forks": "os.fork()",
    "forks that leave": "os.fork() or os.setsid()",
    "threads": "threading.Thread(target=time.sleep, args=(99,)).start()",
    "programs": "subprocess.Popen(['sleep', '99'])",
}
AGAIN = """
import os, subprocess, threading, time
while True:
    try:
        {bomb}
    except (OSError, RuntimeError):
        pass
"""


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_ended_with_all_of_its_children(bomb):
    others = boxed.alive()
    why = ended(AGAIN.format(bomb=bomb), replace(LIMITS, cell_seconds=1, memory_bytes=2 * 2**30))
    assert why == "too much time: more than 1 seconds for one cell"
    assert boxed.alive() <= others


COUNTS = """
n = 0
while True:
    try:
        if os.fork() == 0:
            import time
            time.sleep(99)
        n += 1
    except OSError:
        break
assert n < 64
raise KeyError
"""


def test_there_are_never_more_processes_than_allowed():
    others = boxed.alive()
    assert ended(COUNTS, replace(LIMITS, memory_bytes=2 * 2**30)).startswith("KeyError")
    assert boxed.alive() <= others


@pytest.mark.parametrize("library", ["torch", "onnxruntime", "pandas", "matplotlib.pyplot", "multiprocessing"])
def test_libraries_work_in_the_box(library):
    uses = {
        "torch": "assert float(m.nn.Conv2d(3, 8, 3)(m.ones(4, 3, 32, 32)).sum()) < 1e9 and m.get_num_threads() == 1",
        "onnxruntime": "assert m.get_available_providers()",
        "pandas": "assert m.DataFrame({'a': [1, 2]}).a.sum() == 3",
        "matplotlib.pyplot": "m.plot([1, 2]); m.savefig('/tmp/a.png')",
        "multiprocessing": "assert m.get_context('fork').Pool(2).map(abs, [1, -2]) == [1, 2]",
    }
    source = f"import {library}\nm = {library}\n{uses[library]}"
    assert ended(source, replace(LIMITS, cell_seconds=60, memory_bytes=2 * 2**30)) == ""
