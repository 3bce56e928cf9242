"""What the rules about TypeIs say, held against the two type checkers: mypy and pyright."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import pytest
from helpers.scanning import scan_source
from py314_rules.typing.forms import GENERICS

from py314_check.fixes import apply
from py314_check.source import SourceFile

TESTS = Path(__file__).parent.parent
FIXTURES = TESTS / "fixtures"
PROBES = TESTS / "data" / "typeis" / "probes.py"
ELSEWHERE = """
class Base: ...
class Derived(Base): ...
class Thing: ...
class Tensor:
    ready: bool
"""
"""The module that fixtures import from."""

pytestmark = pytest.mark.external


def _mypy(file: Path) -> list[tuple[int, str]]:
    """The errors of mypy in a file: line and message."""
    if find_spec("mypy") is None:
        pytest.skip("mypy is not installed")
    options = ["--strict", "--no-incremental", "--python-version", "3.14", "--config-file="]
    command = [sys.executable, "-m", "mypy", *options, file.name]
    run = subprocess.run(command, cwd=file.parent, capture_output=True, text=True, check=False)
    assert run.returncode in (0, 1), run.stdout + run.stderr
    return [(int(line), text) for line, text in re.findall(r"^[^:\n]+:(\d+): error: (.*)$", run.stdout, re.MULTILINE)]


def _pyright(file: Path) -> list[tuple[int, str]]:
    """The errors of pyright in a file: line and message."""
    if find_spec("pyright") is None:
        pytest.skip("pyright is not installed")
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonversion", "3.14", file.name]
    run = subprocess.run(command, cwd=file.parent, capture_output=True, text=True, check=False)
    if run.returncode not in (0, 1):
        pytest.skip(f"pyright does not run here: {run.stderr.strip()[-200:]}")
    found = json.loads(run.stdout)["generalDiagnostics"]
    return [(one["range"]["start"]["line"] + 1, one["message"]) for one in found if one["severity"] == "error"]


CHECKERS = pytest.mark.parametrize("checker", [_mypy, _pyright], ids=["mypy", "pyright"])


def _write(folder: Path, text: str) -> Path:
    (folder / "elsewhere.py").write_text(ELSEWHERE)
    file = folder / "module.py"
    file.write_text(text)
    return file


def _fixed(text: str, codes: str) -> str:
    """A file with the fixes of some rules, on a project for Python 3.14."""
    findings = scan_source(text, codes=codes, floor=(3, 14)).findings
    fixes = [one.fix for one in findings if one.fix is not None]
    assert len(fixes) == len(findings) > 0
    return apply(fixes, SourceFile("module.py", "python", text.encode(), text))[0]


@CHECKERS
def test_both_branches_are_narrowed_as_isinstance_narrows_them(checker, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    text = PROBES.read_text("utf-8")
    before = [message for _, message in checker(_write(tmp_path, text)) if re.search("assert.type", message)]
    assert len(before) >= text.count("assert_type(") - 2, "TypeGuard narrows in one branch already"
    assert checker(_write(tmp_path, _fixed(text, "TIS"))) == []


@CHECKERS
@pytest.mark.parametrize("code", ["TIS001", "TIS002"])
def test_the_fixes_bring_no_new_errors(checker, code: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    text = (FIXTURES / code / "reported.py").read_text("utf-8")
    before = Counter(message for _, message in checker(_write(tmp_path, text)))
    after = Counter(message for _, message in checker(_write(tmp_path, _fixed(text, code))))
    assert after - before == Counter()


@CHECKERS
@pytest.mark.parametrize("name", ["reported.py", "silent.py"])
def test_inconsistent_is_what_type_checkers_reject(checker, name: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    text = (FIXTURES / "TIS003" / name).read_text("utf-8")
    rejected = {
        line
        for line, message in checker(_write(tmp_path, text))
        if "narrowed-type-not-subtype" in message or "is not consistent with value parameter" in message
    }
    lines = {number for number, line in enumerate(text.splitlines(), start=1) if "# expect: TIS003" in line}
    assert lines <= rejected
    assert name == "reported.py" or lines == set()


def test_generic_classes_want_the_arguments_of_the_table(tmp_path: Path) -> None:
    modules = sorted({name.rpartition(".")[0] for name in GENERICS})
    lines = ["from typing import Any", *(f"import {module}" for module in modules)]
    bare = [f"def bare{index}(value: {name}) -> None: ..." for index, name in enumerate(GENERICS)]
    given = [
        f"def given{index}(value: {name}[{', '.join(['Any'] * len(row.parameters))}]) -> None: ..."
        for index, (name, row) in enumerate(GENERICS.items())
    ]
    found = _mypy(_write(tmp_path, "\n".join([*lines, *bare, *given])))
    wanting = [index for index, name in enumerate(GENERICS) if name != "builtins.type"]  # mypy lets it stand alone
    assert [line for line, _ in found] == [len(lines) + 1 + index for index in wanting]
    assert all("[type-arg]" in message for _, message in found)
