"""The report for people: each finding with its source line and what to do, then what all of them come to."""

from __future__ import annotations

import textwrap
import unicodedata

from py314_check.model import Finding, Report
from py314_check.verdict import FAMILIES, MOST, Build, Counts, Readiness, Verdict, count, verdict

_STYLES = {"error": "1;31", "warning": "1;33", "note": "1;36", "bold": "1", "dim": "2", "good": "1;32"}
_READINESS_STYLES = {Readiness.READY: "good", Readiness.REVIEW: "warning", Readiness.NOT_READY: "error"}
_TAB = "    "


class _Paint:
    """Adds colours, or nothing."""

    def __init__(self, *, color: bool) -> None:
        self._color = color

    def __call__(self, text: str, style: str) -> str:
        return f"\033[{_STYLES[style]}m{text}\033[0m" if self._color and text else text


def render(report: Report, *, summary: bool = False, color: bool = False, width: int = 100) -> str:
    """The whole report, or its end alone. ``width`` is that of the terminal, in columns."""
    paint = _Paint(color=color)
    width = max(width, 40)
    blocks = [] if summary else [_finding(finding, paint, width) for finding in report.findings]
    blocks += _summary(report, paint, width, listed=not summary)
    return "\n\n".join(blocks) + "\n"


def _finding(finding: Finding, paint: _Paint, width: int) -> str:
    level, place = finding.level.value, finding.place
    gutter = " " * len(str(place.line))
    bar = paint(f" {gutter} |", "dim")
    head = f"{level}[{finding.code}]"
    first, *more = _wrapped(_visible(finding.message), width, indent=len(head) + 2)
    lines = [
        f"{paint(head, level)}{paint(': ' + first, 'bold')}",
        *(" " * (len(head) + 2) + paint(line, "bold") for line in more),
        f" {gutter}{paint('-->', 'dim')} {_visible(finding.path)}:{place.line}:{place.column}",
    ]
    if finding.source:
        shown, marker = _frame(finding, width - len(gutter) - 5)
        lines += [bar, f"{paint(f' {place.line} |', 'dim')} {shown}".rstrip(), f"{bar} {paint(marker, level)}", bar]
    for label, text in (("help", finding.help), ("guarded", finding.guard or "")):
        if text:
            indent = len(f" {gutter} = {label}: ")
            wrapped = f"\n{' ' * indent}".join(_wrapped(_visible(text), width, indent=indent))
            lines.append(f" {gutter} {paint('=', 'dim')} {paint(f'{label}:', 'bold')} {wrapped}")
    return "\n".join(lines)


