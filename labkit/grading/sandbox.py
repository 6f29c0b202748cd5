"""The command that starts a process in the box: bubblewrap with its own everything, and nothing of ours in sight.

As root the box's user id is dropped by `setpriv` inside of it, to one that no account has: with bubblewrap's own
`--uid` the process would still be root towards the files. As a plain user it is a user namespace. Memory is watched
(`labkit.grading.watch`), not limited by a cgroup: few graders may write one, in a container or on a cluster hardly any.
"""

from __future__ import annotations

import os
import shutil
import site
import sys
from pathlib import Path

from labkit.grading import stage
from labkit.grading.work import CannotGrade, Limits

FIRST_USERS = (2_000_000, 60_000)  # user ids from here on belong to nobody; the second where there are but 65,536
NOBODY = 65534
ZIP = "/labkit.zip"
SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin")
FILES = ("/etc/ld.so.cache", "/etc/localtime", "/etc/alternatives", "/sys/devices/system/cpu")
ISOLATED = (
    "--unshare-ipc --unshare-pid --unshare-net --unshare-uts --unshare-cgroup "
    "--die-with-parent --new-session --hostname box --cap-drop ALL"
)
ENVIRONMENT = {
    "HOME": "/tmp",
    "TMPDIR": "/tmp",
    "USER": "student",
    "LOGNAME": "student",
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MPLBACKEND": "agg",
    "MPLCONFIGDIR": "/tmp",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "",
    "PYTHONHASHSEED": "0",  # an answer that depends on the order of a set gets the same points in a regrade
}


def command(limits: Limits, slot: int, numbers: dict[str, int], as_root: bool | None = None) -> list[str]:
    """The command line of a box.

    Args:
        numbers: of the open files that the command inherits: `info`, `seccomp`, `stage` and `socket`.
        as_root: whether the user id is dropped by `setpriv`; by default where we are root.
    """
    as_root = os.geteuid() == 0 if as_root is None else as_root
    return [
        _tool("bwrap"),
        *ISOLATED.split(),
        *(_kept_for_setpriv() if as_root else ["--unshare-user", "--uid", str(NOBODY), "--gid", str(NOBODY)]),
        *_folders(limits),
        *("--perms", "0444", "--ro-bind-data", str(numbers["stage"]), ZIP),
        *("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp", "--clearenv"),
        *(word for name, value in ENVIRONMENT.items() for word in ("--setenv", name, value)),
        *("--info-fd", str(numbers["info"]), "--seccomp", str(numbers["seccomp"]), "--"),
        *(_dropped(user(slot)) if as_root else []),
        *python(ZIP, numbers["socket"]),
    ]


def python(bundle: str, number: int) -> list[str]:
    """The command line of the worker: this interpreter, its own packages, no settings but those of `ENVIRONMENT`."""
    return [sys.executable, "-P", "-s", "-B", "-X", "utf8", bundle, str(number), *paths()]


def paths() -> list[str]:
    """The folders of installed packages, also those that the interpreter does not find by itself under `-s`."""
    return [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages") and os.path.isdir(path)]


def settings(limits: Limits, boxed: bool = True) -> dict:
    """What the worker sets before anything of the submission reaches it; see `labkit.grading.worker`."""
    found = {
        "DATA": limits.memory_bytes,
        "AS": limits.memory_bytes + 14 * 2**30,  # bounds what the page tables take; torch maps 3.3 GB it never uses
        "CPU": int(limits.submission_seconds) + 10,
        "FSIZE": limits.file_bytes,
        "NOFILE": limits.open_files,
        "CORE": 0,
        "MEMLOCK": 0,
        "MSGQUEUE": 0,
    }
    if boxed:  # outside of a box, the limit would count all that this user runs
        found["NPROC"] = limits.processes
    return found


def user(slot: int) -> int:
    """The user id of a box where we are root: each slot has its own, so that the limits of a user are its own."""
    with open("/proc/self/uid_map", encoding="utf-8") as file:
        known = [[int(one) for one in line.split()] for line in file]
    return next(
        first + slot
        for first in FIRST_USERS
        if first == FIRST_USERS[-1] or any(start <= first + slot < start + count for start, _, count in known)
    )


def _kept_for_setpriv() -> list[str]:
    return [word for one in ("SETUID", "SETGID", "SETPCAP") for word in ("--cap-add", f"CAP_{one}")]


def _dropped(user: int) -> list[str]:
    return [
        *(_tool("setpriv"), "--reuid", str(user), "--regid", str(user), "--clear-groups"),
        *("--no-new-privs", "--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all"),
    ]


def _folders(limits: Limits) -> list[str]:
    """What the box sees: the system's programs and this interpreter to read, and little room to write in."""
    shared = limits.disk_bytes // 4
    found = [
        *(word for path in SYSTEM for word in _system(path)),
        *("--proc", "/proc", "--dev", "/dev"),
        *("--ro-bind", "/dev/null", "/dev/zero"),  # mapped, it is memory that nothing counts; see `seccomp`
        *("--perms", "1777", "--size", str(shared), "--tmpfs", "/dev/shm"),
        *("--perms", "1777", "--size", str(limits.disk_bytes - shared), "--tmpfs", "/tmp"),
    ]
    for path in [*_interpreter(), *FILES]:
        if os.path.exists(path):
            found += [*_parents(path), "--ro-bind", path, path]
    for path in _other_labkits():
        found += ["--perms", "0000", "--tmpfs", path]
    return found


def _system(path: str) -> list[str]:
    if os.path.islink(path):
        return ["--symlink", os.readlink(path), path]
    return ["--ro-bind", path, path] if os.path.isdir(path) else []


def _interpreter() -> list[str]:
    """The folders that Python and its packages are in, without those that are there with another."""
    wanted = {sys.base_prefix, sys.base_exec_prefix, sys.prefix, sys.exec_prefix, *paths()}
    wanted |= {os.path.dirname(os.path.dirname(os.path.realpath(sys.executable)))}
    return sorted(
        one for one in wanted if not any(Path(one).is_relative_to(path) for path in {*SYSTEM, *wanted - {one}})
    )


def _other_labkits() -> list[str]:
    """Copies of labkit with all answers in them that would be in sight: an empty folder is laid over each."""
    shown = [*_interpreter(), *SYSTEM]
    places = [Path(place, "labkit") for place in {*site.getsitepackages(), *sys.path}]
    if (stage.PACKAGE.parent / "labs").is_dir():  # the repository itself
        places.append(stage.PACKAGE.parent)
    return sorted(str(one) for one in places if one.is_dir() and any(one.is_relative_to(path) for path in shown))


def _parents(path: str) -> list[str]:
    """Makes the folders above `path`, so that another user may pass; bubblewrap's own would be closed."""
    above = [str(one) for one in reversed(Path(path).parents)][1:]
    return [word for one in above for word in ("--perms", "0755", "--dir", one)]


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        package = {"bwrap": "bubblewrap", "setpriv": "util-linux"}[name]
        raise CannotGrade(f"{name} is not installed: `apt install {package}` brings it")
    return found
