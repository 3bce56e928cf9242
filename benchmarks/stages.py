"""Where the time of a run goes: the stages of the pipeline, one after the other, in this process."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from sources import TARGET, files_below, usual
from tables import percent, table

from py314_check.collector import without_collector
from py314_check.registry import all_rules
from py314_check.reporters import render
from py314_check.run import check
from py314_check.scan import ScanSettings, Task, prepare, scan_file
from py314_check.splitting import words_in

Seconds = defaultdict[str, float]


@without_collector()  # as in a run
def measure(directory: Path) -> dict[str, float]:
    """Processor seconds of each stage of a run over a directory.

    The stages are run by themselves; then comes a whole run in one process, of which what they did not take is left.
    """
    seconds: Seconds = defaultdict(float)
    settings = ScanSettings(TARGET, tuple(rule.code for rule in all_rules()))
    with _clock(seconds, "finding the files"):
        paths = files_below(directory)
    tasks = []
    for path in paths:
        with _clock(seconds, "reading"):
            data = path.read_bytes()
        with _clock(seconds, "splitting into words"):
            {*words_in(data)}
        with _clock(seconds, "word tests"):
            prepared = prepare(path.relative_to(directory).as_posix(), data, settings)
        if isinstance(prepared, Task):
            tasks.append(prepared)
    seconds["word tests"] -= seconds["splitting into words"]
    with _clock(seconds, "loading the parser"):
        from py314_check.languages.python import context
    with _clock(seconds, "names, walk and rules"), _replaced(context, "parse", lambda do: _timed(do, seconds)):
        for task in tasks:
            scan_file(task, settings)
    seconds["names, walk and rules"] -= seconds["parsing"]
    parts = sum(seconds.values()) - seconds["loading the parser"]  # by now, it is loaded
    start = time.process_time()
    render(check(replace(usual(directory), jobs=1)), "text")
    seconds["settling and report"] = max(time.process_time() - start - parts, 0.0)
    return dict(seconds)


@contextmanager
def _clock(seconds: Seconds, stage: str) -> Iterator[None]:
    start = time.process_time()
    try:
        yield
    finally:
        seconds[stage] += time.process_time() - start


@contextmanager
def _replaced(owner: Any, name: str, change: Callable[[Any], Any]) -> Iterator[None]:
    before = getattr(owner, name)
    setattr(owner, name, change(before))
    try:
        yield
    finally:
        setattr(owner, name, before)


def _timed(parse: Callable[..., Any], seconds: Seconds) -> Callable[..., Any]:
    def timed(*arguments: Any) -> Any:
        with _clock(seconds, "parsing"):
            return parse(*arguments)

    return timed


def section(startup: float, stages: Mapping[str, float], tests: Mapping[str, float]) -> Iterator[str]:
    """The table of stages, and below the word tests the ten rules whose tests take longest."""
    whole = startup + sum(stages.values())
    dearest = sorted(tests.items(), key=lambda one: -one[1])[:10]

    def rows() -> Iterator[Sequence[object]]:
        for stage, seconds in [("start-up", startup), *stages.items()]:
            yield [stage, f"{seconds:.2f}", percent(seconds, whole)]
            if stage == "word tests":
                yield from ([f"of which {code}", f"{one:.2f}", percent(one, whole)] for code, one in dearest)
        yield ["all", f"{whole:.2f}", percent(whole, whole)]

    yield from table("stage | seconds | share", rows())
