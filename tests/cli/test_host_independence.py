"""The same bytes whatever runs the tool: the Python, the locale, the number of jobs, the cache."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
GOLDEN = ROOT / "tests" / "data" / "legacy_app.json"


def _report(*arguments: str, **environment: str) -> bytes:
    command = [
        sys.executable,
        "-m",
        "py314_check",
        "examples/legacy_app",
        "--output-format",
        "json",
        "--show-guarded",
        *arguments,
    ]
    run = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, check=False)
    return _any_rules(run.stdout)


def _any_rules(report: bytes) -> bytes:
    """A report without the number of rules: a new rule that finds nothing in the example changes nothing."""
    return re.sub(rb'("(?:ran|all)": )\d+', rb"\g<1>0", report)


def test_the_json_of_the_example_is_the_same_on_every_python() -> None:
    """The file was written once; each Python that runs the tests writes the same bytes."""
    assert _report("--no-cache") == _any_rules(GOLDEN.read_bytes()).replace(b"\r\n", b"\n")


@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "POSIX"])
def test_the_locale_changes_nothing(locale: str) -> None:
    assert _report("--no-cache", LC_ALL=locale, LANG=locale, PYTHONUTF8="0") == _any_rules(GOLDEN.read_bytes())


def test_cold_and_warm_are_the_same(tmp_path: Path) -> None:
    runs = [hashlib.sha256(_report("--cache-dir", str(tmp_path), "--jobs", jobs)).hexdigest() for jobs in "121"]
    assert len(set(runs)) == 1
    assert json.loads(GOLDEN.read_bytes())["summary"]["errors"] > 0
