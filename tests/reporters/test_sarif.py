from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest
from helpers.github_rules import assert_github_ingestible
from helpers.reports import make_finding, make_fix, make_full_report, make_report, make_rule, patiently, reports
from hypothesis import given

from py314_check.model import Finding, Level, Notification, Place, Report
from py314_check.reporters import sarif
from py314_check.reporters.sarif import render

SCHEMA = json.loads((Path(__file__).parents[1] / "data" / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())


def log_of(report: Report) -> dict[str, Any]:
    text = render(report)
    assert text.endswith("}\n")
    log: dict[str, Any] = json.loads(text.encode("utf-8"))
    VALIDATOR.validate(log)
    return log


def run_of(report: Report) -> dict[str, Any]:
    run: dict[str, Any] = log_of(report)["runs"][0]
    return run


def result_of(finding: Finding) -> dict[str, Any]:
    result: dict[str, Any] = run_of(make_report(finding))["results"][0]
    return result


def location_of(**changes: Any) -> dict[str, Any]:
    location: dict[str, Any] = result_of(make_finding(**changes))["locations"][0]["physicalLocation"]
    return location


@patiently
@given(reports)
def test_any_report_is_valid_and_taken_by_github(report: Report) -> None:
    assert_github_ingestible(log_of(report))


def test_a_report_with_everything_is_valid_and_taken_by_github() -> None:
    assert_github_ingestible(log_of(make_full_report()))


def test_the_same_report_gives_the_same_bytes() -> None:
    assert render(make_full_report()) == render(make_full_report())


def test_a_clean_run_has_empty_results() -> None:
    run = run_of(make_report())
    assert run["results"] == []
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 0, "toolExecutionNotifications": []}]


def test_all_rules_are_listed_and_sorted_although_none_fired() -> None:
    rules = run_of(make_report(rules=(make_rule(), make_rule(code="CHG001"))))["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["CHG001", "RMV001"]


def test_a_rule_is_described_in_full() -> None:
    (rule,) = run_of(make_report(rules=(make_rule(),)))["tool"]["driver"]["rules"]
    documentation = make_rule().documentation
    assert rule == {
        "id": "RMV001",
        "name": "RemovedModule",
        "shortDescription": {"text": "A module that is gone from the standard library."},
        "fullDescription": {"text": "Finds imports of `cgi`. They fail."},
        "help": {"text": documentation, "markdown": documentation},
        "helpUri": "https://example.invalid/rules/RMV001",
        "defaultConfiguration": {"level": "error"},
        "properties": {
            "tags": ["python", "python3.14", "removed"],
            "precision": "high",
            "problem.severity": "error",
        },
    }


def test_a_rule_of_level_note_is_a_recommendation() -> None:
    (rule,) = run_of(make_report(rules=(make_rule(level=Level.NOTE),)))["tool"]["driver"]["rules"]
    assert rule["defaultConfiguration"]["level"] == "note"
    assert rule["properties"]["problem.severity"] == "recommendation"


def test_a_rule_of_an_unknown_family_and_without_a_page_is_described() -> None:
    rule = make_rule(code="XYZ001", url="", documentation="")
    log = log_of(make_report(rules=(rule,)))
    assert_github_ingestible(log)
    (described,) = log["runs"][0]["tool"]["driver"]["rules"]
    assert described["properties"]["tags"] == ["python", "python3.14"]
    assert "helpUri" not in described


def test_a_long_description_is_cut_at_a_word() -> None:
    log = log_of(make_report(rules=(make_rule(documentation="## What it does\n" + "word " * 500),)))
    assert_github_ingestible(log)
    text = log["runs"][0]["tool"]["driver"]["rules"][0]["fullDescription"]["text"]
    assert text.endswith("word …")


@pytest.mark.parametrize(
    ("version", "semantic"),
    [
        pytest.param("0.1.0", "0.1.0", id="a final version stays"),
        pytest.param("1.0.0rc1", "1.0.0-rc1", id="a candidate gets its hyphen"),
        pytest.param("1.2.3.dev4", "1.2.3-dev4", id="a development version gets its hyphen"),
    ],
)
def test_the_semantic_version(version: str, semantic: str) -> None:
    driver = run_of(make_report(version=version))["tool"]["driver"]
    assert (driver["version"], driver["semanticVersion"]) == (version, semantic)


def test_a_result_says_it_all() -> None:
    assert result_of(make_finding(fix=make_fix())) == {
        "ruleId": "RMV001",
        "ruleIndex": 2,
        "level": "error",
        "kind": "fail",
        "message": {"text": "The module `cgi` was removed in Python 3.13. Use `legacy-cgi`."},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "src/a.py", "uriBaseId": "%SRCROOT%"},
                    "region": {
                        "startLine": 3,
                        "startColumn": 8,
                        "endLine": 3,
                        "endColumn": 11,
                        "snippet": {"text": "cgi"},
                    },
                    "contextRegion": {
                        "startLine": 3,
                        "startColumn": 1,
                        "endLine": 3,
                        "endColumn": 11,
                        "snippet": {"text": "import cgi"},
                    },
                }
            }
        ],
        "partialFingerprints": {
            "primaryLocationLineHash": "39fa2ee980eb94b0:1",
            "py314Check/v1": "0123456789abcdef0123",
        },
        "fixes": [
            {
                "description": {"text": "Import `legacy_cgi`."},
                "artifactChanges": [
                    {
                        "artifactLocation": {"uri": "src/a.py", "uriBaseId": "%SRCROOT%"},
                        "replacements": [
                            {
                                "deletedRegion": {"startLine": 3, "startColumn": 8, "endLine": 3, "endColumn": 11},
                                "insertedContent": {"text": "legacy_cgi"},
                            }
                        ],
                    }
                ],
                "properties": {"applicability": "safe"},
            }
        ],
    }


