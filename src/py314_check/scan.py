"""The pipeline: bytes in, findings out, for one file and for many.

What runs in a worker depends on nothing but the bytes of its files and plain settings. Whatever needs other files or
the project (first-party modules, declared dependencies) is settled afterwards, by ``settle``.
"""

from __future__ import annotations

import gc
import re
import sys
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from py314_check.collector import without_collector
from py314_check.languages import WORD_TESTED, is_test, language_of
from py314_check.model import (
    NOT_ANALYSED,
    PARSE_ERROR,
    Confidence,
    Finding,
    Level,
    Notification,
    Place,
    Summary,
    Target,
    parse_version,
)
from py314_check.registry import RuleEntry, rule_entries
from py314_check.source import NotAnalysedError, SourceError, SourceFile, decode_native, decode_python
from py314_check.stamps import Stamp, digest, read_file
from py314_check.words import WordTest

if TYPE_CHECKING:
    from py314_check.api import Event
    from py314_check.languages.base import Located
    from py314_check.project import Project

T = TypeVar("T")

MAX_BYTES = 20_000_000
"""libcst needs about 100 times a file's size in memory: a larger file is reported as not analysed."""
_MUCH_PARSED = 300_000
"""Parsing so many bytes takes a second, and a hundred megabytes of memory; giving that back takes some hundredths."""
_STACK_BYTES = 512 << 20
_RECURSION_LIMIT = 40_000
_LIMITS = threading.Lock()
"""Held while limits that all threads share are set."""
_deep = 0
"""How many threads need the recursion limit that is set."""
_usual_limit = 0
_SUPPRESSION_HINT = re.compile(rb"py314(?:-check)?:|noqa", re.IGNORECASE)


@dataclass(frozen=True)
class ScanSettings:
    """What a worker must know. ``codes`` are the rules that are on."""

    target: Target
    codes: tuple[str, ...]
    line_hashes: bool = False
    word_test: bool = True


@dataclass(frozen=True)
class Task:
    """One file in which some rule may fire. ``path`` is as reported; ``codes`` are the rules that may.

    ``floor`` is the oldest Python that its project says it runs on; None where it does not say.
    """

    path: str
    data: bytes
    codes: tuple[str, ...]
    floor: tuple[int, int] | None = None


@dataclass(frozen=True)
class File:
    """A file to look at: its path as reported, where it is read, and how big it is; ``floor`` as in ``Task``.

    ``known`` is the digest of the content whose result is known, or empty. ``data`` is what is in it, where it is not
    to be read.
    """

    path: str
    where: str
    size: int
    floor: tuple[int, int] | None = None
    known: str = ""
    data: bytes | None = None
    is_suspect: bool = False
    """Whether a worker died of it before."""


@dataclass(frozen=True)
class FileResult:
    """What came out of one file."""

    path: str
    findings: tuple[Finding, ...] = ()
    notifications: tuple[Notification, ...] = ()
    suppressed: int = 0
    parsed: bool = False
    not_analysed: bool = False
    foreign: str = ""
    """Why it was left alone, where it is not the project's own code; else empty."""
    is_lost: bool = False
    """Whether it was not analysed because a worker died of it."""


class Looked(NamedTuple):
    """What came of a file. ``result`` is None where the content is what was known.

    ``digest`` is that of the content, empty where it could not be read; ``stamp`` is None where it says nothing.
    """

    result: FileResult | None
    stamp: Stamp | None = None
    digest: str = ""


@lru_cache(maxsize=4)
def _rules(codes: tuple[str, ...], target: Target) -> tuple[RuleEntry, ...]:
    on = frozenset(codes)
    return tuple(rule for rule in rule_entries() if rule.code in on and parse_version(rule.since) <= target.version)


@lru_cache(maxsize=64)
def _applicable(codes: tuple[str, ...], target: Target, language: str, in_tests: bool) -> tuple[RuleEntry, ...]:
    """The rules that files of a language are for, or tests in it."""
    return tuple(
        rule for rule in _rules(codes, target) if language in rule.languages and (rule.in_tests or not in_tests)
    )


@lru_cache(maxsize=64)
def _word_test(codes: tuple[str, ...], target: Target, language: str, in_tests: bool) -> WordTest[RuleEntry]:
    return WordTest(_applicable(codes, target, language, in_tests), language)


