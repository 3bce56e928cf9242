"""Small programs whose behaviour was observed on real interpreters: exactly the expected findings, nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers.scanning import found

from py314_check.model import Level, Target
from py314_check.run import Options, check

PROGRAMS = json.loads((Path(__file__).parent.parent / "data" / "programs.json").read_text("utf-8"))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program["id"])
def test_program(program: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[type-arg]
    for name, code in program["files"].items():
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_bytes(code.encode())
    monkeypatch.chdir(tmp_path)
    options = Options(target=Target.parse(program["target"]), show_guarded=True, jobs=1)
    findings = check(options).findings
    if program.get("may_have_notes"):  # what warns at most, or cannot be told from the code
        findings = tuple(one for one in findings if one.level is not Level.NOTE)
    reported = [[one.path, one.place.line, one.symbol, one.guard is not None] for one in findings]
    assert sorted(reported) == program["expected"]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program["id"])
def test_the_word_test_loses_nothing(program: dict) -> None:  # type: ignore[type-arg]
    for code in (code for name, code in program["files"].items() if name.endswith(".py")):
        findings = [
            [(one.code, one.place) for one in found(code, target=program["target"], word_test=word_test)]  # type: ignore[arg-type]
            for word_test in (True, False)
        ]
        assert findings[0] == findings[1]
