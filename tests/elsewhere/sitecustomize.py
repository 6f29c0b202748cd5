"""Makes a Python lack what another machine lacks; it is put on PYTHONPATH, so that child processes lack it too.

`ABSENT` names packages that are not installed, "torch,onnx", say. `ELSEWHERE=1` takes away from labkit what Windows
does not have (modules and functions of POSIX, every file below /proc and /sys), and refuses to all what Windows
refuses: some names of files, and to delete, move or replace a file that this process has open or mapped.
"""

import builtins
import importlib.metadata
import os
import pathlib
import re
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

    def __import__(name, *rest, **options):
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
        with open(f"/proc/{self.pid}/status", encoding="utf-8") as status:
            peak = next((line.split()[1] for line in status if line.startswith("VmHWM:")), "0")
        return SimpleNamespace(rss=ask(self).rss, peak_wset=int(peak) * 1024)

    psutil.Process.memory_info = memory_info


def keep_windows_rules():
    """Files get no name that Windows refuses, and none that this process has open is deleted, moved or replaced."""
    last = re.compile(r'[<>:"|?*\\\\]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)', re.IGNORECASE)
    elsewhere = ("/dev", "/proc", "/sys")

    def is_open(path):
        try:
            facts = os.stat(path)
        except OSError:
            return False
        open_files = map(status, os.listdir("/proc/self/fd"))
        with open("/proc/self/maps", errors="replace", encoding="utf-8") as maps:
            is_mapped = any(line.rstrip().endswith(f" {os.path.realpath(os.fsdecode(path))}") for line in maps)
        return is_mapped or any(os.path.samestat(facts, one) for one in open_files if one)

    def status(number):
        try:
            return os.fstat(int(number))
        except OSError:  # that of the folder that was just listed
            return None

    def hook(event, told):
        if (event == "open" and told[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)) or event == "os.mkdir":
            path = os.fsdecode(told[0]) if isinstance(told[0], (str, bytes, os.PathLike)) else "x"
            if not path.startswith(elsewhere) and last.search(os.path.basename(path.rstrip("/"))):
                raise OSError(22, "Windows has no such name", path)
        if event in ("os.remove", "os.rename"):
            for path in told[: 1 + (event == "os.rename")]:
                if is_open(path):
                    raise PermissionError(13, "The process cannot access the file: it is being used", os.fsdecode(path))

    sys.addaudithook(hook)


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
    keep_windows_rules()
