"""The verdict: what counts, for which build, and what it rests on."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from helpers.reports import make_finding, make_fix, make_report, patiently, reports
from hypothesis import given

from py314_check.model import Applicability, Confidence, Impact, Level, Notification, Report, Summary, Target
from py314_check.run import Options, check
from py314_check.verdict import Counts, Readiness, Verdict, verdict

READY, REVIEW, NOT_READY = Readiness.READY, Readiness.REVIEW, Readiness.NOT_READY
SOME = Summary(files=3, parsed=2)
RACE = make_finding(code="EXT201", impact=Impact.RACES, level=Level.WARNING, free_threading=True)
RACE_AS_NOTE = replace(RACE, level=Level.NOTE, asked_level=Level.WARNING)


def judge(*findings: Any, **changes: Any) -> Verdict:
    return verdict(make_report(*findings, **{"summary": SOME, **changes}))


def readiness(found: Verdict) -> list[Readiness | None]:
    return [build.readiness for build in found.builds]


# What findings come to.


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        pytest.param([], READY, id="nothing"),
        pytest.param([Level.NOTE], READY, id="a note"),
        pytest.param([Level.NOTE, Level.WARNING], REVIEW, id="a warning"),
        pytest.param([Level.ERROR, Level.WARNING], NOT_READY, id="an error"),
    ],
)
def test_the_worst_finding_decides(levels: list[Level], expected: Readiness) -> None:
    found = judge(*(make_finding(level=level) for level in levels))
    assert readiness(found) == [expected, expected]


@pytest.mark.parametrize(
    ("finding", "target"),
    [
        pytest.param(RACE_AS_NOTE, "3.14", id="with the GIL, nobody asked"),
        pytest.param(RACE, "3.14", id="with the GIL, the project declares free threading"),
        pytest.param(RACE, "3.14t", id="without the GIL"),
    ],
)
def test_races_matter_to_the_free_threaded_build_alone(finding: Any, target: str) -> None:
    found = judge(finding, target=Target.parse(target))
    assert readiness(found) == [READY, REVIEW]
    assert [build.counts for build in found.builds] == [Counts(notes=1), Counts(warnings=1)]


@pytest.mark.parametrize("target", Target.CHOICES)
def test_the_builds_are_those_of_the_version_and_the_other_one_is_derived(target: str) -> None:
    found = judge(target=Target.parse(target))
    release = target.removesuffix("t")
    assert [str(build.target) for build in found.builds] == [release, f"{release}t"]
    assert [str(build.target) for build in found.builds if not build.derived] == [target]


def test_what_is_guarded_does_not_count() -> None:
    found = judge(make_finding(guard="It falls back.", fix=make_fix()))
    assert found == judge()


def test_what_the_level_hides_counts() -> None:
    hidden = make_finding(level=Level.WARNING)
    assert judge(below_level=(hidden,)) == judge(hidden)


def test_without_a_file_there_is_no_verdict() -> None:
    assert readiness(judge(summary=Summary())) == [None, None]


# What it rests on.


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"summary": replace(SOME, not_analysed=1)}, id="not analysed"),
        pytest.param({"notifications": (Notification("a.py", "parse-error", "No."),)}, id="not parsed"),
        pytest.param({"notifications": (Notification("a.py", "missing-path", "No."),)}, id="missing"),
    ],
)
def test_a_gap_makes_it_incomplete(changes: dict[str, Any]) -> None:
    assert judge().complete
    assert not judge(**changes).complete


# Counts.


def test_counts_by_family_impact_and_fix() -> None:
    found = judge(
        make_finding(fix=make_fix()),
        make_finding(fix=make_fix(applicability=Applicability.UNSAFE)),
        make_finding(level=Level.NOTE, impact=Impact.OPPORTUNITY),
        make_finding(code="ACME01", level=Level.WARNING, impact=Impact.CHANGES, fix=make_fix()),
    )
    assert list(found.families.items()) == [("ACME", Counts(0, 1, 0)), ("RMV", Counts(2, 0, 1))]
    assert list(found.impacts.items()) == [(Impact.BREAKS, 2), (Impact.CHANGES, 1), (Impact.OPPORTUNITY, 1)]
    assert (found.safe_fixes, found.unsafe_fixes) == (2, 1)


def test_the_files_with_most_findings_and_of_as_many_the_worst() -> None:
    findings = [make_finding(path=f"{name}.py", level=Level.NOTE) for name in "abcdefghijkl" for _ in range(2)]
    findings += [make_finding(path="m.py", level=level) for level in (Level.WARNING, Level.NOTE)]
    found = judge(*findings, make_finding(path="l.py"), make_finding(path="0.py"))
    assert [path for path, _ in found.most] == [f"{name}.py" for name in "lmabcdefgh"]
    assert found.most[0][1] == Counts(1, 0, 2)
    assert found.files == 14


@patiently
@given(reports)
def test_all_counts_are_of_the_same_findings(report: Report) -> None:
    found = verdict(report)
    counted = [one for one in (*report.findings, *report.below_level) if one.guard is None]
    for counts in (found.families.values(), (build.counts for build in found.builds[:1]), dict(found.most).values()):
        assert sum(getattr(one, field.name) for one in counts for field in fields(Counts)) == len(counted)
    assert sum(found.impacts.values()) == len(counted)
    for build in found.builds:
        errors = [one for one in counted if one.level_on(build.target) is Level.ERROR]
        assert build.counts.errors == len(errors)
        assert (build.readiness is NOT_READY) == (bool(errors) and report.summary.files > 0)


# From the files.

RACY = """\
#include <Python.h>
static PyObject *cache = NULL;