def test_a_message_ends_with_one_period() -> None:
    assert result_of(make_finding(message="No period", help=""))["message"]["text"] == "No period."


def test_a_guarded_finding_is_a_note_and_says_why_once() -> None:
    result = result_of(make_finding(level=Level.ERROR, guard="It falls back."))
    assert result["level"] == "note"
    assert result["message"]["text"].endswith(" Use `legacy-cgi`. Guarded: It falls back.")
    said_already = make_finding(message="It falls back.", help="", guard="It falls back.")
    assert result_of(said_already)["message"]["text"] == "It falls back."


def test_unknown_fingerprints_and_empty_fixes_are_left_out() -> None:
    result = result_of(make_finding(line_hash="", fingerprint="", fix=replace(make_fix(), edits=())))
    assert "partialFingerprints" not in result
    assert "fixes" not in result


def test_a_finding_of_a_rule_that_is_not_listed_has_no_index() -> None:
    result = result_of(make_finding(code="XYZ001"))
    assert result["ruleId"] == "XYZ001"
    assert "ruleIndex" not in result


@pytest.mark.parametrize(
    ("path", "artifact"),
    [
        pytest.param("src/a.py", {"uri": "src/a.py", "uriBaseId": "%SRCROOT%"}, id="a plain path stays"),
        pytest.param("./src//a.py", {"uri": "src/a.py", "uriBaseId": "%SRCROOT%"}, id="no leading dot"),
        pytest.param("a b#c?d%e.py", {"uri": "a%20b%23c%3Fd%25e.py", "uriBaseId": "%SRCROOT%"}, id="reserved signs"),
        pytest.param("é\n.py", {"uri": "%C3%A9%0A.py", "uriBaseId": "%SRCROOT%"}, id="not ASCII, and a line end"),
        pytest.param("a\\b.py", {"uri": "a%5Cb.py", "uriBaseId": "%SRCROOT%"}, id="a backslash in a name"),
        pytest.param("ab:c.py", {"uri": "ab%3Ac.py", "uriBaseId": "%SRCROOT%"}, id="a colon makes no scheme"),
        pytest.param("\udcff.py", {"uri": "%EF%BF%BD.py", "uriBaseId": "%SRCROOT%"}, id="a name that is not UTF-8"),
        pytest.param("../a.py", {"uri": "%2E%2E/a.py", "uriBaseId": "%SRCROOT%"}, id="never a climbing path"),
        pytest.param("/o p/a.py", {"uri": "file:///o%20p/a.py"}, id="an absolute path"),
        pytest.param("C:/o p/a.py", {"uri": "file:///C:/o%20p/a.py"}, id="an absolute path on Windows"),
        pytest.param("//host/share/a.py", {"uri": "file:////host/share/a.py"}, id="a path on a Windows share"),
    ],
)
def test_a_path_becomes_a_uri(path: str, artifact: dict[str, str]) -> None:
    assert location_of(path=path)["artifactLocation"] == artifact


