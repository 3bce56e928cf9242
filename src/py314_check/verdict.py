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

FAMILIES = {
    "SYN": "does not parse, or warns when compiled",
    "RMV": "gone from the standard library",
    "CHG": "still there, behaves differently",
    "DPR": "to be removed after the target",
    "GIL": "Python code that leaned on the GIL",
    "EXT": "native code",
    "TIS": "TypeIs",
    "PRJ": "project metadata and CI",
    "JIT": "the JIT compiler",
}
"""What the families of rules are about, by the prefix of their codes."""
MOST = 10
"""How many of the files with most findings are named."""


class Readiness(str, enum.Enum):
    """What the findings come to: an error is *not ready*, a warning is *to review*, notes leave it *ready*."""

    READY = "ready"
    REVIEW = "ready with changes to review"
    NOT_READY = "not ready"


@dataclass(frozen=True)
class Counts:
    """Findings by their level."""

    errors: int = 0
    warnings: int = 0
    notes: int = 0

    @property
    def total(self) -> int:
        return self.errors + self.warnings + self.notes

    def __str__(self) -> str:
        numbers = ((self.errors, "error"), (self.warnings, "warning"), (self.notes, "note"))
        return ", ".join(count(number, noun) for number, noun in numbers if number) or "nothing found"


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
    """What a run comes to. Guarded, suppressed and baselined findings do not count; those that the level hides do."""

    builds: tuple[Build, ...]
    """With the GIL, then without it."""
    families: Mapping[str, Counts]
    """By the prefix of the code, sorted; levels are those of the report."""
    impacts: Mapping[Impact, int]
    """In the order of ``Impact``, without those that no finding has."""
    files: tuple[tuple[str, Counts], ...]
    """All files with findings, those with most first."""
    safe_fixes: int
    unsafe_fixes: int
    below_level: int
    """Findings that count here, and that the level hides from the report."""
    not_parsed: int
    missing: int
    complete: bool
    """Whether all files were read and understood, as far as any rule wanted them."""
    rules_off: int
    """Rules that the user switched off."""
    rules: int
    """All rules there are."""

    def words(self, build: Build) -> str:
        """The readiness of a build, and where it rests on less than everything, on what."""
        if build.readiness is None:
            return "no verdict"
        partly = "" if self.complete else ", in what was analysed"
        narrowly = ", by the rules that ran" if self.rules_off else ""
        return build.readiness.value + ("" if build.readiness is Readiness.NOT_READY else partly + narrowly)


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
        files=tuple(sorted(files.items(), key=lambda item: (-item[1].total, item[0]))),
        safe_fixes=fixes[Applicability.SAFE],
        unsafe_fixes=fixes[Applicability.UNSAFE],
        below_level=len(report.below_level),
        not_parsed=kinds[PARSE_ERROR],
        missing=kinds[MISSING],
        complete=not (report.summary.not_analysed or kinds[PARSE_ERROR] or kinds[MISSING]),
        rules_off=report.rules_off,
        rules=len(report.rules),
    )


def count(number: int, noun: str) -> str:
    """``1 file``, ``2 files``, ``1,234 files``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _build(target: Target, findings: Iterable[Finding], report: Report) -> Build:
    counts = _counts(Counter(one.level_on(target) for one in findings))
    readiness = Readiness.NOT_READY if counts.errors else Readiness.REVIEW if counts.warnings else Readiness.READY
    return Build(target, target != report.target, counts, readiness if report.summary.files else None)


def _by(findings: Iterable[Finding], key: Callable[[Finding], str]) -> dict[str, Counts]:
    levels: defaultdict[str, Counter[Level]] = defaultdict(Counter)
    for one in findings:
        levels[key(one)][one.level] += 1
    return {name: _counts(counter) for name, counter in levels.items()}


def _counts(levels: Mapping[Level, int]) -> Counts:
    return Counts(levels.get(Level.ERROR, 0), levels.get(Level.WARNING, 0), levels.get(Level.NOTE, 0))