def _frame(finding: Finding, room: int) -> tuple[str, str]:
    """The first source line and the marker under it, clipped around the finding where the line is long."""
    place = finding.place
    line = finding.source[0]
    start = min(place.column - 1, len(line))
    end = min(place.end_column - 1, len(line)) if place.end_line == place.line else len(line)
    before, marked, after = (_visible(part) for part in (line[:start], line[start:end], line[end:]))
    if _columns(before + marked + after) > room:
        before = before.lstrip()
        if _columns(before) > room // 3:
            before = "…" + before[-(room // 3) :]
        marked, cut = (marked[: room // 2], True) if len(marked) > room // 2 else (marked, False)
        left = max(room - _columns(before + marked) - 1, 0)
        if cut or len(after) > left:
            after = ("" if cut else after[:left]) + "…"
    return before + marked + after, " " * _columns(before) + "^" * max(_columns(marked), 1)


def _visible(text: str) -> str:
    """Tabs as spaces, and what would move the cursor or hide text as escapes."""
    if text.isprintable():
        return text
    return "".join(
        _TAB
        if one == "\t"
        else one
        if one.isprintable()
        else one.encode("unicode_escape", "backslashreplace").decode("ascii")
        for one in text
    )


def _columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text
    )


def _wrapped(text: str, width: int, *, indent: int = 0) -> list[str]:
    """A text in lines that fit behind an indent; a word that is too long stays whole, to be copied."""
    room = max(width - indent, 30)
    return textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False) or [""]


# What all findings come to.


def _summary(report: Report, paint: _Paint, width: int, *, listed: bool) -> list[str]:
    """Counts, where there are any; what was analysed; the verdict."""
    found = verdict(report)
    counted = [_counted(found, paint, width)] if found.families else []
    end = [paint(line, "dim") for line in _wrapped(_analysed(report, found, listed=listed), width)]
    if not found.complete:
        end += [paint(line, "warning") for line in _wrapped(_gaps(report, found), width)]
    if found.safe_fixes or found.unsafe_fixes:
        end += _wrapped(_fixable(found), width)
    if report.summary.files:
        end += [line for build in found.builds for line in _build(build, report, found, paint, width)]
    return [*counted, "\n".join(end)]


def _counted(found: Verdict, paint: _Paint, width: int) -> str:
    """By family, by impact, and by file where there are several; levels have the same columns throughout."""
    families = [(f"{family}  {FAMILIES.get(family, '')}".rstrip(), counts) for family, counts in found.families.items()]
    files = [(_visible(path), counts) for path, counts in found.files[:MOST]] if len(found.files) > 1 else []
    columns = [
        column
        for column in (("errors", "error"), ("warnings", "warning"), ("notes", "note"))
        if any(getattr(counts, column[0]) for _, counts in families)
    ]
    room = max(width - sum(len(head) + 2 for head, _ in columns), *(len(label) for label, _ in families))
    room = min(room, max(_columns(label) for label, _ in (*families, *files)))

    def row(label: str, counts: Counts) -> str:
        cells = [(f"{getattr(counts, head) or '':>{len(head) + 2}}", style) for head, style in columns]
        label = _clipped(label, room)
        return f"{label}{' ' * (room - _columns(label))}{''.join(paint(*cell) for cell in cells)}".rstrip()

    heads = "".join(f"  {head}" for head, _ in columns)
    impacts = ", ".join(f"{impact.value.replace('-', ' ')} {number}" for impact, number in found.impacts.items())
    lines = [paint(f"{'By family':{room}}{heads}", "bold"), *(row(*family) for family in families)]
    lines += _wrapped(f"By impact: {impacts}", width)
    if files:
        shown = f" (the first {MOST} of {len(found.files)})" if len(found.files) > MOST else ""
        lines += ["", paint(f"By file{shown}", "bold"), *(row(*file) for file in files)]
    return "\n".join(lines)


def _clipped(path: str, room: int) -> str:
    """The end of a path that is too long, where the file's name is."""
    if _columns(path) <= room:
        return path
    while _columns(path) > room - 1:
        path = path[1:]
    return f"…{path}"


def _analysed(report: Report, found: Verdict, *, listed: bool) -> str:
    summary = report.summary
    if not summary.files:
        return "No file was looked at, so there is no verdict."
    parts = [f"{count(summary.files, 'file')} looked at, {summary.parsed} parsed"]
    if report.foreign:
        parts.append(f"{count(len(report.foreign), 'generated or vendored file')} left alone")
    if summary.guarded:
        hidden = listed and not any(finding.guard is not None for finding in report.findings)
        parts.append(f"{summary.guarded} guarded" + (" (--show-guarded lists them)" if hidden else ""))
    if summary.suppressed:
        parts.append(f"{summary.suppressed} suppressed by comments")
    if summary.baselined:
        parts.append(f"{summary.baselined} in the baseline")
    if listed and found.below_level:
        parts.append(f"{found.below_level} below the level and not listed")
    if found.rules_off:
        parts.append(f"{found.rules - found.rules_off} of {found.rules} rules ran")
    return "; ".join(parts) + "."


def _gaps(report: Report, found: Verdict) -> str:
    parts = []
    if report.summary.not_analysed:
        parts.append(f"{count(report.summary.not_analysed, 'file')} not analysed")
    if found.not_parsed:
        parts.append(f"{count(found.not_parsed, 'file')} that cannot be parsed")
    if found.missing:
        parts.append(f"{count(found.missing, 'path')} that cannot be found")
    return "; ".join(parts) + "."


def _fixable(found: Verdict) -> str:
    if not found.unsafe_fixes:
        return f"--fix mends {count(found.safe_fixes, 'finding')}."
    if not found.safe_fixes:
        return f"--fix --unsafe-fixes mends {count(found.unsafe_fixes, 'finding')}."
    return f"--fix mends {count(found.safe_fixes, 'finding')}, and with --unsafe-fixes {found.unsafe_fixes} more."


def _build(build: Build, report: Report, found: Verdict, paint: _Paint, width: int) -> list[str]:
    """The verdict for one build; the names of both take the same room."""
    name = f"Python {build.target}"
    head = f"{name:{len(name) + (not build.target.free_threaded)}}  "
    aside = f" (derived from {report.target})" if build.derived else ""
    first, *more = _wrapped(f"{found.words(build)}: {build.counts}{aside}", width, indent=len(head))
    style = _READINESS_STYLES[build.readiness or Readiness.READY]
    return [head + paint(first, style), *(" " * len(head) + paint(line, style) for line in more)]
