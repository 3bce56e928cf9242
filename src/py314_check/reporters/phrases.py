"""What the reports for people say of a verdict, in the same words."""

from __future__ import annotations

from collections.abc import Iterator

from py314_check.model import Report
from py314_check.verdict import Build, Counts, Readiness, Verdict

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


def count(number: int, noun: str) -> str:
    """``1 file``, ``2 files``, ``1,234 files``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def counts(found: Counts) -> str:
    """``1 error, 2 notes``."""
    numbers = ((found.errors, "error"), (found.warnings, "warning"), (found.notes, "note"))
    return ", ".join(count(number, noun) for number, noun in numbers if number) or "nothing found"


def readiness(build: Build, found: Verdict) -> str:
    """The readiness of a build; where it rests on less than everything, on what."""
    if build.readiness is None:
        return "no verdict"
    maybe = build.readiness is not Readiness.NOT_READY
    partly = ", in what was analysed" if maybe and not found.complete else ""
    narrowly = ", by the rules that ran" if maybe and found.rules_off else ""
    return f"{build.readiness.value}{partly}{narrowly}"


def impacts(found: Verdict) -> str:
    numbers = (f"{impact.value.replace('-', ' ')} {number:,}" for impact, number in found.impacts.items())
    return f"By impact: {', '.join(numbers)}."


def by_file(found: Verdict) -> str:
    """What stands over the files that are named."""
    named, every = len(found.most), found.files
    return "by file" if named == every else f"by file, the first {named} of {every:,}"


def analysed(report: Report, found: Verdict, *, listed: bool) -> str:
    """How much was looked at, and what was set aside. ``listed``: whether this report lists findings at all."""
    summary = report.summary
    if not summary.files:
        return "No file was looked at, so there is no verdict."
    parts = [f"{count(summary.files, 'file')} looked at, {summary.parsed:,} parsed"]
    if report.foreign:
        parts.append(f"{count(len(report.foreign), 'generated or vendored file')} left alone")
    if summary.guarded:
        hidden = listed and not any(finding.guard is not None for finding in report.findings)
        parts.append(f"{summary.guarded:,} guarded" + (" (--show-guarded lists them)" if hidden else ""))
    if summary.suppressed:
        parts.append(f"{summary.suppressed:,} suppressed by comments")
    if summary.baselined:
        parts.append(f"{summary.baselined:,} in the baseline")
    if listed and report.below_level:
        parts.append(f"{len(report.below_level):,} below the level and not listed")
    if found.rules_off:
        parts.append(f"{found.rules - found.rules_off} of {found.rules} rules ran")
    return "; ".join(parts) + "."


def gaps(report: Report, found: Verdict) -> Iterator[str]:
    """What could not be analysed: a sentence, or nothing."""
    numbers = (
        (report.summary.not_analysed, "file", "not analysed"),
        (found.not_parsed, "file", "that cannot be parsed"),
        (found.missing_paths, "path", "that cannot be found"),
    )
    parts = [f"{count(number, noun)} {what}" for number, noun, what in numbers if number]
    if parts:
        yield "; ".join(parts) + "."


def fixable(found: Verdict) -> Iterator[str]:
    """What fixes can mend: a sentence, or nothing."""
    safe, unsafe = found.safe_fixes, found.unsafe_fixes
    if safe:
        more = f", and with --unsafe-fixes {unsafe:,} more" if unsafe else ""
        yield f"--fix mends {count(safe, 'finding')}{more}."
    elif unsafe:
        yield f"--fix --unsafe-fixes mends {count(unsafe, 'finding')}."