@patiently
@given(reports)
def test_a_relative_path_can_be_read_back(report: Report) -> None:
    for finding, result in zip(report.findings, run_of(report)["results"], strict=True):
        artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
        if "uriBaseId" in artifact and finding.path.isascii():
            assert unquote(artifact["uri"]) == finding.path.removeprefix("./")


def test_a_snippet_is_what_the_region_covers_and_the_context_the_whole_lines() -> None:
    location = location_of(place=Place(4, 5, 6, 2), source=("x = f(", "    1,", ")  # end"))
    assert location["region"]["snippet"]["text"] == "f(\n    1,\n)"
    assert location["contextRegion"] == {
        "startLine": 4,
        "startColumn": 1,
        "endLine": 6,
        "endColumn": 9,
        "snippet": {"text": "x = f(\n    1,\n)  # end"},
    }


def test_columns_count_code_points() -> None:
    assert location_of(place=Place(1, 4, 1, 7), source=("🐍, cgi = 1",))["region"]["snippet"]["text"] == "cgi"


def test_a_region_of_whole_lines_has_no_context() -> None:
    assert "contextRegion" not in location_of(place=Place(3, 1, 3, 11))


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"source": ()}, id="unknown source"),
        pytest.param({"source": ("import cgi", "too much")}, id="more lines than the place has"),
    ],
)
def test_without_its_lines_a_region_has_no_snippet(changes: dict[str, Any]) -> None:
    location = location_of(**changes)
    assert set(location) == {"artifactLocation", "region"}
    assert "snippet" not in location["region"]


@pytest.mark.parametrize(
    ("place", "region"),
    [
        pytest.param(Place(3, 8, 3, 8), (3, 8, 3, 8), id="an empty region stays empty"),
        pytest.param(Place(3, 8, 3, 5), (3, 8, 3, 8), id="an end before the start is moved to it"),
        pytest.param(Place(3, 8, 2, 20), (3, 8, 3, 8), id="an end line before the start line as well"),
        pytest.param(Place(0, 0, 0, 0), (1, 1, 1, 1), id="nothing before the first line and column"),
        pytest.param(Place(3, 8, 4, 1), (3, 8, 4, 1), id="an end column before the start column on a later line"),
    ],
)
def test_a_place_becomes_a_valid_region(place: Place, region: tuple[int, ...]) -> None:
    assert tuple(location_of(place=place, source=())["region"].values()) == region


def test_notifications_name_their_descriptor_and_their_place() -> None:
    run = run_of(make_full_report())
    parse_error, not_analysed, unknown = run["invocations"][0]["toolExecutionNotifications"]
    assert parse_error == {
        "level": "error",
        "descriptor": {"id": "parse-error", "index": 1},
        "message": {"text": "Could not parse src/bad.py."},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "src/bad.py", "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 1, "startColumn": 12, "endLine": 1, "endColumn": 12},
                }
            }
        ],
    }
    assert not_analysed["level"] == "warning"
    assert "region" not in not_analysed["locations"][0]["physicalLocation"]
    assert "locations" not in unknown
    assert [each["id"] for each in run["tool"]["driver"]["notifications"]] == [
        "not-analysed",
        "parse-error",
        "results-left-out",
        "some-new-kind",
    ]


def test_the_limits_are_those_of_github() -> None:
    assert (sarif._RESULTS_SHOWN, sarif._RESULTS_TAKEN) == (5_000, 25_000)


