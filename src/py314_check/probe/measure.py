"""Asks interpreters what they are, and runs the workloads on them in turns. One that fails is a result, no error."""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import tempfile
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from py314_check.probe.workload import MARK

WORKLOADS = ("one_by_one", "in_threads", "fibonacci", "dictionary")
OLDEST = (3, 8)
_SCRIPT = Path(__file__).with_name("workload.py")
_MOST = 100_000
"""Bytes of an answer; what says more is no Python that was asked for one line."""
_GRACE = 2.0
"""Seconds that the pipe of a process that was ended may take to close."""


@dataclass
class Run:
    """The times of an interpreter, in seconds, by workload. ``jit`` is how PYTHON_JIT was set, if at all."""

    jit: bool | None
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def median(self, workload: str) -> float:
        return statistics.median(self.times[workload])

    @property
    def gain(self) -> float:
        """How many times as fast the loops ran in threads as one after the other."""
        return self.median("one_by_one") / self.median("in_threads")


@dataclass
class Interpreter:
    """What is known of an interpreter. ``problem`` is empty, or says why it was not measured."""

    path: str
    about: dict[str, Any] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    problem: str = ""

    def jit_gain(self, workload: str) -> float | None:
        """How many times as fast a workload ran with the JIT as without; None where it has no JIT."""
        times = {run.jit: run.median(workload) for run in self.runs}
        return times[False] / times[True] if True in times and False in times else None


class FailedError(Exception):
    """An interpreter that gave no answer; the message says what it did instead."""


def cores() -> int:
    """The processors that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS, Windows
        return os.cpu_count() or 1


def load() -> float | None:
    """How many processes wanted to run during the last minute; None where the system does not tell."""
    try:
        return os.getloadavg()[0]
    except (AttributeError, OSError):
        return None


def steps(interpreters: Sequence[Interpreter], repeats: int) -> int:
    """How often ``measure`` calls ``done``."""
    return repeats * sum(len(one.runs) for one in interpreters)


def identify(paths: Sequence[str], timeout: float) -> list[Interpreter]:
    """The interpreters at some paths. Paths that lead to one interpreter, as shims do, are one."""
    known: dict[str, Interpreter] = {}
    for path in paths:
        one = Interpreter(path)
        try:
            one.about = _ask(path, ["about"], None, timeout)
            if tuple(one.about["version_info"]) < OLDEST:
                one.problem = f"too old: the workloads need Python {OLDEST[0]}.{OLDEST[1]} or later"
            elif one.about["jit"]["available"]:
                one.runs = [Run(False), Run(True)]
            else:
                one.runs = [Run(None)]
        except FailedError as error:
            one.problem = str(error)
        except (KeyError, TypeError):
            one.problem = "its answer is not that of a Python"
        known.setdefault(os.path.realpath(one.about.get("executable") or path), one)
    return list(known.values())


def measure(interpreters: Sequence[Interpreter], repeats: int, timeout: float, done: Callable[[], None]) -> None:
    """Runs all workloads on each interpreter, ``repeats`` times and in turns; ``done`` is called after each run.

    In turns, since a machine that becomes slower or faster then does so for all. An interpreter that fails once is left
    out from there on.
    """
    for _ in range(repeats):
        for one in interpreters:
            for run in one.runs:
                if not one.problem:
                    try:
                        answer = _ask(one.path, ["run", str(cores())], run.jit, timeout)
                        for workload in WORKLOADS:
                            run.times[workload].append(float(answer[workload]))
                    except FailedError as error:
                        one.problem = str(error)
                    except (KeyError, TypeError, ValueError):
                        one.problem = "its answer is not that of the workloads"
                done()


def _ask(python: str, arguments: list[str], jit: bool | None, timeout: float) -> dict[str, Any]:
    """What the script says on an interpreter. Raises FailedError where it says nothing, or not in time.

    It runs in an empty directory, without the user's packages and variables. ``-I`` would say that at once, but Python
    then does not look at PYTHON_JIT either.
    """
    if not Path(python).is_file():
        raise FailedError("there is no such file")
    environment = {name: value for name, value in os.environ.items() if not name.upper().startswith("PYTHON")}
    if jit is not None:
        environment["PYTHON_JIT"] = str(int(jit))
    with tempfile.TemporaryDirectory() as directory:
        command = [os.path.abspath(python), "-S", "-s", "-c", _SCRIPT.read_text(encoding="utf-8"), *arguments]
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=directory,
                env=environment,
                start_new_session=True,
            )
        except OSError as error:
            raise FailedError(f"it cannot be started ({error.strerror})") from None
        text = _output(process, timeout)
    answers = [line.removeprefix(MARK) for line in text.splitlines() if line.startswith(MARK)]
    if process.returncode < 0:
        raise FailedError(f"it crashed ({_signal(-process.returncode)})")
    if process.returncode > 0:
        lines = [line.strip() for line in text.splitlines() if line.strip()] or [""]
        said = lines[-1] if lines[0].startswith("Traceback") else lines[0]
        raise FailedError(f"it ended with status {process.returncode}{': ' if said else ''}{said}")
    try:
        answer = json.loads(answers[-1])
    except (IndexError, ValueError):
        raise FailedError("its answer is not that of a Python") from None
    if not isinstance(answer, dict):
        raise FailedError("its answer is not that of a Python")
    return answer


def _output(process: subprocess.Popen[bytes], timeout: float) -> str:
    """What a process writes until it ends. With its time over, or too much written, it is ended, and all it started."""
    chunks: list[bytes] = []

    def read() -> None:
        assert process.stdout is not None
        chunks.append(process.stdout.read(_MOST + 1))

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    reader.join(timeout)
    try:
        if reader.is_alive():
            raise FailedError(f"no answer within {timeout:g} s")
        if len(chunks[0]) > _MOST:
            raise FailedError("it writes without end")
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        raise FailedError(f"no answer within {timeout:g} s") from None
    finally:
        if process.poll() is None:
            _end(process)
        reader.join(_GRACE)
        if process.stdout is not None and not reader.is_alive():  # else what it started holds it, and got away
            process.stdout.close()
    return chunks[0].decode("utf-8", "replace")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and those that it started."""
    if os.name == "posix":
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
