"""The report for people: each finding with its source line and what to do, then a summary and a verdict."""

from __future__ import annotations

import textwrap
import unicodedata
from collections import Counter

from py314_check.model import Finding, Impact, Level, Report

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
_STYLES = {"error": "1;31", "warning": "1;33", "note": "1;36", "bold": "1", "dim": "2", "good": "1;32"}
_TAB = "    "


class _Paint:
    """Adds colours, or nothing."""

    def __init__(self, *, color: bool) -> None:
        self._color = color

    def __call__(self, text: str, style: str) -> str:
        return f"\033[{_STYLES[style]}m{text}\033[0m" if self._color and text else text


def render(report: Report, *, color: bool = False, width: int = 100) -> str:
    """The whole report. ``width`` is that of the terminal, in columns."""
    paint = _Paint(color=color)
    blocks = [_finding(finding, paint, max(width, 40)) for finding in report.findings]
    blocks.append(_summary(report, paint))
    return "\n\n".join(blocks) + "\n"


def _finding(finding: Finding, paint: _Paint, width: int) -> str:
    level, place = finding.level.value, finding.place
    gutter = " " * len(str(place.line))
    bar = paint(f" {gutter} |", "dim")
    lines = [
        f"{paint(f'{level}[{finding.code}]', level)}{paint(': ' + _visible(finding.message), 'bold')}",
        f" {gutter}{paint('-->', 'dim')} {_visible(finding.path)}:{place.line}:{place.column}",
    ]
    if finding.source:
        shown, marker = _frame(finding, width - len(gutter) - 5)
        lines += [bar, f"{paint(f' {place.line} |', 'dim')} {shown}".rstrip(), f"{bar} {paint(marker, level)}", bar]
    for label, text in (("help", finding.help), ("guarded", finding.guard or "")):
        if text:
            head = f" {gutter} = {label}: "
            wrapped = textwrap.wrap(
                _visible(text), max(width - len(head), 30), break_long_words=False, break_on_hyphens=False
            )
            indent = "\n" + " " * len(head)
            lines.append(f" {gutter} {paint('=', 'dim')} {paint(f'{label}:', 'bold')} {indent.join(wrapped)}")
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


def _summary(report: Report, paint: _Paint) -> str:
    lines = []
    plain = [finding for finding in report.findings if finding.guard is None]
    families = Counter(finding.code[:3] for finding in plain)
    for family in sorted(families):
        levels = Counter(finding.level for finding in plain if finding.code.startswith(family))
        counts = ", ".join(_count(levels[level], level.value) for level in reversed(Level) if levels[level])
        about = f"  {FAMILIES[family]}" if family in FAMILIES else ""
        lines.append(f"{paint(family, 'bold')}{about}: {counts}")
    summary = report.summary
    asides = [f"{_count(summary.files, 'file')} looked at, {summary.parsed} parsed"]
    if summary.guarded:
        hidden = not any(finding.guard is not None for finding in report.findings)
        asides.append(f"{summary.guarded} guarded" + (" (--show-guarded lists them)" if hidden else ""))
    if summary.suppressed:
        asides.append(f"{summary.suppressed} suppressed by comments")
    if summary.baselined:
        asides.append(f"{summary.baselined} in the baseline")
    if report.foreign:
        asides.append(f"{_count(len(report.foreign), 'generated or vendored file')} left alone")
    if summary.not_analysed:
        asides.append(paint(f"{_count(summary.not_analysed, 'file')} not analysed", "warning"))
    lines.append(paint("; ".join(asides) + ".", "dim"))
    return "\n".join([*lines, _verdict(report, plain, paint)])


def _verdict(report: Report, plain: list[Finding], paint: _Paint) -> str:
    breaking = sum(finding.impact is Impact.BREAKS and finding.level is Level.ERROR for finding in plain)
    if breaking:
        verb = "finding breaks" if breaking == 1 else "findings break"
        return paint(f"Not ready for Python {report.target}: {breaking} {verb} it.", "error")
    unsure = ", in what was analysed" if report.summary.not_analysed else ""
    return paint(f"Nothing here breaks on Python {report.target}{unsure}.", "warning" if unsure else "good")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
