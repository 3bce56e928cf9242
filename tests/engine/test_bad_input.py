"""Whatever a file holds: a clear message, no exception, and no other file's findings lost."""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

import pytest
from helpers.scanning import scan_source
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from py314_check import scan, stamps
from py314_check.model import Report
from py314_check.run import Options, check
from py314_check.scan import MAX_BYTES
from py314_check.stamps import Stamp

NESTED = 3000
DEEP = 500  # libcst takes a time that grows with the square of such a depth
UNPARSABLE = {
    "Python 2 print": (b"import cgi\nprint 'x'\n", (2, 7), "unexpected `'x'`"),
    "Python 2 exec": (b"import cgi\nexec 'x'\n", (2, 6), "unexpected"),
    "Python 2 octal": (b"import cgi\nx = 1\ny = 0777\n", (3, 1), "leading zeros"),
    "Python 2 backticks": (b"import cgi\nx = `1`\n", (2, 1), "not a valid character"),
    "an error behind a very long word": (b"import cgi\n" + b"a" * 200_000 + b" b\n", (2, 200_002), "unexpected `b`"),
    "an unclosed bracket": (b"import cgi\nf(\n", (3, 1), "the file ends too early"),
    "an unclosed string": (b"import cgi\n\nx = 'abc\ny = 1\n", (3, 1), "unterminated string"),
    "a stray indent": (b"import cgi\n  x = 1\n", (2, 3), "unexpected indentation"),
    "an unmatched bracket": (b"import cgi\nx = 1\ny = 2)\n", (3, 1), "unmatched ')'"),
    "a NUL byte": (b"import cgi\nx = 1 \0\n", (2, 7), "NUL bytes"),
    "a bogus cookie": (b"# coding: klingon\nimport cgi\n", (1, 1), "'klingon' is unknown"),
    "a cookie that is no text encoding": (b"# coding: hex\nimport cgi\n", (1, 1), "not a text encoding"),
    "a cookie against the byte order mark": (b"\xef\xbb\xbf# coding: latin-1\nimport cgi\n", (1, 1), "byte order mark"),
    "latin-1 without a cookie": (b"import cgi\nx = '\xe9'\n", (2, 6), "0xe9 is not valid utf-8"),
    "UTF-16": ("import cgi\n".encode("utf-16-le"), (1, 2), "NUL bytes"),
    "bytes that are no text": (b"\xff\xfeimport cgi\n", (1, 1), "0xff"),
    "brackets nested too deeply": (
        b"import cgi\nx = " + b"(" * NESTED + b")" * NESTED + b"\n",
        (2, 205),
        "nested too deeply",
    ),
    "blocks nested too deeply": (
        b"import cgi\n" + b"".join(b" " * i + b"if x:\n" for i in range(NESTED)) + b" " * NESTED + b"pass\n",
        (102, 101),
        "indentation",
    ),
}
PARSABLE = {
    "a byte order mark": b"\xef\xbb\xbfimport cgi\n",
    "a byte order mark and its cookie": b"\xef\xbb\xbf# coding: utf-8\nimport cgi\n",
    "latin-1 with a cookie": b"# -*- coding: latin-1 -*-\nimport cgi  # \xe9\n",
    "a cookie on the second line": b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nimport cgi  # \x80\n",
    "CRLF": b"import cgi\r\nx = 1\r\n",
    "lone CR": b"x = 1\rimport cgi\r",
    "mixed line ends": b"x = 1\r\ny = 2\rimport cgi\n",
    "form feeds": b"\x0c\nx = 1\n\x0cimport cgi\n",
    "no newline at the end": b"import cgi",
    "a backslash at the end of a comment": b"# \\\nimport cgi\n",
    "deep unary operators": b"import cgi\nx = " + b"not " * NESTED + b"y\n",
    "deep attributes": b"import cgi\nx = a" + b".b" * DEEP + b"\n",
    "deep calls": b"import cgi\nx = a" + b"()" * DEEP + b"\n",
    "a long sum": b"import cgi\nx = 1" + b" + 1" * DEEP + b"\n",
    "a long elif chain": b"import cgi\nif a: pass\n" + b"elif b: pass\n" * NESTED,
    "nested conditional expressions": b"import cgi\nx = " + b"1 if a else " * DEEP + b"2\n",
    "many brackets, none deep": b"import cgi\nx = " + b"([{}])," * NESTED + b"\n",
    "brackets in strings and comments": b"import cgi\nx = '" + b"(" * NESTED + b"'  # " + b"[" * NESTED + b"\n",
    "brackets in a long string": b'import cgi\nx = """' + b"(\n" * NESTED + b'"""\n',
    "deep code around the import": b"if a: pass\n" + b"elif not " + b"not " * 500 + b"b: import cgi\n",
}


@pytest.mark.parametrize("data", PARSABLE.values(), ids=PARSABLE)
def test_parsed_and_reported(data: bytes) -> None:
    result = scan_source(data, codes="RMV")
    if result.not_analysed:  # a limit of CPython 3.12 that no setting moves
        assert sys.version_info[:2] == (3, 12)
        assert "nested too deeply" in result.notifications[0].message
    else:
        assert [one.symbol for one in result.findings] == ["cgi"]


@pytest.mark.parametrize(("data", "place", "says"), UNPARSABLE.values(), ids=UNPARSABLE)
def test_not_parsable(data: bytes, place: tuple[int, int], says: str) -> None:
    result = scan_source(data, word_test=False)
    (finding,) = result.findings
    (note,) = result.notifications
    assert finding.code == "SYN001"
    assert says in finding.message
    assert finding.message in note.message
    assert (note.kind, note.place) == ("parse-error", finding.place)
    assert (finding.place.line, finding.place.column) == place