def prepare(path: str, data: bytes, settings: ScanSettings, floor: tuple[int, int] | None = None) -> Task | FileResult:
    """The word test: a task where some rule may fire, else the result, which is nothing.

    The files of languages that do not have to pass it are few, and always read.
    """
    language = language_of(PurePosixPath(path))
    which = (settings.codes, settings.target, language, is_test(path))
    if settings.word_test and language in WORD_TESTED:
        rules: Sequence[RuleEntry] = _word_test(*which).candidates(data)
    else:
        rules = _applicable(*which)
    if not rules:
        return FileResult(path)
    if language in ("c", "rust", "cargo"):
        from py314_check.languages.native.foreign import why_foreign

        if why := why_foreign(path, data):
            return FileResult(path, foreign=why)
    if len(data) > MAX_BYTES:
        return _not_analysed(
            path, f"the file has {len(data):,} bytes, more than {MAX_BYTES:,}. Split it or exclude it."
        )
    return Task(path, data, tuple(rule.code for rule in rules), floor)


def _not_analysed(path: str, why: str) -> FileResult:
    note = Notification(path, NOT_ANALYSED, f"Not analysed: {why}")
    return FileResult(path, notifications=(note,), not_analysed=True)


def unreadable(path: str, error: OSError, settings: ScanSettings) -> FileResult:
    """The result for a file that exists and cannot be read."""
    reason = error.strerror or type(error).__name__
    source = SourceFile(path, "python", b"", "")
    return _failed(source, SourceError(f"This file cannot be read: {reason}.", Place()), settings)


def lost(path: str) -> FileResult:
    """The result for a file that took the process with it in which it was analysed."""
    why = "a worker process died of it. Report it with this file if it does so again, or exclude it."
    return replace(_not_analysed(path, why), is_lost=True)


def look(file: File, settings: ScanSettings) -> Looked:
    """Reads a file and does all of the above and below. Never raises."""
    stamp, data = None, file.data
    if data is None:
        try:
            stamp, data = read_file(file.where)
        except OSError as error:
            return Looked(unreadable(file.path, error, settings))
    found = digest(data)
    if found == file.known:
        return Looked(None, stamp, found)
    try:
        prepared = prepare(file.path, data, settings, file.floor)
    except Exception as error:  # a defect in the test of a rule
        return Looked(_defect(file.path, error))
    return Looked(scan_file(prepared, settings) if isinstance(prepared, Task) else prepared, stamp, found)


def scan_file(task: Task, settings: ScanSettings) -> FileResult:
    """Analyses one file. Never raises: what goes wrong is a finding or a notification of this file alone."""
    source = SourceFile(task.path, language_of(PurePosixPath(task.path)), task.data, "", task.floor)
    try:
        source = replace(source, text=_decode(task.data, source.language))
        return _analysed(source, task, settings)
    except SourceError as error:
        return _failed(source, error, settings)
    except NotAnalysedError as error:
        return _not_analysed(task.path, str(error))
    except RecursionError:  # Python 3.12 has a limit of its own, which no setting moves
        return _not_analysed(task.path, "nested too deeply for the Python that runs this tool. Run it on another.")
    except Exception as error:  # a defect in a rule must not cost the findings of other files
        return _defect(task.path, error)


def _defect(path: str, error: Exception) -> FileResult:
    return _not_analysed(path, f"internal error ({error!r}). Please report it with this file.")


def read(path: str, data: bytes) -> SourceFile:
    """A file that some rule had findings in, with its text."""
    language = language_of(PurePosixPath(path))
    return SourceFile(path, language, data, _decode(data, language))


def _decode(data: bytes, language: str) -> str:
    if language == "python":
        return decode_python(data)
    if language not in ("pyproject", "setup.cfg", "cargo"):
        return decode_native(data)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(f"This file is not UTF-8: {error.reason} at byte {error.start}.", Place()) from None


