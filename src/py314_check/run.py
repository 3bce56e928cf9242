"""One run of the check: from options to a report. What the command line calls, and what a program may call."""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from py314_check import __version__
from py314_check.discovery import DEFAULT_EXCLUDE, discover, usable
from py314_check.fixes import CHANGED, Fixing, NotWrittenError
from py314_check.model import MISSING, Confidence, FileChange, Finding, Level, Notification, Report, Target
from py314_check.project import Project, find_root
from py314_check.registry import rule_entries, select
from py314_check.scan import (
    File,
    FileResult,
    Looked,
    ScanSettings,
    in_company,
    lost,
    reported,
    settle,
    summarise,
    unreadable,
)
from py314_check.stamps import Stamp, digest, read_file, stamp_of
from py314_check.workers import spread

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from py314_check.cache import Cache


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


class Done(NamedTuple):
    """How far a run is: files done, of all, the findings so far, before the project is asked about them, and the share
    of the work that is done, from 0 to 1.
    """

    files: int
    total: int
    findings: int
    share: float


def check(
    options: Options,
    *,
    warn: Callable[[str], None] = lambda message: None,
    progress: Callable[[Done], None] | None = None,
    executor: Executor | None = None,
) -> Report:
    """Runs the rules over the paths.

    ``warn`` is given each thing the user should know and no report holds; ``progress`` how far the run is, now and
    then. Without an ``executor``, worker processes are started where that pays; workers read the files.
    Raises PathError if none of the paths exists and RuleError for an unknown code or a broken rule pack. One path of
    several that does not exist is a notification, and makes the exit status 2.
    """
    rules = select(options.select, options.ignore)
    settings = ScanSettings(
        options.target, tuple(rule.code for rule in rules), options.line_hashes, word_test=options.word_test
    )
    root = find_root([path for path in options.paths if str(path) != STDIN] or [Path()], options.config_file)
    cache = _cache(options, root, settings) if options.cache else None
    project = Project(root, options.target, None if cache is None else cache.answers)
    paths, missing = usable(path for path in options.paths if str(path) != STDIN)
    if missing and not paths:
        raise next(iter(missing.values()))
    where = _where(options, paths, root, warn)
    run = _Run(options, settings, project, where, cache, executor)

    def settled(results: Iterable[FileResult]) -> list[Finding]:
        every = (finding for result in results for finding in result.findings)
        kept = [(one, where[one.path]) for finding in every if (one := settle(finding, where[finding.path], project))]
        return list(in_company(kept, project))

    try:
        fixing = Fixing(run.read, run.results(progress))
        found = settled(fixing.results)
    finally:  # an interrupted run has done something, too
        if cache is not None:
            cache.save()
    if options.fix or options.diff:

        def wanted() -> list[Finding]:
            return reported(settled(fixing.results), options.level, options.confidence)

        fixing.run(wanted, run.again, unsafe=options.unsafe_fixes)
    changes = fixing.changes
    if options.diff:
        fixing.undo(change.path for change in changes)
    else:
        for change in changes:
            if where[change.path] != _stdin_path(options):
                fixing.write(where[change.path], change)
        changes = fixing.changes
    if changes:
        found = settled(fixing.results)
    for problem in project.problems:
        warn(problem)
    notes = [Notification(path.as_posix(), MISSING, str(error)) for path, error in missing.items()]
    return _report(options, settings, root, fixing, changes, found, notes)


def _stdin_path(options: Options) -> Path:
    return Path.cwd() / (options.stdin_filename or "<stdin>")


def _cache(options: Options, root: Path, settings: ScanSettings) -> Cache:
    from py314_check.cache import DIRECTORY, Cache

    return Cache(options.cache_dir or root / DIRECTORY, root, settings)


def _where(options: Options, paths: Sequence[Path], root: Path, warn: Callable[[str], None]) -> dict[str, Path]:
    """The files to look at, by their paths as reported."""
    found = discover(
        paths,
        root=root,
        exclude=options.exclude,
        respect_gitignore=options.respect_gitignore,
        force_exclude=options.force_exclude,
        warn=warn,
    )
    if any(str(path) == STDIN for path in options.paths):
        found = [_stdin_path(options), *found]
    inside = root.as_posix().rstrip("/") + "/"
    return {path.as_posix().removeprefix(inside): path for path in found}


