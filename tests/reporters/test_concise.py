from __future__ import annotations

import pytest
from helpers.reports import make_finding, make_report, patiently, reports
from hypothesis import given

from py314_check.model import Level, Report
from py314_check.reporters.concise import render

MESSAGE = "The module `cgi` was removed in Python 3.13."


def test_a_clean_run_prints_nothing() -> None:
    assert render(make_report()) == ""


def test_every_finding_is_one_line() -> None:
    report = make_report(make_finding(), make_finding(path="b c.py", level=Level.WARNING))
    assert render(report) == f"src/a.py:3:8: RMV001[error] {MESSAGE}\nb c.py:3:8: RMV001[warning] {MESSAGE}\n"


def test_a_guarded_finding_is_a_note() -> None:
    assert render(make_report(make_finding(guard="It falls back."))).startswith("src/a.py:3:8: RMV001[note] ")


@pytest.mark.parametrize(
    ("path", "written"),
    [
        pytest.param("a\nb\r\n.py", r"a\nb\r\n.py", id="line ends"),
        pytest.param("\x1b[31m\x00\x7f\x9b.py", r"\x1b[31m\x00\x7f\x9b.py", id="control characters"),
        pytest.param("a\u2028b\x85.py", r"a\u2028b\x85.py", id="line ends of Unicode"),
        pytest.param("\u202eyp.a", r"\u202eyp.a", id="text that runs backwards"),
        pytest.param("\udcff.py", r"\udcff.py", id="a name that is not UTF-8"),
        pytest.param("naïve 🐍\xa0.py", "naïve 🐍\xa0.py", id="printable text stays"),
    ],
)
def test_what_cannot_be_printed_is_shown_as_an_escape(path: str, written: str) -> None:
    assert render(make_report(make_finding(path=path))) == f"{written}:3:8: RMV001[error] {MESSAGE}\n"


@patiently
@given(reports)
def test_any_report_has_exactly_one_line_a_finding(report: Report) -> None:
    text = render(report)
    text.encode("utf-8")
    assert len(text.splitlines()) == len(report.findings)
    assert text == "" or text.endswith("\n")