def _analysed(source: SourceFile, task: Task, settings: ScanSettings) -> FileResult:
    from py314_check import suppressions
    from py314_check.languages.base import Analysis, deliver

    codes = frozenset(task.codes)
    rules = [entry.rule for entry in _rules(settings.codes, settings.target) if entry.code in codes]
    commented = _SUPPRESSION_HINT.search(source.data) is not None
    if source.language == "python":
        from py314_check.languages.python.context import analyse

        analysis = analyse(source, rules, settings.target, with_comments=commented)
    elif source.language == "c":
        from py314_check.languages.native.context import analyse as analyse_native

        analysis = analyse_native(source, rules, settings.target, with_comments=commented)
    elif source.language == "rust":
        from py314_check.languages.rust.context import analyse as analyse_rust

        analysis = analyse_rust(source, rules, settings.target, with_comments=commented)
    else:
        from py314_check.languages.events import READERS

        entries = deliver(READERS[source.language](source), rules, source, settings.target)
        analysis = Analysis(entries, suppressions.comments_by_line(source, whole_line=False) if commented else [])
    located = sorted(analysis.located, key=lambda one: (one.place, one.rule.code, one.report.symbol))
    findings = _findings(located, source, settings)
    words = {word: rule.code for rule in rules for word in rule.noqa}
    silencers = suppressions.read(analysis.comments, source, words) if commented else []
    lines = [one.lines for one in located]
    kept, suppressed = suppressions.apply(list(zip(findings, lines, strict=True)), silencers)
    idle = suppressions.unused(silencers, source, settings.codes, all_active=len(settings.codes) == len(rule_entries()))
    if idle:
        kept += _findings(_events(idle, source, settings), source, settings)
    return FileResult(source.path, tuple(kept), suppressed=suppressed, parsed=True)


def _failed(source: SourceFile, error: SourceError, settings: ScanSettings) -> FileResult:
    """A file that does not parse: a finding of the rules that visit parse failures, and a notification."""
    from py314_check import suppressions
    from py314_check.api import ParseFailure

    message = str(error)
    findings = _findings(_events([ParseFailure(error.place, message)], source, settings), source, settings)
    silencers = suppressions.read(suppressions.comments_by_line(source, whole_line=True), source)
    kept, suppressed = suppressions.apply([(finding, ()) for finding in findings], silencers)
    note = Notification(source.path, PARSE_ERROR, f"{message} Nothing in it was checked.", error.place)
    return FileResult(source.path, tuple(kept), () if suppressed else (note,), suppressed)


def _events(events: Iterable[Event], source: SourceFile, settings: ScanSettings) -> list[Located]:
    from py314_check.languages.base import deliver

    events = list(events)
    kinds = {type(event).__name__ for event in events}
    rules = [entry.rule for entry in _rules(settings.codes, settings.target) if entry.visits & kinds]
    return deliver(events, rules, source, settings.target)


def _findings(located: Sequence[Located], source: SourceFile, settings: ScanSettings) -> list[Finding]:
    """A finding for each report, with its source lines and fingerprint. Reports come in the order of the file."""
    from py314_check.fingerprints import fingerprint, line_hashes
    from py314_check.signs_of_threads import shows_threads

    hashes = line_hashes(source.data) if settings.line_hashes and located else {}
    seen: Counter[tuple[str, str, str]] = Counter()
    threaded = any(one.rule.needs_threads for one in located) and shows_threads(source.data)
    findings = []
    for one in located:
        rule, report = one.rule, one.report
        excerpt = source.excerpt(one.place)
        key = (rule.code, report.symbol, " ".join(excerpt[0].split()) if excerpt else "")
        finding = Finding(
            code=rule.code,
            name=rule.name,
            level=Level.NOTE if one.guard is not None else report.level or rule.level,
            impact=report.impact or rule.impact,
            confidence=report.confidence or rule.confidence,
            path=source.path,
            place=one.place,
            message=report.message,
            help=report.help,
            symbol=report.symbol,
            removed_in=report.removed_in,
            guard=one.guard,
            fix=one.fix,
            fingerprint=fingerprint(rule.code, source.path, report.symbol, key[2], seen[key]),
            source=excerpt,
            line_hash=hashes.get(one.place.line, ""),
            module=report.module,
            module_is_gone=report.module_is_gone,
            provided_by=report.provided_by,
            way_out=one.way_out,
            unless=report.unless,
            unless_built_with=report.unless_built_with,
            crate=report.crate,
            only_with=report.only_with,
            free_threading=rule.free_threading if report.free_threading is None else report.free_threading,
            added_in=report.added_in,
            for_annotations=rule.for_annotations,
            needs_threads=rule.needs_threads and not threaded,
        )
        seen[key] += 1
        findings.append(finding)
    return findings


# Many files.


def look_at(files: Sequence[File], settings: ScanSettings) -> list[Looked]:
    """Looks at some files in this process, on a thread whose stack holds deeply nested code."""
    with without_collector():
        looked_at = _with_deep_stack(lambda: [look(file, settings) for file in files])
    parsed = (
        file.size for file, looked in zip(files, looked_at, strict=True) if looked.result and looked.result.parsed
    )
    if sum(parsed) > _MUCH_PARSED:
        _give_memory_back()
    return looked_at


