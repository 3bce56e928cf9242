"""Commands, measured as whole processes that take turns. It needs Linux, which tells how much memory they had."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

CORES = 2
"""How many processors a command may use."""
_WORTH_A_LINE = 1.0
"""Seconds of a run that whoever waits is told of."""
_LOOKS = 0.02
"""Seconds between two looks at how much memory the processes of a command have had."""


@dataclass(frozen=True)
class Run:
    """What one run took: seconds on the clock, seconds of the processors, and bytes of memory, each the most that the
    process had, and the largest of those that it started. ``digest`` is that of what it wrote to standard output.
    """

    wall: float
    cpu: float
    parent: int
    worker: int
    digest: str


@dataclass
class Contender:
    """A command to measure, the directory to run it in, and its runs.

    ``fresh`` is a directory that must not be there when it starts.
    """

    command: tuple[str, ...]
    directory: Path
    repeats: int
    fresh: Path | None = None
    statuses: tuple[int, ...] = (0,)
    """The exit statuses of a run that did what it should."""
    may_fail: bool = False
    """Whether a run that fails is left out, and ends no other."""
    runs: list[Run] = field(default_factory=list)

    @property
    def wall(self) -> list[float]:
        return [run.wall for run in self.runs]

    @property
    def cpu(self) -> list[float]:
        return [run.cpu for run in self.runs]

    def times(self, other: Contender) -> list[float]:
        """How many times as long as another it took on the clock, turn by turn: a pair of runs shares its noise."""
        return [one / two for one, two in zip(self.wall, other.wall, strict=False)]


def take_turns(contenders: Mapping[str, Contender]) -> None:
    """Runs each command as often as it asks for, one after the other, again and again.

    Raises CalledProcessError for one that fails and may not.
    """
    turns = max(one.repeats for one in contenders.values())
    for turn in range(turns):
        for name, one in contenders.items():
            if turn < one.repeats:
                if one.fresh is not None and one.fresh.exists():
                    shutil.rmtree(one.fresh)
                try:
                    one.runs.append(run(one.command, one.directory, one.statuses))
                except subprocess.CalledProcessError:
                    if not one.may_fail:
                        raise
                    print(f"turn {turn + 1} of {turns}: {name} failed", file=sys.stderr)
                    continue
                if one.runs[-1].wall > _WORTH_A_LINE:
                    print(f"turn {turn + 1} of {turns}: {name}: {one.runs[-1].wall:.1f} s", file=sys.stderr)


def run(command: Sequence[str], directory: Path, statuses: Sequence[int] = (0,)) -> Run:
    """Runs a command to its end in a directory. Raises CalledProcessError for another exit status."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=directory, env=environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=errors
        )
        with _memory(process.pid) as peaks:
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in statuses:
            errors.seek(0)
            print(errors.read().decode(errors="replace"), file=sys.stderr)
            raise subprocess.CalledProcessError(process.returncode, command)
        output.seek(0)
        digest = hashlib.sha256(output.read()).hexdigest()
    workers = [peak for pid, peak in peaks.items() if pid != process.pid]
    return Run(wall, usage.ru_utime + usage.ru_stime, peaks.get(process.pid, 0), max(workers, default=0), digest)


def environment() -> dict[str, str]:
    """The environment without what changes how Python runs, and what it would take for this tool."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


@contextmanager
def _memory(pid: int) -> Iterator[dict[int, int]]:
    """The most memory that a process and those that it started have had so far, in bytes by their numbers."""
    peaks: dict[int, int] = {}
    done = Event()

    def look() -> None:
        while not done.wait(_LOOKS):
            for one in (pid, *_children(pid)):
                peaks[one] = max(_peak(one), peaks.get(one, 0))

    thread = Thread(target=look)
    thread.start()
    try:
        yield peaks
    finally:
        done.set()
        thread.join()


def _children(pid: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:  # it has ended
        return []


def _peak(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    lines = (line.split() for line in status.splitlines())
    return next((1024 * int(words[1]) for words in lines if words[0] == "VmHWM:"), 0)
