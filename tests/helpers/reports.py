"""Reports for the tests of reporters: builders of single nouns, and a strategy for any report."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from py314_check.model import (
    Applicability,
    Confidence,
    Edit,
    Finding,
    Fix,
    Impact,
    Level,
    Notification,
    Place,
    Report,
    RuleInfo,
    Summary,
    Target,
)

patiently = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For the properties of whole reports: how long an example takes says nothing."""


def make_rule(**changes: Any) -> RuleInfo:
    rule = RuleInfo(
        code="RMV001",
        name="removed-module",
        summary="A module that is gone from the standard library.",
        level=Level.ERROR,
        confidence=Confidence.HIGH,
        impact=Impact.BREAKS,
        documentation="## What it does\n\nFinds imports of `cgi`.\n\n## Why it matters\n\nThey fail.\n",
        url="https://example.invalid/rules/RMV001",
    )
    return replace(rule, **changes)


RULES = (
    make_rule(code="CHG001", name="changed-default", level=Level.WARNING, confidence=Confidence.MEDIUM),
    make_rule(code="JIT001", name="jit-hint", level=Level.NOTE, confidence=Confidence.LOW),
    make_rule(),
)


def make_finding(**changes: Any) -> Finding:
    finding = Finding(
        code="RMV001",
        name="removed-module",
        level=Level.ERROR,
        impact=Impact.BREAKS,
        confidence=Confidence.HIGH,
        path="src/a.py",
        place=Place(3, 8, 3, 11),
        message="The module `cgi` was removed in Python 3.13.",
        help="Use `legacy-cgi`.",
        symbol="cgi",
        removed_in="3.13",
        fingerprint="0123456789abcdef0123",
        source=("import cgi",),
        line_hash="39fa2ee980eb94b0:1",
    )
    return replace(finding, **changes)


def make_fix(*edits: Edit, applicability: Applicability = Applicability.SAFE) -> Fix:
    return Fix(applicability, "Import `legacy_cgi`.", edits or (Edit(Place(3, 8, 3, 11), "legacy_cgi"),))


def make_report(*findings: Finding, **changes: Any) -> Report:
    report = Report(
        target=Target(),
        root=".",
        findings=findings,
        notifications=(),
        summary=Summary(),
        rules=RULES,
        version="0.1.0",
        exit_code=0,
    )
    return replace(report, **changes)


def make_full_report() -> Report:
    """A report with everything that a report can hold, except what the validator wants and no tool can know."""
    return make_report(
        make_finding(fix=make_fix()),
        make_finding(path="docs/naïve #1 100%.py", place=Place(1, 1, 1, 7), removed_in=None, symbol=""),
        make_finding(path='a b/c:d?"&<>\\.py', line_hash="", fingerprint="", help=""),
        make_finding(
            code="CHG001",
            name="changed-default",
            level=Level.WARNING,
            impact=Impact.CHANGES,
            confidence=Confidence.MEDIUM,
            place=Place(4, 5, 6, 2),
            source=("x = f(", "    1,", ")"),
            fix=make_fix(
                Edit(Place(4, 5, 4, 6), "g"),
                Edit(Place(5, 5, 5, 5), "k="),
                Edit(Place(6, 1, 6, 2), ""),
                applicability=Applicability.UNSAFE,
            ),
        ),
        make_finding(
            code="JIT001",
            name="jit-hint",
            level=Level.NOTE,
            impact=Impact.OPPORTUNITY,
            confidence=Confidence.LOW,
            message='"Wörter" 🐍 in [brackets] and {braces}.',
            place=Place(2, 1, 2, 2),
            source=("🐍 = 1",),
        ),
        make_finding(path="z.py", level=Level.ERROR, guard="The import falls back in `except ImportError`."),
        notifications=(
            Notification("src/bad.py", "parse-error", "Could not parse src/bad.py.", Place(1, 12, 1, 12)),
            Notification("ext/big file.c", "not-analysed", "The file is larger than 1 MB."),
            Notification("", "some-new-kind", "A word about the whole run."),
        ),
        summary=Summary(files=12, parsed=3, errors=4, warnings=1, notes=1, guarded=1),
        exit_code=1,
    )


_surrogates = st.characters(categories=["Cs"])
texts = st.text(
    st.one_of(st.characters(), _surrogates, st.sampled_from("\n\r\t:,%#[]{}`'\"\\|<>&*_~$!()\x00\x85\u2028")),
    max_size=30,
)
_names = st.text(
    st.one_of(
        st.characters(exclude_characters="/\0"),
        _surrogates,
        st.sampled_from(" %#?&:,;=+~|<>*_`[]\"'\\\n\réß🐍\u0301\udcff"),
    ),
    min_size=1,
    max_size=12,
).filter(lambda name: name not in (".", ".."))
_relative_paths = st.lists(_names, min_size=1, max_size=3).map("/".join)
paths = st.one_of(
    _relative_paths,
    _relative_paths.map("./".__add__),
    _relative_paths.map("../".__add__),
    _relative_paths.map("/".__add__),
    _relative_paths.map("C:/".__add__),
)
_numbers = st.integers(1, 30)


@st.composite
def places(draw: st.DrawFn) -> Place:
    start, end = sorted([(draw(_numbers), draw(_numbers)), (draw(_numbers), draw(_numbers))])
    return Place(*start, *end)


fixes = st.builds(
    Fix,
    applicability=st.sampled_from(Applicability),
    message=texts,
    edits=st.lists(st.builds(Edit, place=places(), content=texts), max_size=3).map(tuple),
)


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    rule = draw(st.sampled_from(RULES))
    place = draw(places())
    height = place.end_line - place.line + 1
    return Finding(
        code=rule.code,
        name=rule.name,
        level=draw(st.sampled_from(Level)),
        free_threading=draw(st.booleans()),
        asked_level=draw(st.none() | st.sampled_from(Level)),
        impact=draw(st.sampled_from(Impact)),
        confidence=draw(st.sampled_from(Confidence)),
        path=draw(paths),
        place=place,
        message=draw(texts),
        help=draw(texts),
        symbol=draw(texts),
        removed_in=draw(st.none() | st.just("3.13")),
        guard=draw(st.none() | texts),
        fix=draw(st.none() | fixes),
        fingerprint=draw(st.sampled_from(["", "0123456789abcdef0123"])),
        source=draw(st.just(()) | st.lists(texts, min_size=height, max_size=height).map(tuple)),
        line_hash=draw(st.sampled_from(["", "39fa2ee980eb94b0:1", "0:12"])),
    )


notifications = st.builds(
    Notification,
    path=st.just("") | paths,
    kind=st.sampled_from(["parse-error", "not-analysed", "missing-path", "some-new-kind"]),
    message=texts,
    place=st.none() | places(),
)
reports = st.builds(
    Report,
    target=st.sampled_from(Target.CHOICES).map(Target.parse),
    root=paths,
    findings=st.lists(findings(), max_size=4).map(tuple),
    notifications=st.lists(notifications, max_size=3).map(tuple),
    summary=st.builds(Summary, *[st.integers(0, 2)] * 9),
    rules=st.permutations(RULES).map(tuple),
    version=st.sampled_from(["0.1.0", "1.0.0rc1", "1.2.3.dev4"]),
    exit_code=st.sampled_from([0, 1]),
    foreign=st.lists(st.tuples(paths, texts), max_size=2).map(tuple),
    below_level=st.lists(findings(), max_size=2).map(tuple),
    rules_off=st.integers(0, len(RULES)),
)