def _give_memory_back() -> None:
    """Trees are made of small pieces: what they leave free, glibc keeps by itself, scattered as it is."""
    gc.collect()
    with suppress(OSError, AttributeError, TypeError):  # on another C library
        import ctypes

        ctypes.CDLL(None).malloc_trim(0)


def _with_deep_stack(work: Callable[[], T]) -> T:
    """libcst's parser and writer recurse: on a usual stack, deeply nested code would end the process."""
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            with _deep_recursion():
                results.append(work())
        except BaseException as error:
            errors.append(error)

    with _LIMITS:
        previous = threading.stack_size(_STACK_BYTES)
        try:
            thread = threading.Thread(target=run, daemon=True)
            thread.start()
        finally:
            threading.stack_size(previous)
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


@contextmanager
def _deep_recursion() -> Iterator[None]:
    """The recursion limit is one for all threads: the first that needs it raises it, the last sets it back."""
    global _deep, _usual_limit
    with _LIMITS:
        if _deep == 0:
            _usual_limit = sys.getrecursionlimit()
            sys.setrecursionlimit(max(_usual_limit, _RECURSION_LIMIT))
        _deep += 1
    try:
        yield
    finally:
        with _LIMITS:
            _deep -= 1
            if _deep == 0:
                sys.setrecursionlimit(_usual_limit)


# What only the project can tell.


def settle(finding: Finding, path: Path, project: Project) -> Finding | None:
    """None where the name is really the project's own, or another file of the project says otherwise or leaves it out.

    Guarded where a declared dependency brings the name back.

    What is about free-threaded builds is a note where neither the target nor the project is for them; and what takes
    threads where nothing in the project shows any, of a confidence one step lower.
    """
    if finding.module and project.is_first_party(path, finding.module, with_directories=finding.module_is_gone):
        return None
    if finding.added_in is not None and not project.may_run_before(path, finding.added_in):
        return None
    if project.says(path, finding.unless) or project.builds_with(path, finding.unless_built_with):
        return None
    if project.leaves_out(path, free_threaded=finding.free_threading or project.target.free_threaded):
        return None
    if finding.crate is not None:
        builds = project.builds_with_crate(path, finding.crate)
        if builds is False:
            return None
        if builds is None:
            finding = replace(finding, confidence=Confidence.LOW)
    if finding.guard is None and finding.provided_by:
        provider = project.provider(path, finding.provided_by)
        if provider is not None:
            return replace(finding, guard=f"{provider}, brings it back", level=Level.NOTE)
    if finding.guard is None and finding.way_out and project.is_first_party(path, finding.way_out):
        guard = f"the project has {finding.way_out}, which is the other way"
        return replace(finding, guard=guard, level=Level.NOTE)
    if finding.for_annotations and project.has_stub(path):
        return None
    if finding.needs_threads and not project.shows_threads(path):
        finding = replace(finding, level=Level.NOTE, confidence=finding.confidence.lowered)
    if finding.free_threading and not (project.target.free_threaded or project.declares_free_threading(path)):
        return replace(finding, level=Level.NOTE, asked_level=finding.level)
    return finding


def in_company(findings: Sequence[tuple[Finding, Path]], project: Project) -> Iterator[Finding]:
    """The findings, settled and each with its path, less those that count only with others of the same project."""
    found: set[tuple[str, Path]] = set()
    if any(one.only_with for one, _ in findings):
        sure = ((one, path) for one, path in findings if one.guard is None and one.confidence is not Confidence.LOW)
        found = {(one.code, project.home(path)) for one, path in sure}
    for one, path in findings:
        if not one.only_with or any((code, project.home(path)) in found for code in one.only_with):
            yield one


def reported(findings: Iterable[Finding], level: Level, confidence: Confidence) -> list[Finding]:
    """The findings at or above a level and a confidence, sorted."""
    kept = [one for one in findings if one.level.rank >= level.rank and one.confidence.rank >= confidence.rank]
    return sorted(kept, key=lambda finding: finding.sort_key)


def summarise(results: Collection[FileResult], findings: Sequence[Finding]) -> Summary:
    """The counts of a run: ``findings`` are all that are reported, guarded ones among them."""
    levels = Counter(finding.level for finding in findings if finding.guard is None)
    return Summary(
        files=len(results),
        parsed=sum(result.parsed for result in results),
        errors=levels[Level.ERROR],
        warnings=levels[Level.WARNING],
        notes=levels[Level.NOTE],
        guarded=sum(finding.guard is not None for finding in findings),
        suppressed=sum(result.suppressed for result in results),
        not_analysed=sum(result.not_analysed for result in results),
    )
