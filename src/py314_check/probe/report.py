"""What a probe found, as a table of text and as JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterator, Sequence

from py314_check import __version__
from py314_check.probe.measure import WORKLOADS, Interpreter, Run

_WIDTH = 80
_ROW = "{:>2}  {:<9} {:<4} {:<5}{:>12}{:>12}{:>8}{:>12}{:>12}"

_LEGEND = """\
Times are medians of {repeats} runs in turns, in milliseconds. A loop that sums
squares runs {cores} times, one by one and in threads; gain is how many times as fast
it is in threads. JIT gain is how many times as fast a workload is with the JIT.
These are three small loops: what your program gains, only it can tell."""


def text(interpreters: Sequence[Interpreter], cores: int, load: float | None, repeats: int, *, color: bool) -> str:
    """A table of at most 80 columns; ``load`` is the machine's at the start, None where it cannot be told."""

    def styled(line: str, code: str) -> str:
        return f"\x1b[{code}m{line}\x1b[0m" if color else line

    head = _ROW.format("", "Python", "GIL", "JIT", "one by one", f"{cores} threads", "gain", "Fibonacci", "dictionary")
    lines = [styled(head.rstrip(), "1")]
    for number, one in enumerate(interpreters, start=1):
        lines += _lines(number, one, styled)
    lines += ["", *(f"{number:>2}  {_described(one)}" for number, one in enumerate(interpreters, start=1))]
    lines += ["", *_LEGEND.format(repeats=repeats, cores=cores).splitlines()]
    if load is not None and load > cores / 2:
        busy = f"This machine is busy (load {load:.1f}, processors: {cores}): the times say little."
        lines += ["", styled(busy, "33")]
    return "\n".join(lines) + "\n"


def _lines(number: int, one: Interpreter, styled: Callable[[str, str], str]) -> Iterator[str]:
    version = one.about.get("version", "?")
    if one.problem:
        yield f"{number:>2}  {version:<9} " + styled(
            textwrap.shorten(one.problem, _WIDTH - 14, placeholder=" ..."), "31"
        )
        return
    version += "t" if one.about["build"]["free_threaded"] else ""
    gil = "on" if one.about["gil_enabled"] else "off"
    for run in one.runs:
        jit = {None: _without_jit(one), False: "off", True: "on"}[run.jit]
        first = run is one.runs[0]
        times = [f"{run.median(workload) * 1000:.1f}" for workload in WORKLOADS]
        row = (*times[:2], _times(run.gain), *times[2:])
        yield _ROW.format(number if first else "", version if first else "", gil if first else "", jit, *row)
    gains = [one.jit_gain(workload) for workload in WORKLOADS]
    shown = ["" if gain is None else _times(gain) for gain in gains]
    if any(shown):
        yield _ROW.format("", "", "JIT", "gain", *shown[:2], "", *shown[2:])


def _without_jit(one: Interpreter) -> str:
    """``none``, but for 3.13: it may have been built with a JIT, and cannot be asked."""
    return "?" if one.about["jit"]["available"] is None and one.about["version"].startswith("3.13.") else "none"


def _times(ratio: float) -> str:
    return f"x{ratio:.2f}"


def _described(one: Interpreter) -> str:
    build = one.about.get("build", {})
    kind = " (debug build: its times say nothing)" if build.get("debug") else ""
    name = one.about.get("implementation", "CPython")
    return f"{one.path}{kind}" + ("" if name == "CPython" else f" ({name})")


def as_json(interpreters: Sequence[Interpreter], cores: int, load: float | None, repeats: int) -> str:
    """All that was measured, in seconds."""
    data = {
        "schema_version": 1,
        "tool": {"name": "py314-check", "version": __version__},
        "machine": {"cores": cores, "load": load},
        "repeats": repeats,
        "interpreters": [_as_data(one) for one in interpreters],
    }
    return json.dumps(data, indent=2) + "\n"


def _as_data(one: Interpreter) -> dict[str, object]:
    about = {key: one.about.get(key) for key in ("version", "implementation", "build", "gil_enabled", "jit")}
    runs = [] if one.problem else [_run_as_data(run) for run in one.runs]
    gains = {workload: one.jit_gain(workload) for workload in WORKLOADS} if len(runs) > 1 else None
    return {"path": one.path, "problem": one.problem or None, **about, "runs": runs, "jit_gain": gains}


def _run_as_data(run: Run) -> dict[str, object]:
    workloads = {name: {"median": run.median(name), "times": run.times[name]} for name in WORKLOADS}
    return {"jit": run.jit, "workloads": workloads, "thread_gain": run.gain}
