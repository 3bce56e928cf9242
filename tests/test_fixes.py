"""Fixes at work: on files, from the command line, by patch, and on programs that are run."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.fixing import fixed
from helpers.interpreters import interpreters
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from py314_check import fixes
from py314_check.fixes import apply
from py314_check.languages.changes import offsets
from py314_check.model import Applicability, Edit, Fix, Leftover, Place
from py314_check.run import Options, check
from py314_check.source import SourceFile, decode_python

BEFORE = b"import pipes\nprint(pipes.quote('a b'))\nimport time\nprint(time.clock)\n"
AFTER = b"import shlex\nprint(shlex.quote('a b'))\nimport time\nprint(time.clock)\n"


def run(*args: str, cwd: Path, stdin: bytes = b"") -> tuple[int, bytes, str]:
    done = subprocess.run(
        [sys.executable, "-m", "py314_check", "--no-cache", *args],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr.decode()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "p"\nversion = "1"\nrequires-python = ">=3.10"\n')
    (tmp_path / "a.py").write_bytes(BEFORE)
    return tmp_path


# The command line.


def test_fix_writes_what_is_safe_and_reports_the_rest(project: Path) -> None:
    status, out, err = run("--fix", "--output-format", "json", "--isolated", cwd=project)
    assert (project / "a.py").read_bytes() == AFTER
    assert [one["symbol"] for one in json.loads(out)["findings"]] == ["time.clock"]
    assert status == 1
    assert err == "Fixed 1 finding in 1 file; --unsafe-fixes could fix 1 more.\n"


def test_unsafe_fixes_by_configuration(project: Path) -> None:
    with (project / "pyproject.toml").open("a") as file:
        file.write("[tool.py314-check]\nunsafe-fixes = true\nfix = true\n")
    status, _, err = run(cwd=project)
    assert status == 0
    assert err == "Fixed 2 findings in 1 file.\n"
    assert b"time.perf_counter" in (project / "a.py").read_bytes()
    assert run("--no-fix", cwd=project)[2] == ""


def test_diff_changes_nothing(project: Path) -> None:
    status, out, err = run("--diff", "--fix", cwd=project)
    assert status == 1
    assert out.startswith(b"--- a.py\n+++ a.py\n@@ -1,4 +1,4 @@\n-import pipes\n")
    assert err.startswith("Would fix 1 finding in 1 file;")
    assert (project / "a.py").read_bytes() == BEFORE
    (project / "a.py").write_bytes(AFTER)
    assert run("--diff", cwd=project)[:2] == (0, b"")


def test_standard_input_comes_out_fixed(project: Path) -> None:
    status, out, err = run("--fix", "--stdin-filename", "a.py", "-", cwd=project, stdin=BEFORE)
    assert (status, out) == (1, AFTER)
    assert "time.clock" in err
    assert run("--fix", "-", cwd=project, stdin=b"x = 1\n")[1] == b"x = 1\n"
    assert (project / "a.py").read_bytes() == BEFORE


@pytest.mark.parametrize("option", [("--ignore", "RMV001"), ("--level", "error", "--ignore", "RMV001,RMV002")])
def test_only_what_is_reported_is_fixed(option: tuple[str, ...], project: Path) -> None:
    assert (
        run("--fix", *option, cwd=project)[2] == "Fixed 0 findings in 0 files.\n"
        or (project / "a.py").read_bytes() == BEFORE
    )


def test_what_a_comment_suppresses_is_not_fixed(project: Path) -> None:
    code = BEFORE.replace(b"pipes\n", b"pipes  # py314: ignore[RMV001]\n", 1)
    (project / "a.py").write_bytes(code)
    run("--fix", cwd=project)
    assert (project / "a.py").read_bytes() == code


@pytest.mark.skipif(shutil.which("patch") is None, reason="there is no patch")
@pytest.mark.parametrize(
    "text", [BEFORE, BEFORE.replace(b"\n", b"\r\n"), BEFORE.rstrip(b"\n"), b"\xef\xbb\xbf" + BEFORE]
)
def test_the_diff_as_a_patch_is_the_fix(text: bytes, project: Path) -> None:
    (project / "a.py").write_bytes(text)
    (project / "b c").mkdir()
    (project / "b c" / "d.py").write_bytes(text)
    diff = run("--diff", "--unsafe-fixes", cwd=project)[1]
    copy = shutil.copytree(project, project.with_name(f"{project.name}-copy"))
    subprocess.run(["patch", "-p0", "--binary", "-s"], cwd=copy, input=diff, check=True)
    run("--fix", "--unsafe-fixes", ".", cwd=project)
    for name in ("a.py", "b c/d.py"):
        assert (copy / name).read_bytes() == (project / name).read_bytes() != text


# Files.


def _fix(path: Path) -> list[str]:
    return [note.message for note in check(Options(paths=(path,), fix=True, jobs=1)).notifications]


def test_mode_and_links_stay(project: Path) -> None:
    (project / "a.py").chmod(0o755)
    os.symlink("a.py", project / "link.py")
    assert _fix(project / "link.py") == []
    assert (project / "link.py").is_symlink()
    assert (project / "a.py").read_bytes() == AFTER
    assert stat.S_IMODE((project / "a.py").stat().st_mode) == 0o755
    assert sorted(path.name for path in project.iterdir()) == ["a.py", "link.py", "pyproject.toml"]


def test_a_file_that_is_read_only_is_left_alone_and_others_are_fixed(project: Path) -> None:
    (project / "b.py").write_bytes(BEFORE)
    (project / "a.py").chmod(0o444)
    report = check(Options(paths=(project,), fix=True, jobs=1))
    assert [note.message for note in report.notifications] == ["Not fixed: it is read-only."]
    assert (project / "a.py").read_bytes() == BEFORE
    assert (project / "b.py").read_bytes() == AFTER
    assert {one.symbol for one in report.findings if one.path.endswith("a.py")} == {"pipes", "time.clock"}
    assert report.fixed == 1


def test_a_file_that_changes_meanwhile_is_left_alone(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.chmod

    def change(path: str, mode: int) -> None:
        (project / "a.py").write_bytes(b"# somebody's work\n")
        real(path, mode)

    monkeypatch.setattr(os, "chmod", change)
    assert _fix(project / "a.py") == ["Not fixed: it has changed since it was read; run again."]
    assert (project / "a.py").read_bytes() == b"# somebody's work\n"
    assert sorted(path.name for path in project.iterdir()) == ["a.py", "pyproject.toml"]


def test_what_would_not_parse_is_not_written(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fixes, "apply", lambda found, source: ("(" + source.text, 1))
    assert _fix(project / "a.py") == ["Not fixed: what came out would not parse; please report it with this file."]
    assert (project / "a.py").read_bytes() == BEFORE


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (b"\xef\xbb\xbf# \xc3\xa9\nx = '\\d'\n", b"\xef\xbb\xbf# \xc3\xa9\nx = r'\\d'\n"),
        (b"# coding: latin-1\n# \xe9\nx = '\\d\xe9'\n", b"# coding: latin-1\n# \xe9\nx = r'\\d\xe9'\n"),
        ("# coding: cp932\nx = '\\d漢字'\n".encode("cp932"), "# coding: cp932\nx = r'\\d漢字'\n".encode("cp932")),
    ],
)
def test_encodings_stay(code: bytes, expected: bytes) -> None:
    assert fixed(code) == expected


def test_it_does_the_same_in_parallel_and_from_the_cache(project: Path) -> None:
    for number in range(40):
        (project / f"m{number}.py").write_bytes(BEFORE + b"# " + b"x" * 20_000)
    one, again = (check(Options(paths=(project,), diff=True, jobs=jobs, cache=True)) for jobs in (2, 1))
    assert one.changes == again.changes
    assert len(one.changes) == 41


# What holds for any fixes.

TEXT = "".join(chr(97 + index % 26) if index % 7 else "\n" for index in range(200))


@st.composite
def some_fixes(draw: st.DrawFn) -> list[Fix]:
    source = SourceFile("m.py", "python", TEXT.encode(), TEXT)
    found = []
    for _ in range(draw(st.integers(1, 6))):
        points = sorted(draw(st.lists(st.integers(0, len(TEXT)), min_size=2, max_size=6)))
        pairs = list(zip(points[::2], points[1::2], strict=False))
        edits = tuple(Edit(source.place(*pair), draw(st.sampled_from(["", "X", "YY\n"]))) for pair in pairs)
        found.append(Fix(Applicability.SAFE, "", edits))
    return found


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(some_fixes())
def test_nothing_changes_outside_the_edits(found: list[Fix]) -> None:
    source = SourceFile("m.py", "python", TEXT.encode(), TEXT)
    text, count = apply(found, source)
    assert 1 <= count <= len(found)
    touched = {index for fix in found for edit in fix.edits for index in range(*offsets(edit.place, source))}
    kept = "".join(one for index, one in enumerate(TEXT) if index not in touched)
    rest = iter(text)
    assert all(one in rest for one in kept), "what no edit covers is there, in its order"
    assert len(text) <= len(TEXT) + sum(len(edit.content) for fix in found for edit in fix.edits)


def test_an_import_goes_when_all_of_its_uses_are_taken() -> None:
    source = SourceFile("m.py", "python", b"I\na\nb\n", "I\na\nb\n")
    removal = Edit(Place(1, 1, 2, 1), "")

    def fix(line: int, taken: int) -> Fix:
        edit = Edit(Place(line, 1, line, 2), "x")
        return Fix(Applicability.SAFE, "", (edit,), (Leftover(removal, taken, 2),))

    assert apply([fix(2, 1), fix(3, 1)], source) == ("x\nx\n", 2)
    assert apply([fix(2, 1), fix(2, 1)], source)[0] == "I\nx\nb\n", "the same fix twice is one"
    assert apply([fix(2, 2), fix(3, -1)], source)[0] == "I\nx\nx\n", "another fix uses the import"


# Programs that are run.

PROGRAMS = {
    "names": """
        import collections, base64, unittest, threading, configparser, io, inspect, logging, ast
        from collections import Mapping, OrderedDict
        import imp, pipes
        print(isinstance({}, collections.Sequence), isinstance({}, Mapping), OrderedDict(a=1)["a"])
        print(base64.encodestring(b"abc"), base64.decodestring(b"YWJj"))
        parser = configparser.SafeConfigParser()
        parser.readfp(io.StringIO("[a]\\nb = 1\\n"))
        print(parser.get("a", "b"), pipes.quote("a b"))
        print(imp.new_module("m").__name__, imp.reload(inspect) is inspect)
        node = ast.parse("'x'").body[0].value
        print(isinstance(node, ast.Str), isinstance(node, ast.Num), ast.Num(n=3).n)
        class T(unittest.TestCase):
            def test(self):
                self.assertEquals(1, 1)
                self.assertRegexpMatches("abc", "b")
                self.assertRaisesRegexp(ValueError, "x", self.fail_)
                self.assert_(True)
            def fail_(self):
                raise ValueError("x")
        result = unittest.TestResult()
        suite = unittest.makeSuite(T)
        suite.run(result)
        print(result.testsRun, result.errors, result.failures)
        """,
    "calls": """
        import json, gettext, threading, shutil, typing, html.parser
        from html.parser import HTMLParser
        print(threading.activeCount(), threading.currentThread().getName())
        thread = threading.Thread()
        thread.setDaemon(True)
        print(thread.isDaemon())
        open("f.txt", "w").close()
        with open("f.txt", "rU") as file:
            print(repr(file.read()))
        print(gettext.translation("x", fallback=True, codeset="utf-8").gettext("a"))
        print("\\d", b"\\d\\n", 1if thread else 2)
        """,
}


@pytest.mark.parametrize(("name", "old"), [("names", "3.8"), ("calls", "3.8"), ("calls", "3.10")])
def test_fixed_programs_print_on_the_target_what_they_printed(name: str, old: str, tmp_path: Path) -> None:
    if {old, "3.14"} - interpreters().keys():
        pytest.skip("needs CPython 3.14 and an old one")
    import textwrap

    program = textwrap.dedent(PROGRAMS[name])
    (tmp_path / "old.py").write_text(program)
    (tmp_path / "new.py").write_text(fixed(program, target="3.14", unsafe=True))
    printed = [
        subprocess.run(
            [interpreters()[version], *flags, file], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        for version, file, flags in ((old, "old.py", ["-Wignore"]), ("3.14", "new.py", ["-Werror"]))
    ]
    assert printed[1].stderr == ""
    assert printed[0].stdout == printed[1].stdout != ""


def test_decoding_of_what_is_fixed_is_that_of_the_scan() -> None:
    assert decode_python(fixed(b"x = '\\d'\r\n")) == "x = r'\\d'\r\n"
