"""facts/calls.toml: every row fires on what it describes, and the interpreters of this machine say the same."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from helpers.interpreters import interpreters
from helpers.scanning import found
from py314_rules.called import may_call
from py314_rules.calls import ROWS, Row, read_rows

from py314_check.api import Outline
from py314_check.facts import FactError
from py314_check.model import Finding, Level, parse_version

RULES = {"removed": "RMV005", "changed": "CHG001", "deprecated": "DPR003"}
TARGETS = ["3.13", "3.14", "3.15"]
EXAMPLES = [(name, example) for name, row in ROWS.items() for example in row.examples]
_IDS = [f"{name}-{index}" for name, row in ROWS.items() for index, _ in enumerate(row.examples)]


def _found(source: str, target: str) -> list[Finding]:
    return [one for one in found(source, target=target) if one.code in RULES.values()]


# The table by itself


@pytest.mark.parametrize("name", ROWS)
def test_row(name: str) -> None:
    row = ROWS[name]
    versions = [row.deprecated_in, row.warns_in, row.changed_in, row.removed_in]
    ordered = [parse_version(version) for version in versions if version is not None]
    assert ordered == sorted(ordered)
    assert max(ordered) <= (3, 15)
    assert row.removed_in is None or row.changed_in is None
    if row.goes_in is None:
        assert row.removed_in or row.changed_in, "what is only deprecated is to go, some day"
    else:
        assert row.removed_in is None
        assert row.goes_in == "future" or parse_version(row.goes_in) > (3, 15)
    assert row.url.startswith(("https://docs.python.org/3/", "https://docs.python.org/3.15/"))
    assert row.instead.endswith(".")
    assert not any(text.endswith(".") for text in (row.now, row.was, row.what))
    assert row.examples


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=_IDS)
def test_an_example_is_found_once_from_its_version_on(name: str, example: str, target: str) -> None:
    row = ROWS[name]
    verdict = row.verdict(parse_version(target))
    confidence = row.confidence or "high"
    findings = _found(example, target)
    if not verdict:
        assert findings == []
        return
    (finding,) = findings
    assert finding.code == RULES[verdict]
    assert finding.confidence.value == confidence
    assert finding.guard is None
    assert "{" not in finding.symbol
    assert "{" not in finding.message
    assert finding.symbol.split("(")[0] in {name.split("(")[0], row.symbol.split("(")[0], *row.functions}
    if verdict == "changed" and row.level is None:
        assert (finding.level is Level.ERROR) == (row.raises is not None)


@pytest.mark.parametrize("name", ROWS)
def test_the_examples_call_every_function(name: str) -> None:
    row = ROWS[name]
    missing = {function.rpartition(".")[2] for function in row.functions}
    missing -= {function for function in missing for example in row.examples if function in example}
    assert missing == set()


@pytest.mark.parametrize(
    ("name", "program"), [(name, program) for name, row in ROWS.items() for program in row.silent], ids=str
)
def test_the_nearest_to_an_example_is_silent(name: str, program: str) -> None:
    for target in TARGETS:
        assert _found(program, target) == []


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('removed = "3.9"', "row 'a.b(c)' has an unknown key 'removed'; did you mean 'removed_in'?"),
        ('removed_in = "3"', "row 'a.b(c)': 'removed_in' must be a Python version such as \"3.14\", not '3'"),
        ('removed_in = "future"', "'removed_in' must be a Python version"),
        ('deprecated_in = "3.9"\ngoes_in = "soon"\nwhat = "w"', "or \"future\", not 'soon'"),
        ('position = "1"', "row 'a.b(c)': 'position' must be of type int | None, not '1'"),
        ("position = true", "row 'a.b(c)': 'position' must be of type int | None, not True"),
        ("member = 1", "row 'a.b(c)': 'member' must be of type bool, not 1"),
        ('now = "n"\nwas = "w"', "row 'a.b(c)' needs 'removed_in', 'changed_in' or 'deprecated_in'"),
        ('removed_in = "3.9"\nnow = "n"', "row 'a.b(c)' needs 'now' and 'was'"),
        ('deprecated_in = "3.9"\ngoes_in = "future"', "row 'a.b(c)' needs 'what'"),
        ('deprecated_in = "3.9"\nwhat = "w"\nmatches = "a"', "row 'a.b(c)' needs 'keywords' or 'position'"),
        ('deprecated_in = "3.9"\nwhat = "w"\nposition = 0\nmatches = "("', "'matches', which is no regular expression"),
        ('deprecated_in = "3.9"\nwhat = "w"\nlevel = "bad"', "'level' = 'bad', which must be one of 'note'"),
        ('deprecated_in = "3.9"\nwhat = "w"\nraises = "Oops"', "'raises' = 'Oops', which must be one of 'TypeError'"),
        ('deprecated_in = "3.9"\nwhat = "w"\nwhere = "action"', "'where' = 'action', which must be a keyword"),
    ],
)
def test_a_broken_row_is_named(row: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = '["a.b(c)"]\nfunctions = ["a.b"]\ninstead = "i"\nurl = "u"\nexamples = []\n'
    (tmp_path / "calls.toml").write_text(sound + row, encoding="utf-8")
    monkeypatch.setattr("py314_check.facts.get_data", lambda package, file: (tmp_path / file).read_bytes())
    with pytest.raises(FactError, match=r"calls\.toml") as error:
        read_rows("a.package", "calls.toml")
    assert message in str(error.value)


def test_the_table_is_without_contradictions() -> None:
    assert read_rows("py314_rules.facts", "calls.toml") == ROWS


# The interpreters of this machine


def _before(version: str) -> str:
    major, minor = parse_version(version)
    return f"{major}.{minor - 1}"


def _python(version: str) -> str:
    python = interpreters().get(version)
    if python is None:
        pytest.skip(f"no CPython {version} on this machine")
    return python


def _run(version: str, program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / version).mkdir()
    command = [_python(version), "-I", "-B", "-W", "always::DeprecationWarning", "-c", program]
    return subprocess.run(command, cwd=folder / version, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def _cases(*keys: str) -> list[object]:
    return [
        pytest.param(name, example, id=identity)
        for (name, example), identity in zip(EXAMPLES, _IDS, strict=True)
        if any(getattr(ROWS[name], key) for key in keys)
    ]


@pytest.mark.parametrize(("name", "example"), _cases("removed_in", "changed_in"))
def test_interpreters_fail_or_differ_from_that_version_on(name: str, example: str, tmp_path: Path) -> None:
    row = ROWS[name]
    version = row.removed_in or row.changed_in
    assert version is not None
    now = _run(version, example, tmp_path)
    then = _run(_before(version), example, tmp_path)
    assert then.returncode == 0, then.stderr
    if row.raises is None:
        assert now.returncode == 0, now.stderr
        assert now.stdout != then.stdout
    else:
        assert now.returncode == 1
        raised = "" if row.raises == "Exception" else f"{row.raises}:"
        assert f"\n{raised}" in now.stderr


@pytest.mark.parametrize(("name", "example"), _cases("deprecated_in"))
def test_interpreters_warn_where_it_is_said(name: str, example: str, tmp_path: Path) -> None:
    row = ROWS[name]
    last = row.removed_in or row.changed_in
    version = row.warns_in or row.deprecated_in
    assert version is not None
    if parse_version(version) < (3, 8):  # older than the interpreters that one still has
        version = _before(last) if last is not None else "3.8"
    run = _run(version, example, tmp_path)
    assert run.returncode == 0, run.stderr
    assert ("DeprecationWarning" in run.stderr) == (row.warns_in is not None)


# The test of a file's outline


def _given(*keywords: str) -> Row:
    return Row(("m.f",), "", "", (), keywords=keywords, position=2)


@pytest.mark.parametrize(
    ("source", "may"),
    [
        ("f(a, b, c)", True),
        ("f(a, b)", False),
        ("f(a, b,)", False),
        ("f(a, (b, c))", False),
        ("f(a, [b, c], {d: e})", True),
        ("f(a, 'b, c')", False),
        ("f(a, 'b', c)", True),
        ("f(a, b'it\\'s, c')", False),
        ('f(a, """b, " c""")', False),
        ("f(a, b # , c, d\n)", False),
        ("f(a,  # (\n  b,\n  c)", True),
        ("f (a, b, c)", True),
        ("f \\\n (a, b, c)", True),
        ("f(a, *b)", False),
        ("f(*a, b, c)", False),
        ("f(k=1)", True),
        ("f(a, k = 1)", True),
        ("f(a, k == 1)", False),
        ("f(a, other=1)", False),
        ("f(a, **k)", False),
        ("def f(a, b, c): pass", False),
        ("class f(a, b, c): pass", False),
        ("from m import f", False),
        ("from m import f as g", False),
        ("from m import f as g\ng(k=1)", True),
        ("from m import f as g\ng(a)", False),
        ("g = m.f\ng(a, b, c)", True),
        ("g = x if y else m . f\ng(k=1)", True),
        ("g = m.f if y else x\ng(k=1)", True),
        ("g = m.f\nh = x or g\nh(k=1)", True),
        ("g, h = m.e, m.f\nh(k=1)", True),
        ("g = x(y=1) or m.f\ng(k=1)", True),
        ("x(g=m.f)\ng(k=1)", False),
        ("g = m.f\ng(a)", False),
        ("g(k=f, j=1)", False),
        ("getattr(m, 'f')(a, b, c)", True),
        ("if f: pass", False),
        ("ff(a, b, c)", False),
    ],
)
def test_what_a_file_may_call(source: str, may: bool) -> None:
    assert may_call(Outline(source.encode()), "f", _given("k").may_hold) is may
