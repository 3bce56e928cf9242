"""One run of the check: from options to a report. What the command line calls, and what a program may call."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from py314_check import __version__
from py314_check.discovery import DEFAULT_EXCLUDE, discover, usable
from py314_check.fixes import Fixing
from py314_check.model import MISSING, Confidence, FileChange, Finding, Level, Notification, Report, Target
from py314_check.project import Project, find_root
from py314_check.registry import rule_entries, select
from py314_check.scan import (
    FileResult,
    ScanSettings,
    Task,
    in_company,
    prepare,
    reported,
    scan,
    settle,
    summarise,
    unreadable,
)

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from py314_check.cache import Cache

POOL_BYTES = 400_000
"""Fewer bytes to parse than this are done before a worker process has started."""
STDIN = "-"


@dataclass(frozen=True)
class Options:
    """What a run may be told; the names are those of the long options."""

    paths: tuple[Path, ...] = (Path(),)
    target: Target = field(default_factory=Target)
    select: tuple[str, ...] = ("ALL",)
    ignore: tuple[str, ...] = ()
    level: Level = Level.NOTE
    confidence: Confidence = Confidence.MEDIUM
    fail_on: Level | None = Level.ERROR
    show_guarded: bool = False
    exclude: tuple[str, ...] = DEFAULT_EXCLUDE
    force_exclude: bool = False
    respect_gitignore: bool = True
    jobs: int = 0
    """Worker processes; 0 for as many as there are processors."""
    line_hashes: bool = False
    """Whether a report needs GitHub's line hashes."""
    word_test: bool = True
    stdin: bytes | None = None
    """Source given on standard input, for the path ``-``."""
    stdin_filename: str | None = None
    config_file: Path | None = None
    fix: bool = False
    """Whether fixes are written to the files."""
    diff: bool = False
    """Whether it is only found out what they would change."""
    unsafe_fixes: bool = False
    cache: bool = False
    cache_dir: Path | None = None
    """Where results are kept; None for ``.py314_check_cache`` in the project root."""


def check(
    options: Options,
    *,
    warn: Callable[[str], None] = lambda message: None,
    progress: Callable[[int, int], None] | None = None,
    executor: Executor | None = None,
) -> Report:
    """Runs the rules over the paths.

    ``warn`` is given each thing the user should know and no report holds; ``progress`` the numbers of files done and
    of all that are parsed. Without an ``executor``, worker processes are started where that pays.
    Raises PathError if none of the paths exists and RuleError for an unknown code or a broken rule pack. One path of
    several that does not exist is a notification, and makes the exit status 2.
    """
    rules = select(options.select, options.ignore)
    settings = ScanSettings(
        options.target, tuple(rule.code for rule in rules), options.line_hashes, word_test=options.word_test
    )
    root = find_root([path for path in options.paths if str(path) != STDIN] or [Path()], options.config_file)
    project = Project(root, options.target)
    results: list[FileResult] = []
    tasks: list[Task] = []
    where: dict[str, Path] = {}
    paths, missing = usable(path for path in options.paths if str(path) != STDIN)
    if missing and not paths:
        raise next(iter(missing.values()))
    for path, data in _read(options, paths, root, warn):
        name = _reported_path(path, root)
        where[name] = path
        prepared = unreadable(name, data, settings) if isinstance(data, OSError) else prepare(name, data, settings)
        if isinstance(prepared, Task):
            tasks.append(replace(prepared, floor=project.floor(path)))
        else:
            results.append(prepared)
    cache = _cache(options, root, settings) if options.cache and tasks else None
    results += _scan(tasks, settings, options.jobs, executor, progress, cache)

    def settled(results: Iterable[FileResult]) -> list[Finding]:
        every = (finding for result in results for finding in result.findings)
        kept = [(one, where[one.path]) for finding in every if (one := settle(finding, where[finding.path], project))]
        return list(in_company(kept, project))

    fixing = Fixing(tasks, results)
    if options.fix or options.diff:

        def wanted() -> list[Finding]:
            return reported(settled(fixing.results), options.level, options.confidence)

        def rescan(tasks: Sequence[Task]) -> list[FileResult]:
            return _scan(tasks, settings, options.jobs, executor, None, None)

        fixing.run(wanted, rescan, settings, unsafe=options.unsafe_fixes)
    changes = fixing.changes
    if options.diff:
        fixing.undo(change.path for change in changes)
    else:
        for change in changes:
            if where[change.path] != _stdin_path(options):
                fixing.write(where[change.path], change)
        changes = fixing.changes
    found = settled(fixing.results)
    for problem in project.problems:
        warn(problem)
    notes = [Notification(path.as_posix(), MISSING, str(error)) for path, error in missing.items()]
    return _report(options, settings, root, fixing, changes, found, notes)


