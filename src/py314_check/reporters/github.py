"""The report as workflow commands, which GitHub Actions shows as annotations beside the code."""

from __future__ import annotations

import re

from py314_check.model import Finding, Level, Report

_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}
_DATA_ESCAPES = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY_ESCAPES = _DATA_ESCAPES | str.maketrans({":": "%3A", ",": "%2C"})
_SURROGATE = re.compile("[\ud800-\udfff]")


def render(report: Report) -> str:
    """One ``error``, ``warning`` or ``notice`` command a finding; a surrogate becomes U+FFFD."""
    return _SURROGATE.sub("\ufffd", "".join(f"{_command(finding)}\n" for finding in report.findings))


def _command(finding: Finding) -> str:
    place = finding.place
    properties: dict[str, object] = {"file": finding.path, "line": place.line, "endLine": place.end_line}
    if place.line == place.end_line:  # GitHub takes columns only within one line
        properties |= {"col": place.column, "endColumn": place.end_column}
    properties["title"] = f"{finding.code} {finding.name}"
    written = ",".join(f"{key}={str(value).translate(_PROPERTY_ESCAPES)}" for key, value in properties.items())
    level = finding.level if finding.guard is None else Level.NOTE
    return f"::{_COMMANDS[level]} {written}::{finding.text.translate(_DATA_ESCAPES)}"