static PyObject *get(PyObject *self, PyObject *args) {
    if (cache == NULL) {
        cache = PyDict_New();
    }
    Py_INCREF(cache);
    return cache;
}
"""


def run(folder: Path, *, target: str = "3.14", **options: Any) -> Verdict:
    (folder / ".git").mkdir(exist_ok=True)
    return verdict(check(Options(paths=(folder,), target=Target.parse(target), jobs=1, **options)))


@pytest.mark.parametrize("target", ["3.14", "3.14t"])
@pytest.mark.parametrize("declared", [False, True], ids=["undeclared", "declared"])
def test_a_race_in_c_is_to_review_for_the_free_threaded_build(target: str, declared: bool, tmp_path: Path) -> None:
    (tmp_path / "a.c").write_text(RACY)
    classifiers = ["Programming Language :: Python :: Free Threading :: 2 - Beta"] if declared else []
    (tmp_path / "pyproject.toml").write_text(f"[project]\nname = 'a'\nclassifiers = {classifiers}\n")
    found = run(tmp_path, target=target, select=("EXT2",))
    assert readiness(found) == [READY, REVIEW]


def test_the_level_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.c").write_text(RACY)
    (tmp_path / "b.py").write_text("import cgi\n")
    assert run(tmp_path, level=Level.ERROR) == run(tmp_path)


def test_what_is_suppressed_guarded_or_unsure_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import cgi  # noqa: RMV001\ntry:\n    import imp\nexcept ImportError:\n    pass\n")
    (tmp_path / "b.py").write_text("import _bootlocale\n")
    found = run(tmp_path, confidence=Confidence.HIGH)
    assert (readiness(found), found.files) == ([READY, READY], 0)
    assert readiness(run(tmp_path)) == [NOT_READY, NOT_READY]


@pytest.mark.parametrize("select", [("ALL",), ("RMV",)])
def test_a_file_that_does_not_parse_is_a_gap(select: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import cgi\nprint 'x'\n")
    found = run(tmp_path, select=select)
    assert (found.not_parsed, found.complete) == (1, False)
    assert readiness(found)[0] is (NOT_READY if select == ("ALL",) else READY)


def test_a_missing_path_is_a_gap(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    found = verdict(check(Options(paths=(tmp_path / "a.py", tmp_path / "b.py"), jobs=1)))
    assert (found.missing_paths, found.complete) == (1, False)


def test_rules_that_are_off_are_counted(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    every = run(tmp_path)
    some = run(tmp_path, ignore=("RMV001", "RMV002"))
    assert (every.rules_off, some.rules_off, some.rules) == (0, 2, every.rules)


@pytest.mark.parametrize(
    ("pin", "expected"),
    [
        pytest.param("greenlet==3.2.4", [READY, REVIEW], id="only the wheels of the free-threaded build"),
        pytest.param("greenlet==3.1.0", [REVIEW, REVIEW], id="no wheels for this version at all"),
    ],
)
def test_a_pin_without_free_threaded_wheels_is_no_matter_of_the_other_build(
    pin: str, expected: list[Readiness], tmp_path: Path
) -> None:
    (tmp_path / "requirements.txt").write_text(f"{pin}\n")
    assert readiness(run(tmp_path, target="3.14t")) == expected
