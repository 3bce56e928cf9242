"""Many files at a time: in worker processes, in threads, or on any executor. Results come in any order.

A worker that dies costs the one file that it died of: whatever was under way then is done again, each file alone.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from py314_check.scan import File, Looked, ScanSettings, look_at, lost

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

BATCH_BYTES = 400_000
BATCH_FILES = 50
WORTH_A_WORKER = 500_000
"""Bytes that take about as long as a worker process takes to start."""
_MOST_WAITING = 1000
_MOST_PROCESSES = 60
"""Windows waits for no more than 63 processes, some of which are not ours."""

Pairs = Generator[tuple[File, Looked], None, None]


def spread(files: Sequence[File], settings: ScanSettings, jobs: int, executor: Executor | None = None) -> Pairs:
    """Looks at all files, big ones first, and gives each with what came of it.

    ``jobs`` is the number of workers, 0 for one a processor; none are started for little work, or where an ``executor``
    is given. That of another machine has to see the files at the same places.
    """
    if executor is not None:
        yield from _elsewhere(executor, deque(_batches(files)), settings)
        return
    if jobs != 1:
        yield from _each_alone([file for file in files if file.is_suspect], settings)
        files = [file for file in files if not file.is_suspect]
    batches = deque(_batches(files))
    jobs = min(jobs or _processors(), 1 + sum(file.size for file in files) // WORTH_A_WORKER, len(batches))
    if jobs <= 1:
        yield from _here(batches, settings)
    elif _has_no_gil():
        yield from _in_threads(jobs, batches, settings)
    else:
        yield from _in_processes(jobs, batches, settings)


def _batches(files: Iterable[File]) -> Iterator[list[File]]:
    batch: list[File] = []
    size = 0
    for file in sorted(files, key=lambda one: (-one.size, one.path)):
        batch.append(file)
        size += file.size
        if size >= BATCH_BYTES or len(batch) == BATCH_FILES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _here(batches: Iterable[list[File]], settings: ScanSettings) -> Pairs:
    for batch in batches:
        yield from zip(batch, look_at(batch, settings), strict=True)


def _elsewhere(executor: Executor, batches: deque[list[File]], settings: ScanSettings) -> Pairs:
    """On another's executor, of which we know neither how many workers it has nor whether it lives on without one."""
    suspects = yield from _drain(executor, batches, settings, _MOST_WAITING)
    for file in [*suspects, *(file for batch in batches for file in batch)]:
        alone = deque([[file]])
        if (yield from _drain(executor, alone, settings, 1)) or alone:
            yield file, Looked(lost(file.path))


def _in_threads(jobs: int, batches: deque[list[File]], settings: ScanSettings) -> Pairs:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(jobs) as threads:
        yield from _drain(threads, batches, settings, 2 * jobs)


def _in_processes(jobs: int, batches: deque[list[File]], settings: ScanSettings) -> Pairs:
    while batches:
        with _processes(jobs) as pool:
            suspects = yield from _drain(pool, batches, settings, 2 * jobs)
        if suspects and not _can_start():
            yield from _here([suspects, *batches], settings)
            return
        yield from _each_alone(suspects, settings)


def _each_alone(files: Iterable[File], settings: ScanSettings) -> Pairs:
    """One after the other in a worker process, so that the one is found of which it dies."""
    batches = deque([file] for file in files)
    while batches:
        with _processes(1) as pool:
            guilty = yield from _drain(pool, batches, settings, 1)
        yield from ((file, Looked(lost(file.path))) for file in guilty)


def _drain(
    pool: Executor, batches: deque[list[File]], settings: ScanSettings, window: int
) -> Generator[tuple[File, Looked], None, list[File]]:
    """Works on batches, at most ``window`` at a time, until none is left or the pool is broken.

    Returns the files that were under way when it broke.
    """
    from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, wait

    running: dict[Future[list[Looked]], list[File]] = {}
    suspects: list[File] = []
    is_broken = False
    while running or (batches and not is_broken):
        while batches and not is_broken and len(running) < window:
            try:
                running[pool.submit(look_at, batches[0], settings)] = batches[0]
                batches.popleft()
            except BrokenExecutor:
                is_broken = True
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            batch = running.pop(future)
            try:
                yield from zip(batch, future.result(), strict=True)
            except BrokenExecutor:
                is_broken = True
                suspects += batch
    return suspects


@contextmanager
def _processes(jobs: int) -> Iterator[Executor]:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import active_children, get_context

    others = set(active_children())
    pool = ProcessPoolExecutor(
        min(jobs, _MOST_PROCESSES), mp_context=get_context("spawn"), initializer=_ignore_interrupts
    )
    try:
        yield pool
        pool.shutdown()
    except BaseException:  # an interrupt above all: leave no process behind
        pool.shutdown(wait=False, cancel_futures=True)
        for process in {*active_children()} - others:
            process.terminate()
        raise


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _can_start() -> bool:
    """Whether worker processes start here at all, so that it is a file that one died of."""
    from concurrent.futures import BrokenExecutor

    with _processes(1) as pool:
        try:
            pool.submit(_ignore_interrupts).result()
        except BrokenExecutor:
            return False
    return True


def _has_no_gil() -> bool:
    """Whether threads run at a time, also when extension modules that want the lock are loaded."""
    has_gil = getattr(sys, "_is_gil_enabled", lambda: True)
    if has_gil():
        return False
    import libcst  # noqa: F401

    return not has_gil()


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
