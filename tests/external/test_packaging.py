"""What users install: the wheel and an editable install hold the engine and the built-in rules."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.external
def test_the_wheel_holds_the_rules(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(tmp_path), str(ROOT)]
    build = subprocess.run(command, capture_output=True, text=True, check=False)
    if build.returncode and "hatchling" in build.stderr:
        pytest.skip("the build backend cannot be fetched: no package index")
    if "No module named pip" in build.stderr:
        pytest.skip("this environment has no pip")
    assert build.returncode == 0, build.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for package in ("src/py314_check", "rules/py314_rules"):
        for file in (ROOT / package).rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                assert file.relative_to(ROOT / package).as_posix() in {
                    name.partition("/")[2] for name in names if name.startswith(Path(package).name + "/")
                }
    assert "py314_check/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_pack_is_found_like_any_other() -> None:
    assert [entry.value for entry in entry_points(group="py314_check.rules") if entry.name == "builtin"] == [
        "py314_rules"
    ]