def _stdin_path(options: Options) -> Path:
    return Path.cwd() / (options.stdin_filename or "<stdin>")


def _read(
    options: Options, paths: Sequence[Path], root: Path, warn: Callable[[str], None]
) -> Iterator[tuple[Path, bytes | OSError]]:
    """Each file with its bytes, or with the error that kept it from being read."""
    if any(str(path) == STDIN for path in options.paths):
        yield _stdin_path(options), options.stdin or b""
    for path in discover(
        paths,
        root=root,
        exclude=options.exclude,
        respect_gitignore=options.respect_gitignore,
        force_exclude=options.force_exclude,
        warn=warn,
    ):
        try:
            yield path, path.read_bytes()
        except OSError as error:
            yield path, error


def _reported_path(path: Path, root: Path) -> str:
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return path.as_posix()


def _cache(options: Options, root: Path, settings: ScanSettings) -> Cache:
    from py314_check.cache import DIRECTORY, Cache

    return Cache(options.cache_dir or root / DIRECTORY, settings)


def _scan(
    tasks: Sequence[Task],
    settings: ScanSettings,
    jobs: int,
    executor: Executor | None,
    progress: Callable[[int, int], None] | None,
    cache: Cache | None,
) -> list[FileResult]:
    known = {task.path: result for task in tasks if cache is not None and (result := cache.get(task)) is not None}
    results = list(known.values())
    new = {task.path: task for task in tasks if task.path not in known}
    with _workers(list(new.values()), jobs, executor) as workers:
        for result in scan(list(new.values()), settings, workers):
            results.append(result)
            if cache is not None:
                cache.put(new[result.path], result)
            if progress is not None:
                progress(len(results), len(tasks))
    return results


@contextmanager
def _workers(tasks: Sequence[Task], jobs: int, executor: Executor | None) -> Iterator[Executor | None]:
    """The executor given, or worker processes where there is enough to do for more than one; None: do it here."""
    jobs = jobs or _processors()
    if executor is not None or jobs == 1 or len(tasks) < 2 or sum(len(task.data) for task in tasks) < POOL_BYTES:
        yield executor
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import active_children, get_context

    pool = ProcessPoolExecutor(min(jobs, len(tasks)), mp_context=get_context("spawn"), initializer=_ignore_interrupts)
    try:
        yield pool
        pool.shutdown()
    except BaseException:  # an interrupt above all: leave no process behind
        pool.shutdown(wait=False, cancel_futures=True)
        for process in active_children():
            process.terminate()
        raise


def _ignore_interrupts() -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _report(
    options: Options,
    settings: ScanSettings,
    root: Path,
    fixing: Fixing,
    changes: tuple[FileChange, ...],
    found: Sequence[Finding],
    notes: Sequence[Notification],
) -> Report:
    # What a guard makes harmless is a note, and counts even where the level hides notes.
    every = reported(found, Level.NOTE, options.confidence)
    guarded = [one for one in every if one.guard is not None]
    counted = [one for one in every if one.guard is None]
    plain = reported(counted, options.level, options.confidence)
    shown = sorted([*plain, *guarded], key=lambda one: one.sort_key) if options.show_guarded else plain
    results = fixing.results
    notifications = [*notes, *fixing.notes, *(note for result in results for note in result.notifications)]
    fails = options.fail_on is not None and any(one.level.rank >= options.fail_on.rank for one in plain)
    if options.diff:
        fails = bool(changes)
    return Report(
        target=options.target,
        root=Path(os.path.relpath(root)).as_posix(),
        findings=tuple(shown),
        notifications=tuple(sorted(notifications, key=lambda note: (note.path, note.kind, note.message))),
        summary=summarise(results, [*plain, *guarded]),
        rules=tuple(entry.info for entry in rule_entries()),
        version=__version__,
        exit_code=2 if notes else 1 if fails else 0,
        foreign=tuple(sorted((result.path, result.foreign) for result in results if result.foreign)),
        below_level=tuple(one for one in counted if one.level.rank < options.level.rank),
        rules_off=len(rule_entries()) - len(settings.codes),
        changes=changes,
        fixed=fixing.fixed,
    )


class Progress:
    """A line on a terminal's standard error with the files done, once a run has taken a second."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._shown = False

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() - self._start > 1:
            self._shown = True
            sys.stderr.write(f"\r{done} of {total} files analysed")
            sys.stderr.flush()

    def clear(self) -> None:
        """Takes the line away."""
        if self._shown:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
