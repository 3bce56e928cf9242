"""The report as one line a finding, for editors and for grep."""

from __future__ import annotations

import re

from py314_check.model import Finding, Level, Report

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, line ends, marks that turn the direction of text, and surrogates."""


def render(report: Report) -> str:
    """``path:line:col: CODE[level] message`` for every finding, and nothing else."""
    return "".join(f"{visible(_line(finding))}\n" for finding in report.findings)


def _line(finding: Finding) -> str:
    place = finding.place
    level = finding.level if finding.guard is None else Level.NOTE
    return f"{finding.path}:{place.line}:{place.column}: {finding.code}[{level.value}] {finding.message}"


def visible(text: str) -> str:
    """A text in one line: what cannot be printed as an escape."""
    return _UNPRINTABLE.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)
