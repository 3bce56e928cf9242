"""The verdict of a run: is the code ready for the target's version, with the GIL and without it?

One run judges both builds. A finding about free threading is a note on a build with the GIL and has its full level on
one without; every other finding has one level on both. So the verdict for the build that was not the target is
*derived*: code that only that build runs was not seen as that build sees it.
"""

from __future__ import annotations

import enum
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from py314_check.model import MISSING, PARSE_ERROR, Applicability, Finding, Impact, Level, Report, Target

MOST = 10
"""How many of the files with most findings are named."""


class Readiness(str, enum.Enum):
    """What the findings come to: with an error *not ready*, else with a warning *to review*, else *ready*."""

    READY = "ready"
    REVIEW = "ready with changes to review"
    NOT_READY = "not ready"


@dataclass(frozen=True)
class Counts:
    """Findings by their level."""

    errors: int = 0
    warnings: int = 0
    notes: int = 0


@dataclass(frozen=True)
class Build:
    """One build of Python: its findings, and what they come to."""

    target: Target
    derived: bool
    """Whether the run was for the other build."""
    counts: Counts
    readiness: Readiness | None
    """None where no file was looked at."""


@dataclass(frozen=True)
class Verdict:
    """What a run comes to, besides what its summary counts.

    Findings count whatever the level that is reported. Guarded, suppressed and baselined ones do not count, nor those
    below the confidence.
    """

    builds: tuple[Build, ...]
    """With the GIL, then without it."""
    families: Mapping[str, Counts]
    """By the prefix of the code, sorted. Levels are those of the report, here and below."""
    impacts: Mapping[Impact, int]
    """In the order of ``Impact``, without those that no finding has."""
    most: tuple[tuple[str, Counts], ...]
    """The files with most findings."""
    files: int
    """How many files have findings."""
    safe_fixes: int
    unsafe_fixes: int
    not_parsed: int
    """Files with syntax errors, or that cannot be read."""
    missing_paths: int
    complete: bool
    """Whether all that was asked for was found, read and understood."""
    rules_off: int
    """Rules that the user switched off, of all."""
    rules: int


def verdict(report: Report) -> Verdict:
    """What a report comes to; nothing but the report decides it."""
    findings = [one for one in (*report.findings, *report.below_level) if one.guard is None]
    kinds = Counter(note.kind for note in report.notifications)
    fixes = Counter(one.fix.applicability for one in findings if one.fix is not None)
    impacts = Counter(one.impact for one in findings)
    files = _by(findings, lambda one: one.path)
    return Verdict(
        builds=tuple(_build(replace(report.target, free_threaded=free), findings, report) for free in (False, True)),
        families=dict(sorted(_by(findings, lambda one: one.code.rstrip("0123456789")).items())),
        impacts={impact: impacts[impact] for impact in Impact if impacts[impact]},
        most=tuple(sorted(files.items(), key=_most_first)[:MOST]),
        files=len(files),
        safe_fixes=fixes[Applicability.SAFE],
        unsafe_fixes=fixes[Applicability.UNSAFE],
        not_parsed=kinds[PARSE_ERROR],
        missing_paths=kinds[MISSING],
        complete=not (report.summary.not_analysed or kinds[PARSE_ERROR] or kinds[MISSING]),
        rules_off=report.rules_off,
        rules=len(report.rules),
    )


def _build(target: Target, findings: Iterable[Finding], report: Report) -> Build:
    counts = _counts(Counter(one.level_on(target) for one in findings))
    readiness = Readiness.NOT_READY if counts.errors else Readiness.REVIEW if counts.warnings else Readiness.READY
    return Build(target, target != report.target, counts, readiness if report.summary.files else None)


def _by(findings: Iterable[Finding], key: Callable[[Finding], str]) -> dict[str, Counts]:
    levels: defaultdict[str, Counter[Level]] = defaultdict(Counter)
    for one in findings:
        levels[key(one)][one.level] += 1
    return {name: _counts(counter) for name, counter in levels.items()}


def _counts(levels: Counter[Level]) -> Counts:
    return Counts(levels[Level.ERROR], levels[Level.WARNING], levels[Level.NOTE])


def _most_first(file: tuple[str, Counts]) -> tuple[int, int, int, str]:
    """Most findings first, and the worst of as many."""
    path, counts = file
    return -(counts.errors + counts.warnings + counts.notes), -counts.errors, -counts.warnings, path