def test_more_results_than_github_takes_keep_the_worst_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "_RESULTS_SHOWN", 3)
    monkeypatch.setattr(sarif, "_RESULTS_TAKEN", 5)
    notes = [make_finding(level=Level.NOTE, message=f"Note {number}.", help="") for number in range(4)]
    guarded = make_finding(message="Guarded.", help="", guard="It copes.")
    warning = make_finding(level=Level.WARNING, message="Warning.", help="")
    error = make_finding(message="Error.", help="")
    run = run_of(make_report(notes[0], guarded, *notes[1:], warning, error))
    messages = [result["message"]["text"] for result in run["results"]]
    assert messages == ["Error.", "Warning.", "Note 0.", "Guarded. Guarded: It copes.", "Note 1."]
    (notification,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notification["descriptor"]["id"] == "results-left-out"
    assert notification["message"]["text"].startswith("2 of 7 results were left out")


def test_more_results_than_github_shows_put_the_worst_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "_RESULTS_SHOWN", 1)
    run = run_of(make_report(make_finding(level=Level.NOTE), make_finding()))
    assert [result["level"] for result in run["results"]] == ["error", "note"]
    assert run["invocations"][0]["toolExecutionNotifications"] == []


def test_a_run_that_github_shows_whole_keeps_its_order() -> None:
    results = run_of(make_report(make_finding(level=Level.NOTE), make_finding()))["results"]
    assert [result["level"] for result in results] == ["note", "error"]


def test_a_place_of_a_notification_without_a_path_is_dropped() -> None:
    run = run_of(make_report(notifications=(Notification("", "not-analysed", "Nothing.", Place()),)))
    assert "locations" not in run["invocations"][0]["toolExecutionNotifications"][0]


def _set(path: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(log: Any) -> None:
        *parents, last = path.split("/")
        for key in parents:
            log = log[int(key) if key.isdigit() else key]
        log[last] = value

    return change


_LOCATION = "runs/0/results/0/locations/0/physicalLocation"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_set("runs", []), id="no run"),
        pytest.param(_set("runs/0/tool/driver/rules/0/fullDescription/text", "x" * 1025), id="a text too long"),
        pytest.param(_set("runs/0/tool/driver/rules/0/properties/problem.severity", "x"), id="no severity of GitHub's"),
        pytest.param(_set("runs/0/tool/driver/rules/0/properties/tags", ["x"] * 11), id="too many tags"),
        pytest.param(_set("runs/0/tool/driver/rules/0/help", {"markdown": "x"}), id="help without text"),
        pytest.param(_set("runs/0/results/0/ruleIndex", 0), id="the index of another rule"),
        pytest.param(_set("runs/0/results/0/locations", []), id="no location"),
        pytest.param(_set("runs/0/results/0/message/text", "x"), id="no period"),
        pytest.param(_set(f"{_LOCATION}/artifactLocation/uri", "./a.py"), id="a leading dot"),
        pytest.param(_set(f"{_LOCATION}/artifactLocation/uri", "../a.py"), id="a climbing path"),
        pytest.param(_set(f"{_LOCATION}/artifactLocation/uri", "/a.py"), id="an absolute path"),
        pytest.param(_set(f"{_LOCATION}/artifactLocation/uri", "a b.py"), id="a blank that is not encoded"),
        pytest.param(_set(f"{_LOCATION}/artifactLocation/uri", "a\\b.py"), id="a backslash"),
        pytest.param(_set(f"{_LOCATION}/artifactLocation/uriBaseId", "OTHER"), id="an unknown base"),
        pytest.param(_set(f"{_LOCATION}/region/startColumn", 0), id="column zero"),
        pytest.param(_set(f"{_LOCATION}/region/endLine", 2), id="an end before the start"),
        pytest.param(_set(f"{_LOCATION}/region", {"startLine": 1}), id="a region without columns"),
        pytest.param(_set(f"{_LOCATION}/contextRegion/startColumn", 9), id="a context that is too small"),
        pytest.param(
            _set("runs/0/results/0/partialFingerprints/primaryLocationLineHash", "x"), id="a line hash of our own"
        ),
    ],
)
def test_our_own_check_refuses_a_broken_log(change: Callable[[dict[str, Any]], None]) -> None:
    log = log_of(make_full_report())
    broken = copy.deepcopy(log)
    change(broken)
    assert broken != log
    with pytest.raises((AssertionError, KeyError, ValueError)):
        assert_github_ingestible(broken)
