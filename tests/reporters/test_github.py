from __future__ import annotations

import re

import pytest
from helpers.reports import make_finding, make_report, patiently, reports
from hypothesis import given

from py314_check.model import Level, Place, Report
from py314_check.reporters.github import render

MESSAGE = "The module `cgi` was removed in Python 3.13. Use `legacy-cgi`."
COMMAND = re.compile(r"::(?P<level>error|warning|notice) (?P<properties>[^:\r\n]*)::(?P<message>[^\r\n]*)")


def unescape(text: str) -> str:
    """As GitHub's runner does it: the percent sign last."""
    for written, meant in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(written, meant)
    return text


def test_a_clean_run_prints_nothing() -> None:
    assert render(make_report()) == ""


@pytest.mark.parametrize(
    ("level", "command"), [(Level.ERROR, "error"), (Level.WARNING, "warning"), (Level.NOTE, "notice")]
)
def test_every_finding_is_one_command(level: Level, command: str) -> None:
    assert render(make_report(make_finding(level=level))) == (
        f"::{command} file=src/a.py,line=3,endLine=3,col=8,endColumn=11,title=RMV001 removed-module::{MESSAGE}\n"
    )


def test_a_guarded_finding_is_a_notice() -> None:
    assert render(make_report(make_finding(guard="It falls back."))).startswith("::notice ")


def test_a_finding_of_several_lines_has_no_columns() -> None:
    text = render(make_report(make_finding(place=Place(3, 8, 5, 2))))
    assert text.startswith("::error file=src/a.py,line=3,endLine=5,title=")


def test_signs_with_a_meaning_are_escaped() -> None:
    text = render(make_report(make_finding(path="a:b,c%\r\n.py", message="50%: x,\r\ny.", help="")))
    properties, _, message = text.removeprefix("::error ").partition("::")
    assert properties.startswith("file=a%3Ab%2Cc%25%0D%0A.py,line=3,")
    assert message == "50%25: x,%0D%0Ay.\n"


@patiently
@given(reports)
def test_any_report_is_one_command_a_finding_that_unescapes_to_the_original(report: Report) -> None:
    text = render(report)
    text.encode("utf-8")
    lines = text.split("\n")
    assert lines.pop() == ""
    for line, finding in zip(lines, report.findings, strict=True):
        match = COMMAND.fullmatch(line)
        assert match is not None
        properties = dict(pair.split("=", 1) for pair in match["properties"].split(","))
        assert unescape(properties["file"]) == _unicode(finding.path)
        assert unescape(match["message"]) == _unicode(finding.text)
        assert properties["title"] == f"{finding.code} {finding.name}"


def _unicode(text: str) -> str:
    return "".join("\ufffd" if 0xD800 <= ord(char) < 0xE000 else char for char in text)
