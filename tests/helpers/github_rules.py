"""What GitHub code scanning asks of a SARIF log beyond the schema of SARIF itself."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

_Object = dict[str, Any]

_LEVELS = {"note", "warning", "error"}
_URI_PATH = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-F]{2})+")
_LINE_HASH = re.compile(r"[0-9a-f]{1,16}:[1-9][0-9]*")
_SEMANTIC_VERSION = re.compile(r"\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")


def assert_github_ingestible(log: _Object) -> None:
    """Fails if GitHub would refuse the log, drop a part of it, or show it at the wrong place."""
    assert log["$schema"]
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "py314-check"
    assert _SEMANTIC_VERSION.fullmatch(driver["semanticVersion"])
    assert run["automationDetails"]["id"].endswith("/")
    assert run["columnKind"] == "unicodeCodePoints"
    assert set(run["originalUriBaseIds"]) == {"%SRCROOT%"}
    assert "uri" not in run["originalUriBaseIds"]["%SRCROOT%"]
    assert max(len(driver["rules"]), len(run["results"])) <= 25_000
    for rule in driver["rules"]:
        _assert_descriptor(rule)
        assert rule["defaultConfiguration"]["level"] in _LEVELS
        properties = rule["properties"]
        assert len(properties["tags"]) <= 10
        assert all(properties["tags"])
        assert properties["precision"] in {"very-high", "high", "medium", "low"}
        assert properties["problem.severity"] in {"error", "warning", "recommendation"}
        assert "security-severity" not in properties
    assert [rule["id"] for rule in driver["rules"]] == sorted({rule["id"] for rule in driver["rules"]})
    for descriptor in driver["notifications"]:
        _assert_descriptor(descriptor)
    (invocation,) = run["invocations"]
    for notification in invocation["toolExecutionNotifications"]:
        descriptor = notification["descriptor"]
        assert driver["notifications"][descriptor["index"]]["id"] == descriptor["id"]
        assert notification["message"]["text"].endswith(".")
        _assert_locations(notification.get("locations", []))
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in _LEVELS
        assert result["message"]["text"].endswith(".")
        assert len(result["locations"]) == 1
        assert "region" in result["locations"][0]["physicalLocation"]
        assert "suppressions" not in result
        _assert_locations(result["locations"])
        fingerprints = result.get("partialFingerprints", {"primaryLocationLineHash": "0:1"})
        assert all(fingerprints.values())
        assert _LINE_HASH.fullmatch(fingerprints.get("primaryLocationLineHash", "0:1"))
        for change in (change for fix in result.get("fixes", []) for change in fix["artifactChanges"]):
            _assert_uri(change["artifactLocation"])
            for replacement in change["replacements"]:
                _assert_region(replacement["deletedRegion"])


def _assert_descriptor(descriptor: _Object) -> None:
    assert descriptor["id"]
    assert re.fullmatch(r"[A-Z][A-Za-z0-9]{,254}", descriptor["name"])
    for key in ("shortDescription", "fullDescription"):
        assert 1 <= len(descriptor[key]["text"].strip()) <= 1024
    assert descriptor["help"]["text"].strip()
    assert all(text.strip() for text in descriptor["help"].values())


def _assert_locations(locations: list[_Object]) -> None:
    for location in locations:
        physical = location["physicalLocation"]
        _assert_uri(physical["artifactLocation"])
        if "region" in physical:
            _assert_region(physical["region"])
        if "contextRegion" in physical:
            _assert_region(physical["contextRegion"])
            outer, inner = _ends(physical["contextRegion"]), _ends(physical["region"])
            assert outer != inner
            assert outer[0] <= inner[0] <= inner[1] <= outer[1]


def _assert_uri(artifact: _Object) -> None:
    """A relative path as Git names it, or an absolute one that is not of the project."""
    uri = artifact["uri"]
    if "uriBaseId" not in artifact:
        assert uri.startswith("file:///")
        assert _URI_PATH.fullmatch(uri.removeprefix("file://"))
        return
    assert artifact["uriBaseId"] == "%SRCROOT%"
    assert _URI_PATH.fullmatch(uri)
    assert ":" not in uri.split("/")[0], "the first part would be taken for a scheme"
    assert not {"", ".", ".."}.intersection(uri.split("/"))
    unquote(uri, errors="strict")


def _assert_region(region: _Object) -> None:
    start, end = _ends(region)
    assert min(*start, *end) >= 1
    assert start <= end


def _ends(region: _Object) -> tuple[tuple[int, int], tuple[int, int]]:
    return (region["startLine"], region["startColumn"]), (region["endLine"], region["endColumn"])
