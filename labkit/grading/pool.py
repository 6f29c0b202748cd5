"""Where jobs are graded: processes of this machine or a Dask cluster, both as a `concurrent.futures.Executor`."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from pathlib import Path

from labkit.grading import engine, slots
from labkit.grading.engine import Job
from labkit.grading.work import CannotGrade

BYTES_EACH = 2.5e9  # what one submission may take, and the grader beside it
ANSWER_SECONDS = 10
DIED_TWICE = "the grader's process died twice while it graded this; regrading it alone tries again"
Opened = tuple[Executor, int, tuple[type[Exception], ...]]  # how many jobs at once, and what a death looks like


def grade(job: Job) -> dict:
    """The result of one job, on a core of its own. This is what runs in another process."""
    with slots.taken() as slot:
        return engine.grade_one(job, slot)


def graded(jobs: Iterable[Job], workers: int | None = None, scheduler: str | None = None) -> Iterator[dict]:
    """The results as they come. A job is taken from `jobs` only when it can be sent, so few are in memory at a time.

    A process that dies takes its neighbours along; each of those jobs is tried once more, alone.

    Raises:
        CannotGrade: no sandbox, or no answer from the scheduler.
    """
    opened = partial(cluster, scheduler) if scheduler else partial(local, workers or default_workers())
    lost: list[Job] = []
    yield from _through(jobs, opened, lost)
    for job in lost:
        again: list[Job] = []
        yield from _through([job], opened, again)
        yield from (engine.grade_one(troubled(job, DIED_TWICE)) for job in again)


def troubled(job: Job, why: str) -> Job:
    """The job with a reason why its code shall not run; grading it says that it needs a look."""
    return replace(job, submission=replace(job.submission, trouble=why))


def _through(jobs: Iterable[Job], opened: Callable[[], Iterator[Opened]], lost: list[Job]) -> Iterator[dict]:
    """The results of all jobs but those that were running when a process died; these are added to `lost`."""
    first = next(jobs := iter(jobs), None)
    if first is None:
        return  # no process for nothing
    jobs, before = chain([first], jobs), -1
    while before < len(lost):  # once more with new processes, as long as some die
        before = len(lost)
        with opened() as (executor, at_once, died):
            running: dict[Future, Job] = {}
            while (len(lost) == before and _send(jobs, executor, at_once, running, lost)) or running:
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    job = running.pop(future)
                    try:
                        yield future.result()
                    except died:
                        lost.append(job)


def _send(jobs: Iterator[Job], executor: Executor, at_once: int, running: dict[Future, Job], lost: list[Job]) -> bool:
    """Sends as many jobs as may run at once; says whether any runs."""
    for job in islice(jobs, at_once - len(running)):
        try:
            running[executor.submit(grade, job)] = job
        except BrokenExecutor:
            lost.append(job)
            break
    return bool(running)


def default_workers() -> int:
    """As many as there are cores and memory for."""
    import psutil

    return max(1, min(len(slots.cores()), int(_memory_bytes(psutil.virtual_memory().total) // BYTES_EACH)))


def _memory_bytes(total: int) -> int:
    """What this process may use: a container often has less than its machine."""
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            total = min(total, int(Path(path).read_text(encoding="utf-8")))
        except (OSError, ValueError):  # no such file, or the word "max"
            continue
    return total


@contextmanager
def local(workers: int) -> Iterator[Opened]:
    """Processes of this machine. They end with this one, however it ends: it holds the other end of their pipe."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["labkit.grading.engine"])
    theirs, ours = context.Pipe(duplex=False)
    executor = ProcessPoolExecutor(workers, context, initializer=_live_with, initargs=(theirs,))
    try:
        yield executor, 2 * workers, (BrokenExecutor,)
    finally:
        ours.close()  # first: whatever state the pool is in, its processes end
        theirs.close()
        executor.shutdown(cancel_futures=True)


def _live_with(pipe) -> None:
    """Ends this process when the other end of the pipe is closed; Ctrl-C in the terminal is the grader's alone."""
    os.setsid()

    def watch() -> None:
        try:
            pipe.recv_bytes()
        except (EOFError, OSError):
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def cluster(address: str) -> Iterator[Opened]:
    """The workers of a Dask cluster. Dask itself sends a job to another worker when one dies, three times.

    Raises:
        CannotGrade: nobody answers there.
    """
    from distributed import Client, KilledWorker

    try:
        client = Client(address, timeout=ANSWER_SECONDS)
    except (OSError, ValueError) as error:
        raise CannotGrade(f"no Dask scheduler answers at {address} ({type(error).__name__}): is it running?") from None
    with client:
        yield client.get_executor(pure=False), max(16, 2 * sum(client.nthreads().values())), (KilledWorker,)