class _Run:
    """The files of a run, and what comes of them."""

    def __init__(
        self,
        options: Options,
        settings: ScanSettings,
        project: Project,
        where: Mapping[str, Path],
        cache: Cache | None,
        executor: Executor | None,
    ) -> None:
        self._options = options
        self._settings = settings
        self._project = project
        self._where = where
        self._cache = cache
        self._executor = executor
        self._results: dict[str, FileResult] = {}
        self._known: dict[str, FileResult] = {}  # by an earlier run, if the content is the same
        self._digests: dict[str, str] = {}
        self._data: dict[str, bytes] = {}

    def results(self, progress: Callable[[Done], None] | None) -> list[FileResult]:
        """What comes of each file, in their order."""
        files = [file for name in self._where if (file := self._new(name)) is not None]
        size = sum(file.size for file in files) or 1
        findings = sum(map(self._counts, self._results.values()))
        ready = 0
        with closing(spread(files, self._settings, self._options.jobs, self._executor)) as looked_at:
            for file, looked in looked_at:
                self._take(file, looked)
                ready += file.size
                findings += self._counts(self._results[file.path])
                if progress is not None:
                    progress(Done(len(self._results), len(self._where), findings, ready / size))
        return [self._results[name] for name in self._where]

    def _new(self, name: str) -> File | None:
        """A file to look at; None where its result is known, or where there is no file to be read."""
        try:
            file, stamp = self._file(name)
        except OSError as error:
            self._results[name] = unreadable(name, error, self._settings)
            return None
        kept = None if self._cache is None or file.data is not None else self._cache.get(name)
        if kept is not None and (kept.result in (FileResult(name), lost(name)) or kept.floor == self._floor(name)):
            if stamp is not None and stamp == kept.stamp:
                self._results[name], self._digests[name] = kept.result, kept.digest
                return None
            self._known[name] = kept.result
            file = replace(file, known=kept.digest, is_suspect=kept.result.is_lost)
        return replace(file, floor=self._floor(name))

    def _take(self, file: File, looked: Looked) -> None:
        """Keeps what came of a file, for this run and for later ones."""
        result = looked.result or self._known[file.path]
        self._results[file.path], self._digests[file.path] = result, looked.digest
        if self._cache is not None and file.data is None and (looked.digest or result.is_lost):
            self._cache.put(file.path, looked.stamp, looked.digest, file.floor, result)

    def _floor(self, name: str) -> tuple[int, int] | None:
        return self._project.floor(self._where[name])

    def _file(self, name: str) -> tuple[File, Stamp | None]:
        """A file to look at. What is no regular file can be read only once, and only here. Raises OSError."""
        path = self._where[name]
        if self._options.stdin is not None and path == _stdin_path(self._options):
            self._data[name] = self._options.stdin
        if name in self._data:
            return File(name, str(path), len(self._data[name]), data=self._data[name]), None
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            self._data[name] = path.read_bytes()
            return self._file(name)
        return File(name, str(path), status.st_size), stamp_of(status)

    def _counts(self, result: FileResult) -> int:
        """How many findings the reader will hear of, as far as one file can tell."""
        findings = reported(result.findings, self._options.level, self._options.confidence)
        return sum(one.guard is None for one in findings)

    def read(self, name: str) -> File:
        """A file with its bytes, as it was analysed. Raises NotWrittenError where it has changed."""
        try:
            file, _ = self._file(name)
            data = read_file(file.where)[1] if file.data is None else file.data
        except OSError as error:
            raise NotWrittenError(error.strerror or str(error)) from None
        if digest(data) != self._digests[name]:
            raise NotWrittenError(CHANGED)
        return replace(file, floor=self._floor(name), data=data, size=len(data))

    def again(self, files: Sequence[File]) -> list[FileResult]:
        """The results for files with changed bytes."""
        settings = replace(self._settings, word_test=False)
        looked_at = spread(files, settings, self._options.jobs, self._executor)
        return [looked.result for _, looked in looked_at if looked.result is not None]


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
    """A line on a terminal's standard error, once a run has taken a second: files done, findings, time left."""

    def __init__(self) -> None:
        self._start = self._last = time.monotonic()
        self._shown = False

    def __call__(self, done: Done) -> None:
        now = time.monotonic()
        taken = now - self._start
        if done.files == done.total:
            self.clear()
        elif taken > 1 and now - self._last > 0.1:
            self._shown, self._last = True, now
            left = f", {_duration(taken * (1 - done.share) / done.share)} left" if done.share > 0 else ""
            findings = f"{done.findings:,} finding{'s'[: done.findings != 1]}"
            sys.stderr.write(f"\r{done.files:,} of {done.total:,} files, {findings}{left}\033[K")
            sys.stderr.flush()

    def clear(self) -> None:
        """Takes the line away."""
        if self._shown:
            self._shown = False
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
