"""Makes a Python lack what another machine lacks; it is put on PYTHONPATH, so that child processes lack it too.

`ABSENT` names packages that are not installed, "torch,onnx", say. `ELSEWHERE=1` takes away from labkit what Windows does
not have: modules and functions of POSIX, and every file below /proc and /sys.
"""

import builtins
import importlib.metadata
import io
import os
import pathlib
import signal  # noqa: F401  (LESS names it)
import sys
from importlib.machinery import PathFinder
from types import SimpleNamespace

MODULES = {"curses", "fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty"}
OF_OS = "chown fork forkpty getegid geteuid getgid getloadavg getuid killpg mkfifo nice pipe2 posix_fadvise "
OF_OS += "sched_getaffinity sched_setaffinity setsid statvfs sysconf sync uname wait3 wait4 O_CLOEXEC O_NOFOLLOW"
OF_SIGNAL = "SIGALRM SIGHUP SIGKILL SIGQUIT SIGUSR1 SIGUSR2 alarm pidfd_send_signal setitimer"
LESS = {"os": OF_OS, "signal": OF_SIGNAL}
OURS = ("labkit", "__main__")
NAMES = {"torch_pruning": "torch-pruning", "ai_edge_litert": "ai-edge-litert", "tflite_micro": "tflite-micro"}


def hide(packages):
    """No import, no `find_spec` and no metadata of these packages."""
    find, look_up = PathFinder.find_spec, importlib.metadata.Distribution.from_name
    listed = {NAMES.get(name, name) for name in packages}

    def find_spec(name, path=None, target=None):
        return None if name.split(".")[0] in packages else find(name, path, target)

    def from_name(name):
        if name.lower().replace("_", "-") in listed:
            raise importlib.metadata.PackageNotFoundError(name)
        return look_up(name)

    PathFinder.find_spec = find_spec
    importlib.metadata.Distribution.from_name = from_name


def is_ours(depth):
    """Whether labkit, or a program that it started, has called the function that asks."""
    return sys._getframe(depth + 1).f_globals.get("__name__", "").split(".")[0] in OURS


def leave_posix():
    """What Windows lacks is not there for labkit; the libraries, which are those of Linux, keep it."""
    take, open_file, open_path = builtins.__import__, builtins.open, pathlib.Path.open

    def __import__(name, *rest, **options):  # noqa: N807
        if name in MODULES and is_ours(1):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return Without(name, LESS[name]) if name in LESS and is_ours(1) else take(name, *rest, **options)

    def absent(path):
        return isinstance(path, (str, pathlib.Path)) and str(path).startswith(("/proc", "/sys"))

    def open_(file, *rest, **options):
        if absent(file) and is_ours(1):
            raise FileNotFoundError(2, "No such file or directory", str(file))
        return open_file(file, *rest, **options)

    def open_of_path(self, *rest, **options):
        if absent(self):
            raise FileNotFoundError(2, "No such file or directory", str(self))
        return open_path(self, *rest, **options)

    builtins.__import__, builtins.open, pathlib.Path.open = __import__, open_, open_of_path


def tell_peaks():
    """psutil's `peak_wset`, which Windows alone has, from what Linux calls VmHWM."""
    import psutil

    ask = psutil.Process.memory_info

    def memory_info(self):
        with io.open(f"/proc/{self.pid}/status", encoding="utf-8") as status:
            peak = next((line.split()[1] for line in status if line.startswith("VmHWM:")), "0")
        return SimpleNamespace(rss=ask(self).rss, peak_wset=int(peak) * 1024)

    psutil.Process.memory_info = memory_info


class Without:
    """A module without some of its names, for labkit alone."""

    def __init__(self, name, names):
        self.__dict__["module"], self.__dict__["names"] = sys.modules[name], set(names.split())

    def __setattr__(self, name, value):
        setattr(self.module, name, value)

    def __getattr__(self, name):
        if name in self.names:
            raise AttributeError(f"module {self.module.__name__!r} has no attribute {name!r}")
        return getattr(self.module, name)


if packages := set(filter(None, os.environ.get("ABSENT", "").split(","))):
    hide(packages)
if os.environ.get("ELSEWHERE") == "1":
    tell_peaks()
    leave_posix()
