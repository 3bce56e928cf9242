"""The report for people: each finding with its source line and what to do, then what all of them come to."""

from __future__ import annotations

import textwrap
import unicodedata

from py314_check.model import Finding, Report
from py314_check.reporters import phrases
from py314_check.reporters.phrases import FAMILIES
from py314_check.verdict import Build, Counts, Readiness, Verdict, verdict

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
    end = [paint(line, "dim") for line in _wrapped(phrases.analysed(report, found, listed=listed), width)]
    end += [paint(line, "warning") for text in phrases.gaps(report, found) for line in _wrapped(text, width)]
    end += [line for text in phrases.fixable(found) for line in _wrapped(text, width)]
    end += [line for build in found.builds if build.readiness for line in _build(build, report, found, paint, width)]
    counted = [_counted(found, paint, width)] if found.families else []
    return [*counted, "\n".join(end)]


def _counted(found: Verdict, paint: _Paint, width: int) -> str:
    """By family, by impact, and by file where there are several: numbers first, in the same columns throughout."""
    columns = [
        (name, style)
        for name, style in (("errors", "error"), ("warnings", "warning"), ("notes", "note"))
        if any(getattr(counts, name) for counts in found.families.values())
    ]

    def heading(label: str) -> str:
        return paint("  ".join([*(name for name, _ in columns), label]), "bold")

    def row(label: str, counts: Counts) -> str:
        cells = (paint(f"{getattr(counts, name) or '':>{len(name)}}", style) for name, style in columns)
        return "  ".join([*cells, label])

    lines = [heading("by family")]
    lines += [row(f"{name}  {FAMILIES.get(name, '')}".rstrip(), counts) for name, counts in found.families.items()]
    if found.files > 1:
        lines += [heading(phrases.by_file(found)), *(row(_visible(path), counts) for path, counts in found.most)]
    return "\n".join([*lines, *_wrapped(phrases.impacts(found), width)])


def _build(build: Build, report: Report, found: Verdict, paint: _Paint, width: int) -> list[str]:
    """The verdict for one build; the names of both take the same room."""
    name = f"Python {build.target}"
    head = f"{name:{len(name) + (not build.target.free_threaded)}}  "
    aside = f" (derived from {report.target})" if build.derived else ""
    text = f"{phrases.readiness(build, found)}: {phrases.counts(build.counts)}{aside}"
    first, *more = _wrapped(text, width, indent=len(head))
    style = _READINESS_STYLES[build.readiness or Readiness.READY]
    return [head + paint(first, style), *(" " * len(head) + paint(line, style) for line in more)]
