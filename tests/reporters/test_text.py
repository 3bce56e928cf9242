from __future__ import annotations

import re

import pytest
from helpers.reports import make_finding, make_fix, make_report, patiently, reports
from hypothesis import given
from hypothesis import strategies as st

from py314_check.model import Applicability, Impact, Level, Notification, Report, Summary, Target
from py314_check.reporters.text import render

COLOR = re.compile("\033\\[[0-9;]*m")
SOME = Summary(files=1200, parsed=340)
RACE = make_finding(
    code="EXT201",
    path="src/app/fast.c",
    level=Level.NOTE,
    asked_level=Level.WARNING,
    impact=Impact.RACES,
    free_threading=True,
)
WHOLE = """\
error[RMV001]: The module `cgi` was removed in Python 3.13.
  --> src/a.py:3:8
   |
 3 | import cgi
   |        ^^^
   |
   = help: Use `legacy-cgi`.

errors  by family
     1  RMV  gone from the standard library
By impact: breaks 1.

1,200 files looked at, 340 parsed.
Python 3.14   not ready: 1 error
Python 3.14t  not ready: 1 error (derived from 3.14)
"""


def test_a_finding_and_what_it_comes_to() -> None:
    assert render(make_report(make_finding(), summary=SOME)) == WHOLE


def test_a_clean_run_is_three_lines() -> None:
    assert render(make_report(summary=SOME)) == (
        "1,200 files looked at, 340 parsed.\n"
        "Python 3.14   ready: nothing found\n"
        "Python 3.14t  ready: nothing found (derived from 3.14)\n"
    )


def test_nothing_looked_at_is_one_line() -> None:
    assert render(make_report()) == "No file was looked at, so there is no verdict.\n"


def test_a_summary_of_everything_fits_a_screen() -> None:
    findings = [make_finding(path=f"src/app/{name}.py", fix=make_fix()) for name in "abcdefghij"]
    findings += [
        make_finding(
            code="CHG302",
            path="src/app/b.py",
            level=Level.WARNING,
            impact=Impact.CHANGES,
            fix=make_fix(applicability=Applicability.UNSAFE),
        ),
        RACE,
        make_finding(path="src/app/guarded.py", guard="It falls back."),
    ]
    report = make_report(
        *findings,
        summary=Summary(files=1200, parsed=340, guarded=1, suppressed=2, baselined=3, not_analysed=4),
        foreign=(("a.c", "Cython made it"),),
        notifications=(Notification("bad.py", "parse-error", "No."), Notification("none", "missing-path", "No.")),
        below_level=(make_finding(code="DPR001", level=Level.NOTE, impact=Impact.WARNS, path="src/app/b.py"),),
        rules_off=1,
    )
    assert render(report, summary=True, width=80) == (
        "errors  warnings  notes  by family\n"
        "               1         CHG  still there, behaves differently\n"
        "                      1  DPR  to be removed after the target\n"
        "                      1  EXT  native code\n"
        "    10                   RMV  gone from the standard library\n"
        "errors  warnings  notes  by file, the first 10 of 11\n"
        "     1         1      1  src/app/b.py\n"
        "     1                   src/app/a.py\n"
        "     1                   src/app/c.py\n"
        "     1                   src/app/d.py\n"
        "     1                   src/app/e.py\n"
        "     1                   src/app/f.py\n"
        "     1                   src/app/g.py\n"
        "     1                   src/app/h.py\n"
        "     1                   src/app/i.py\n"
        "     1                   src/app/j.py\n"
        "By impact: breaks 10, changes 1, warns 1, races 1.\n"
        "\n"
        "1,200 files looked at, 340 parsed; 1 generated or vendored file left alone; 1\n"
        "guarded; 2 suppressed by comments; 3 in the baseline; 2 of 3 rules ran.\n"
        "4 files not analysed; 1 file that cannot be parsed; 1 path that cannot be found.\n"
        "--fix mends 10 findings, and with --unsafe-fixes 1 more.\n"
        "Python 3.14   not ready: 10 errors, 1 warning, 2 notes\n"
        "Python 3.14t  not ready: 10 errors, 2 warnings, 1 note (derived from 3.14)\n"
    )


def last_lines(report: Report) -> list[str]:
    return render(report, summary=True).splitlines()[-2:]


def test_the_builds_may_differ() -> None:
    assert last_lines(make_report(RACE, summary=SOME, target=Target.parse("3.15"))) == [
        "Python 3.15   ready: 1 note",
        "Python 3.15t  ready with changes to review: 1 warning (derived from 3.15)",
    ]


def test_a_verdict_that_rests_on_less_than_everything_says_so() -> None:
    partly = Summary(files=3, not_analysed=1)
    assert last_lines(make_report(summary=partly, rules_off=2, target=Target.parse("3.14t"))) == [
        "Python 3.14   ready, in what was analysed, by the rules that ran: nothing found (derived from 3.14t)",
        "Python 3.14t  ready, in what was analysed, by the rules that ran: nothing found",
    ]
    assert last_lines(make_report(make_finding(), summary=partly, rules_off=2))[0] == "Python 3.14   not ready: 1 error"


@pytest.mark.parametrize(
    ("safe", "unsafe", "says"),
    [
        (1, 0, "--fix mends 1 finding.\n"),
        (0, 2, "--fix --unsafe-fixes mends 2 findings.\n"),
        (2, 1, "--fix mends 2 findings, and with --unsafe-fixes 1 more.\n"),
    ],
)
def test_what_fixes_can_mend(safe: int, unsafe: int, says: str) -> None:
    findings = [make_finding(fix=make_fix())] * safe
    findings += [make_finding(fix=make_fix(applicability=Applicability.UNSAFE))] * unsafe
    assert says in render(make_report(*findings, summary=SOME))
    assert "fix" not in render(make_report(make_finding(), summary=SOME), summary=True)


def test_the_report_says_how_to_see_what_it_does_not_list() -> None:
    report = make_report(summary=Summary(files=3, guarded=1), below_level=(make_finding(level=Level.NOTE),))
    assert "1 guarded (--show-guarded lists them); 1 below the level and not listed." in render(report, width=120)
    assert "3 files looked at, 0 parsed; 1 guarded.\n" in render(report, summary=True)


def test_long_messages_are_wrapped_and_long_words_stay_whole() -> None:
    url = "https://example.invalid/" + "x" * 60
    text = render(make_report(make_finding(message="One two three four. " * 5 + url)), width=60)
    head, *_ = text.split("\n --", 1)
    assert head.splitlines()[:2] == [
        "error[RMV001]: One two three four. One two three four. One",
        "               two three four. One two three four. One two",
    ]
    assert f"               {url}" in head.splitlines()


@patiently
@given(reports, st.integers(20, 130), st.booleans())
def test_colours_change_nothing_but_the_colours(report: Report, width: int, summary: bool) -> None:
    plain = render(report, width=width, summary=summary)
    assert COLOR.sub("", render(report, width=width, summary=summary, color=True)) == plain
    assert all(line.isprintable() for line in plain.split("\n"))
