"""Rules about threads: how sure they are depends on the project; the facts about the state of processes."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.scanning import found
from py314_rules.threads.process_state_swapped import STATES

from py314_check.model import Confidence, Finding, Level, Target
from py314_check.run import Options, check

COUNTER = "n = 0\n\n\ndef number():\n    global n\n    n += 1\n    return n\n"


def checked(root: Path, files: dict[str, str], target: str, path: str = "") -> list[Finding]:
    for name, text in files.items():
        (root / name).write_text(text)
    (root / ".git").mkdir()
    options = Options(paths=(root / path,), target=Target.parse(target), select=("GIL105",), jobs=1)
    return list(check(options).findings)


@pytest.mark.parametrize(
    ("files", "level", "confidence"),
    [
        ({"a.py": COUNTER}, Level.NOTE, Confidence.MEDIUM),
        ({"a.py": COUNTER, "b.py": "x = 1"}, Level.NOTE, Confidence.MEDIUM),
        ({"a.py": COUNTER, "b.py": "import threading"}, Level.WARNING, Confidence.HIGH),
        ({"a.py": "import threading\n" + COUNTER}, Level.WARNING, Confidence.HIGH),
        ({"a.py": COUNTER, "requirements.txt": "flask"}, Level.WARNING, Confidence.HIGH),
    ],
    ids=["nothing", "another file", "another file with threads", "the file", "a server"],
)
@pytest.mark.parametrize("path", ["", "a.py"])
def test_findings_count_less_where_nothing_shows_threads(
    tmp_path: Path, files: dict[str, str], level: Level, confidence: Confidence, path: str
) -> None:
    (finding,) = checked(tmp_path, files, "3.14t", path)
    assert (finding.level, finding.confidence) == (level, confidence)


def test_for_a_build_with_the_gil_they_are_notes(tmp_path: Path) -> None:
    (finding,) = checked(tmp_path, {"a.py": "import threading\n" + COUNTER}, "3.14")
    assert (finding.level, finding.confidence) == (Level.NOTE, Confidence.HIGH)


@pytest.mark.parametrize("name", STATES)
def test_every_row_of_process_state_fires(name: str) -> None:
    module, _, word = name.rpartition(".")
    how = STATES[name].how
    change = {"set": f"{name} = ", "call": f"{name}(", "with": f"with {name}("}[how]
    closing = {"set": "", "call": ")", "with": "): pass"}[how]
    program = (
        f"import threading\nimport {module}\n\ndef run(new, old):\n    {change}new{closing}\n"
        f"    try:\n        run(1, 2)\n    finally:\n        {'pass' if how == 'with' else change + 'old' + closing}\n"
    )
    assert [one.symbol for one in found(program, codes="GIL107")] == [name]
    if how != "set":
        renamed = program.replace(f"import {module}\n", f"from {module} import {word} as it\n").replace(name, "it")
        assert [one.symbol for one in found(renamed, codes="GIL107")] == [name]
