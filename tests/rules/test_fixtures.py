"""Fixtures: files and small projects whose expected findings stand in comments at the line.

``# expect: RMV001 cgi`` (in C, ``// expect:``) at the end of a line (or alone on the line before) is one finding on that
line; ``guarded`` behind it means that a guard makes it harmless; several are joined by ``;``. Every other line is a negative case. ``target: 3.15`` in the first
line of a project's or file's comments chooses the target.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from py314_check.model import Target
from py314_check.run import Options, check

FIXTURES = Path(__file__).parent.parent / "fixtures"
_EXPECT = re.compile(r"(?:[#;]|//) expect: (.+)$")
_TARGET = re.compile(r"^(?:#|//) target: (\S+)", re.MULTILINE)


def _cases() -> list[Path]:
    return sorted(
        path
        for folder in FIXTURES.iterdir()
        if folder.is_dir()
        for path in folder.iterdir()
        if not path.name.startswith(".")
    )


def _expected(file: Path, name: str) -> list[tuple[str, int, str]]:
    found = []
    for number, line in enumerate(re.split(r"\r\n|\r|\n", file.read_text("utf-8", "replace")), start=1):
        match = _EXPECT.search(line)
        if match is not None:
            at = number + 1 if line.lstrip().startswith(match[0][0]) else number
            found += [(name, at, " ".join(one.split())) for one in match[1].split(";")]
    return found


@pytest.mark.parametrize("case", _cases(), ids=lambda case: f"{case.parent.name}/{case.name}")
def test_fixture(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = case if case.is_dir() else case.parent
    files = [path for path in root.rglob("*") if path.is_file()] if case.is_dir() else [case]
    text = "\n".join(path.read_text("utf-8", "replace") for path in files)
    chosen = _TARGET.search(text)
    monkeypatch.chdir(root)
    options = Options(
        paths=(case,),
        target=Target.parse(chosen[1] if chosen else "3.14"),
        show_guarded=True,
        config_file=root / "none.toml",  # the fixture's folder is the root, not this repository
        jobs=1,
    )
    monkeypatch.setattr("py314_check.run.find_root", lambda paths, config_file: root)
    report = check(options)
    found = [
        (one.path, one.place.line, f"{one.code} {one.symbol}".strip() + (" guarded" if one.guard else ""))
        for one in report.findings
    ]
    expected = [entry for file in files for entry in _expected(file, file.relative_to(root).as_posix())]
    assert sorted(found) == sorted(expected)
