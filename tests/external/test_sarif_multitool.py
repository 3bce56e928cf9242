"""Our SARIF under Microsoft's validator with the GitHub rules on.

``SARIF_MULTITOOL`` names the program, or ``SARIF_MULTITOOL_HOME`` the directory in which
``npm install @microsoft/sarif-multitool-linux`` was run.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from helpers.reports import make_finding, make_full_report, make_report

from py314_check.model import Place, Report
from py314_check.reporters.sarif import render

pytestmark = pytest.mark.external

CONFIGURATION = Path(__file__).parents[1] / "data" / "ghas.xml"
WANTED_BUT_NOT_BY_US = {
    ("SARIF2002", "note"),  # message identifiers, which GitHub's own GH1007 forbids
    ("SARIF2003", "note"),  # the revision under version control, which differs from run to run
}


@pytest.fixture(scope="module")
def multitool() -> Path:
    program, home = os.environ.get("SARIF_MULTITOOL"), os.environ.get("SARIF_MULTITOOL_HOME")
    if program:
        return Path(program)
    if home:
        return Path(home, "node_modules", "@microsoft", "sarif-multitool-linux", "Sarif.Multitool")
    pytest.skip("no SARIF Multitool: set SARIF_MULTITOOL or SARIF_MULTITOOL_HOME")


def validate(multitool: Path, directory: Path, text: str) -> Counter[tuple[str, str]]:
    """How often the validator names each (rule, level) in a log. Its exit status says nothing, its own log does."""
    log, verdict = directory / "log.sarif", directory / "verdict.sarif"
    log.write_text(text, encoding="utf-8")
    options = [
        *("--rule-kind", "Sarif;Ghas"),
        *("--config", str(CONFIGURATION)),
        *("--level", "Error;Warning;Note"),
        *("--kind", "Fail"),
        *("--output", str(verdict)),
        *("--log", "ForceOverwrite"),
        "--quiet",
    ]
    environment = {**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
    done = subprocess.run(
        [str(multitool), "validate", str(log), *options], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (run,) = json.loads(verdict.read_text(encoding="utf-8-sig"))["runs"]
    for invocation in run["invocations"]:
        assert invocation["executionSuccessful"]
        for kind in ("toolConfigurationNotifications", "toolExecutionNotifications"):
            assert [each for each in invocation.get(kind, []) if each.get("level") == "error"] == []
    return Counter((result["ruleId"], result.get("level", "warning")) for result in run["results"])


@pytest.mark.parametrize(
    "report", [pytest.param(make_full_report(), id="everything"), pytest.param(make_report(), id="a clean run")]
)
def test_the_validator_finds_nothing(multitool: Path, tmp_path: Path, report: Report) -> None:
    named = validate(multitool, tmp_path, render(report))
    assert {each: count for each, count in named.items() if each not in WANTED_BUT_NOT_BY_US} == {}


def test_where_lines_are_unknown_or_there_are_no_others_it_only_wants_more_of_them(
    multitool: Path, tmp_path: Path
) -> None:
    unknown, whole, empty = (), ("import cgi",), ("",)
    findings = (
        make_finding(source=unknown),
        make_finding(source=whole, place=Place(1, 1, 1, 11)),
        make_finding(source=empty, place=Place()),
    )
    named = validate(multitool, tmp_path, render(make_report(*findings)))
    assert set(named) - WANTED_BUT_NOT_BY_US == {("SARIF2010", "note"), ("SARIF2011", "note")}


def test_a_file_outside_the_root_only_lacks_a_checkout_path(multitool: Path, tmp_path: Path) -> None:
    named = validate(multitool, tmp_path, render(make_report(make_finding(path="/o p/a.py"))))
    assert set(named) - WANTED_BUT_NOT_BY_US == {("GH1006", "error"), ("SARIF2016", "note")}


def test_the_validator_and_its_github_rules_are_awake(multitool: Path, tmp_path: Path) -> None:
    log: Any = json.loads(render(make_full_report()))
    (run,) = log["runs"]
    del run["tool"]["driver"]["rules"][0]["help"]
    run["results"][0]["locations"][0]["physicalLocation"]["region"]["endColumn"] = 1
    named = validate(multitool, tmp_path, json.dumps(log))
    assert ("GH2012", "error") in named
    assert ("SARIF1007", "error") in named
