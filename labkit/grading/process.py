"""The worker process of a box: started, greeted, watched and ended; in the sandbox, or plain where that was asked."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from labkit.grading import sandbox, seccomp, stage, wire
from labkit.grading.watch import Watch
from labkit.grading.work import CannotGrade, Limits

START_SECONDS = 60.0  # for an empty worker to say hello, on a machine that is busy with others
END_SECONDS = 10.0
FORBIDDEN_HERE = ("namespace", "uid map", "loopback", "Operation not permitted", "Permission denied")


class Process:
    """A worker that has said hello, and a `connection` to it. Nothing of a submission has reached it yet.

    Args:
        too_much: called from another thread with the reason when it and its children hold too much; it is ended then.

    Raises:
        CannotGrade: no such process can be had here; the message says why.
    """

    def __init__(self, limits: Limits, slot: int, unsafe: bool, too_much: Callable[[str], None]) -> None:
        if not (sys.platform.startswith("linux") or (unsafe and os.name == "posix")):
            raise CannotGrade("grading needs Linux; on another system a virtual machine or WSL has one")
        self.connection, theirs = socket.socketpair()
        self.popen = self.pidfd = self.folder = self.watch = None
        self.folders: tuple[str, ...] = ()
        self.complaints, errors = os.pipe()
        try:
            with theirs, _on_one_core(slot):
                self._start_plain(theirs, errors) if unsafe else self._start_boxed(limits, slot, theirs, errors)
            self._greet(sandbox.settings(limits, boxed=not unsafe))
        except BaseException:
            self.close()
            raise
        finally:
            os.close(errors)
        self.watch = Watch(self.popen.pid, limits.memory_bytes, lambda why: (too_much(why), self.kill()), self.folders)
        self.watch.start()

    def kill(self) -> None:
        """Ends the process and all that it started, from any thread."""
        with suppress(ProcessLookupError):
            if self.pidfd is not None:
                signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
            elif self.popen is not None and self.popen.returncode is None:  # once waited for, its number is another's
                os.killpg(self.popen.pid, signal.SIGKILL)

    def close(self) -> None:
        """Ends the process and all that it started, and waits until nothing of it is left."""
        if self.watch is not None:
            self.watch.stop()
            self.watch.join()
        self.kill()
        self.connection.close()
        if self.popen is not None:
            self._wait()
        for number in (self.pidfd, self.complaints):
            if number is not None:
                os.close(number)
        self.pidfd = self.complaints = None
        if self.folder is not None:
            self.folder.cleanup()

    def _start_boxed(self, limits: Limits, slot: int, theirs: socket.socket, errors: int) -> None:
        info, said = os.pipe()
        numbers = {"info": said, "socket": theirs.fileno()}
        numbers |= {"seccomp": _in_memory(_program()), "stage": _in_memory(stage.stage())}
        try:
            self._popen(sandbox.command(limits, slot, numbers), numbers.values(), errors, {}, "/")
        finally:
            for name in ("info", "seccomp", "stage"):
                os.close(numbers[name])
        try:
            self._remember_child(info)
        finally:
            os.close(info)

    def _start_plain(self, theirs: socket.socket, errors: int) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="labkit-unsafe-", ignore_cleanup_errors=True)
        bundle = Path(self.folder.name, "labkit.zip")
        bundle.write_bytes(stage.stage())
        environment = sandbox.ENVIRONMENT | {"HOME": self.folder.name, "TMPDIR": self.folder.name}
        command = sandbox.python(str(bundle), theirs.fileno())
        self._popen(command, [theirs.fileno()], errors, environment, self.folder.name)

    def _popen(self, command: list[str], files, errors: int, environment: dict, folder: str) -> None:
        self.popen = subprocess.Popen(
            command,
            pass_fds=tuple(files),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env=environment,
            cwd=folder,
            start_new_session=True,
        )

    def _remember_child(self, info: int) -> None:
        """Holds on to the first process in the box: when that is killed, the kernel ends all others with it.

        Killing bubblewrap itself, before it has told the number, would leave the box behind.
        """
        text, ends = b"", time.monotonic() + START_SECONDS
        while not text.rstrip().endswith(b"}"):
            ready, _, _ = select.select([info], [], [], max(0, ends - time.monotonic()))
            piece = os.read(info, 4096) if ready else b""
            if not piece:
                raise self._cannot()
            text += piece
        try:
            child = json.loads(text)["child-pid"]
            self.pidfd = os.pidfd_open(child)
            self.folders = tuple(f"/proc/{child}/root/{name}" for name in ("tmp", "dev/shm"))
        except ProcessLookupError:
            raise self._cannot() from None

    def _greet(self, settings: dict) -> None:
        deadline = time.monotonic() + START_SECONDS
        try:
            wire.send(self.connection, wire.encode("hello", settings), deadline)
            if wire.decode(wire.receive(self.connection, deadline)) == ("hello", ("ready",)):
                return
        except (EOFError, TimeoutError, wire.Breach):
            pass
        raise self._cannot()

    def _cannot(self) -> CannotGrade:
        """Why no process came up, in one line."""
        os.set_blocking(self.complaints, False)
        try:
            said = os.read(self.complaints, 10_000).decode(errors="replace").strip()
        except BlockingIOError:
            said = ""
        last = said.splitlines()[-1][:300] if said else "the process did not answer"
        hint = ""
        if last.startswith("bwrap:") and any(word in last for word in FORBIDDEN_HERE):
            hint = "; this machine forbids new namespaces: run as root, or in a virtual machine, or see the guide"
        return CannotGrade(f"the sandbox did not start: {last}{hint}")

    def _wait(self) -> None:
        try:
            self.popen.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()


def _program() -> bytes:
    try:
        return seccomp.program()
    except (ImportError, OSError, RuntimeError) as error:
        raise CannotGrade(f"{error}: `pip install pyseccomp` and `apt install libseccomp2` bring it") from None


def _in_memory(content: bytes) -> int:
    """The number of an open file that holds `content` and has no name."""
    number = os.memfd_create("labkit")
    with open(number, "wb", closefd=False) as file:
        file.write(content)
    os.lseek(number, 0, os.SEEK_SET)
    return number


@contextmanager
def _on_one_core(slot: int) -> Iterator[None]:
    """What this thread starts meanwhile stays on one core: one box never slows the other."""
    if not sys.platform.startswith("linux"):
        yield
        return
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(mine)[slot % len(mine)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, mine)