def test_an_empty_file_is_nothing() -> None:
    assert scan_source(b"").findings == ()
    assert scan_source(b"", word_test=False).findings == ()


def test_what_cannot_be_parsed_is_not_silent_when_the_rule_is_off() -> None:
    result = scan_source(b"import cgi\nprint 'x'\n", codes="RMV")
    assert result.findings == ()
    assert [note.kind for note in result.notifications] == ["parse-error"]


def _check(root: Path, **options: object) -> tuple[Report, list[str]]:
    warnings: list[str] = []
    (root / ".git").mkdir(exist_ok=True)
    return check(Options(paths=(root,), jobs=1, **options), warn=warnings.append), warnings  # type: ignore[arg-type]


def _paths(report: Report, code: str = "RMV001") -> list[str]:
    return [one.path for one in report.findings if one.code == code]


def test_a_huge_file_is_named_as_not_analysed(tmp_path: Path) -> None:
    (tmp_path / "huge.py").write_bytes(b"import cgi\n" + b"x = 1\n" * (50_000_000 // 6))
    (tmp_path / "data.py").write_bytes(b"x = 1\n" * (MAX_BYTES // 6 + 1))
    (tmp_path / "small.py").write_text("import cgi\n")
    report, _ = _check(tmp_path)
    assert _paths(report) == ["small.py"]
    assert [(note.path, note.kind) for note in report.notifications] == [("huge.py", "not-analysed")]
    assert report.summary.not_analysed == 1


def test_an_unreadable_file_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "locked.py").write_text("import cgi\n")
    (tmp_path / "open.py").write_text("import cgi\n")

    def read_file(path: str) -> tuple[Stamp | None, bytes]:
        if path.endswith("locked.py"):
            raise PermissionError(13, "Permission denied")
        return stamps.read_file(path)

    monkeypatch.setattr(scan, "read_file", read_file)  # permission bits do not bind root
    report, _ = _check(tmp_path)
    assert _paths(report) == ["open.py"]
    assert _paths(report, "SYN001") == ["locked.py"]
    assert "cannot be read: Permission denied" in report.findings[0].message


def test_a_directory_named_like_a_module(tmp_path: Path) -> None:
    (tmp_path / "x.py").mkdir()
    (tmp_path / "x.py" / "a.py").write_text("import cgi\n")
    assert _paths(_check(tmp_path)[0]) == ["x.py/a.py"]


def test_bad_lines_in_gitignore(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_bytes(b"!\nskip.py\n\xff\xfe\n")
    (tmp_path / "skip.py").write_text("import cgi\n")
    (tmp_path / "a.py").write_text("import cgi\n")
    report, warnings = _check(tmp_path)
    assert _paths(report) == ["a.py"]
    assert any(".gitignore" in warning and "1" in warning for warning in warnings)


def test_a_pyproject_that_is_not_toml(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project\nname = 'x'\n")
    (tmp_path / "a.py").write_text("import cgi\n")
    report, warnings = _check(tmp_path)
    assert _paths(report) == ["a.py"]
    (finding,) = [one for one in report.findings if one.code == "SYN001"]
    assert finding.path == "pyproject.toml"
    assert "not TOML" in finding.message
    assert finding.place.line == 1
    assert any("pyproject.toml" in warning for warning in warnings)


def test_file_names_of_all_sorts(tmp_path: Path) -> None:
    names = ["a b.py", "per%cent.py", "ha#sh.py", 'quo"te.py', "new\nline.py", "日本.py", os.fsdecode(b"\xff.py")]
    for name in names:
        (tmp_path / name).write_text("import cgi\n")
    assert sorted(_paths(_check(tmp_path)[0])) == sorted(names)


def test_a_rule_that_fails_costs_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from py314_rules.removed.removed_module import RemovedModule

    check_one = RemovedModule.visit_ImportFrom

    def visit(self: RemovedModule, node: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(RemovedModule, "visit_ImportFrom", visit)
    (tmp_path / "a.py").write_text("import cgi\n")
    (tmp_path / "b.py").write_text("from cgi import escape\n")
    report, _ = _check(tmp_path)
    assert check_one is not visit
    assert _paths(report) == ["a.py"]
    assert "RuntimeError('a defect')" in report.notifications[0].message


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=300))
def test_random_bytes_never_escape_as_an_exception(data: bytes) -> None:
    for path in ("m.py", "pyproject.toml", "setup.cfg"):
        result = scan_source(b"import cgi\n" + data, path=path, word_test=False)
        assert not result.not_analysed


SOURCE = (
    (Path(__file__).parent.parent / "fixtures" / "RMV001" / "guarded.py").read_text()
    + '''
def f(a, *b, c: int = 1, **d) -> None:
    """Doc."""
    for x in [y for y in a if y]:
        with open(x) as g, h:
            lambda: (yield)
    return {**d, "é": f"{x!r:>{c}}"}  # py314: ignore
'''
)


@settings(max_examples=120, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 6))
def test_mutated_source_never_escapes_as_an_exception(chance: random.Random, times: int) -> None:
    text = list(SOURCE)
    for _ in range(times):
        start = chance.randrange(len(text))
        what = chance.choice(["", "(", "'", '"""', "\\", "\n", "\t", "\0", "\f", "if ", ":", "#", "é", "\r", "import "])
        text[start : start + chance.randrange(8)] = what
    assert not scan_source("".join(text).encode(), word_test=False).not_analysed
