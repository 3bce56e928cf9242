"""The report as SARIF 2.1.0, as GitHub code scanning and other viewers take it.

Paths are relative to ``%SRCROOT%``, whose place is left open: the log holds no path of the machine and is the same from
run to run. All rules are listed, whether or not they fired, so that the log's rules do not differ between projects.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from textwrap import shorten
from urllib.parse import quote

from py314_check.model import (
    NOT_ANALYSED,
    PARSE_ERROR,
    Confidence,
    Finding,
    Fix,
    Level,
    Notification,
    Place,
    Report,
    RuleInfo,
)

_Object = dict[str, object]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_INFORMATION_URI = "https://github.com/py314-check/py314-check"
_ROOT = "%SRCROOT%"

# GitHub refuses a run of more results than the second number, and shows no more than the first.
_RESULTS_SHOWN = 5_000
_RESULTS_TAKEN = 25_000
_DESCRIPTION_LENGTH = 1024

_SEVERITIES = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "recommendation"}
_PRECISIONS = {Confidence.HIGH: "high", Confidence.MEDIUM: "medium", Confidence.LOW: "low"}
_FAMILIES = {
    "SYN": "syntax",
    "RMV": "removed",
    "CHG": "changed",
    "DPR": "deprecated",
    "GIL": "free-threading",
    "EXT": "native",
    "TIS": "typing",
    "PRJ": "packaging",
    "JIT": "jit",
}

_LEFT_OUT = "results-left-out"
_NOTIFICATIONS = {
    NOT_ANALYSED: (
        "A file was not analysed.",
        "The file was left out of the analysis, so it may hold problems that this log does not show.",
        "Read the message for the reason, and check the file by other means.",
    ),
    PARSE_ERROR: (
        "A file could not be parsed.",
        "The file is not valid source, so no rule but the one for syntax errors looked at it.",
        "Mend the syntax error at the place named, or exclude the file.",
    ),
    _LEFT_OUT: (
        "Results were left out of this log.",
        f"GitHub takes no more than {_RESULTS_TAKEN:,} results of one run, so the least severe ones were left out.",
        "Mend or suppress findings, narrow the selection of rules, or use the JSON format, which leaves nothing out.",
    ),
}
"""For every kind of notification that we know: what it says, what that means, and what to do."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_DRIVE = re.compile("[A-Za-z]:/")


def render(report: Report) -> str:
    """One log of one run. What is no Unicode (a surrogate, from a file name that is not UTF-8) becomes U+FFFD."""
    rules = sorted(report.rules, key=lambda rule: rule.code)
    rule_indices = {rule.code: index for index, rule in enumerate(rules)}
    findings, notifications = _within_limits(report)
    kinds = sorted({*_NOTIFICATIONS, *(notification.kind for notification in notifications)})
    kind_indices = {kind: index for index, kind in enumerate(kinds)}
    run: _Object = {
        "tool": {
            "driver": {
                "name": "py314-check",
                "version": report.version,
                "semanticVersion": _semantic_version(report.version),
                "informationUri": _INFORMATION_URI,
                "rules": [_rule(rule) for rule in rules],
                "notifications": [_descriptor(kind) for kind in kinds],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root directory of the project."}}},
        "automationDetails": {"id": "py314-check/"},
        "invocations": [
            {
                "executionSuccessful": True,
                "exitCode": report.exit_code,
                "toolExecutionNotifications": [_notification(each, kind_indices) for each in notifications],
            }
        ],
        "results": [_result(finding, rule_indices) for finding in findings],
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return _SURROGATE.sub("\ufffd", json.dumps(log, ensure_ascii=False, indent=2)) + "\n"


def _within_limits(report: Report) -> tuple[list[Finding], list[Notification]]:
    """The findings that GitHub takes, the worst first where it would drop some, and the notifications."""
    findings, notifications = list(report.findings), list(report.notifications)
    if len(findings) > _RESULTS_SHOWN:
        findings.sort(key=lambda finding: -_level(finding).rank)
    if left_out := len(findings[_RESULTS_TAKEN:]):
        message = f"{left_out:,} of {len(findings):,} results were left out: GitHub takes {_RESULTS_TAKEN:,} a run."
        notifications.append(Notification(path="", kind=_LEFT_OUT, message=message))
    return findings[:_RESULTS_TAKEN], notifications


def _semantic_version(version: str) -> str:
    """A Python version as a semantic one: ``1.0.0rc1`` is ``1.0.0-rc1``."""
    return re.sub(r"^(\d+\.\d+\.\d+)\.?([a-z])", r"\1-\2", version)


def _pascal_case(name: str) -> str:
    return "".join(word[0].upper() + word[1:] for word in name.split("-") if word)


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def _description(text: str) -> _Object:
    return {"text": shorten(text, _DESCRIPTION_LENGTH, placeholder=" …")}


def _rule(rule: RuleInfo) -> _Object:
    full = " ".join(rule.sections.get(heading, "") for heading in ("What it does", "Why it matters")).strip()
    documentation = rule.documentation or rule.summary
    described: _Object = {
        "id": rule.code,
        "name": _pascal_case(rule.name),
        "shortDescription": _description(rule.summary),
        "fullDescription": _description(full or rule.summary),
        "help": {"text": documentation, "markdown": documentation},
    }
    if rule.url:
        described["helpUri"] = rule.url
    family = _FAMILIES.get(rule.code.rstrip("0123456789"))
    return described | {
        "defaultConfiguration": {"level": rule.level.value},
        "properties": {
            "tags": ["python", "python3.14", *([family] if family else [])],
            "precision": _PRECISIONS[rule.confidence],
            "problem.severity": _SEVERITIES[rule.level],
        },
    }


def _descriptor(kind: str) -> _Object:
    unknown = f"Notification of the kind {kind}."
    short, full, help_text = _NOTIFICATIONS.get(kind, (unknown, unknown, "Read the message of the notification."))
    return {
        "id": kind,
        "name": _pascal_case(kind),
        "shortDescription": {"text": short},
        "fullDescription": {"text": full},
        "help": {"text": help_text},
    }


def _notification(notification: Notification, kind_indices: Mapping[str, int]) -> _Object:
    written: _Object = {
        "level": "error" if notification.kind == PARSE_ERROR else "warning",
        "descriptor": {"id": notification.kind, "index": kind_indices[notification.kind]},
        "message": {"text": _sentence(notification.message)},
    }
    if notification.path:
        location: _Object = {"artifactLocation": _artifact(notification.path)}
        if notification.place is not None:
            location["region"] = _region(notification.place)
        written["locations"] = [{"physicalLocation": location}]
    return written


def _result(finding: Finding, rule_indices: Mapping[str, int]) -> _Object:
    result: _Object = {"ruleId": finding.code}
    if finding.code in rule_indices:
        result["ruleIndex"] = rule_indices[finding.code]
    result |= {
        "level": _level(finding).value,
        "kind": "fail",
        "message": {"text": _message(finding)},
        "locations": [{"physicalLocation": _physical_location(finding)}],
    }
    fingerprints = {"primaryLocationLineHash": finding.line_hash, "py314Check/v1": finding.fingerprint}
    if known := {key: value for key, value in fingerprints.items() if value}:
        result["partialFingerprints"] = known
    if finding.fix is not None and finding.fix.edits:
        result["fixes"] = [_fix(finding.fix, finding.path)]
    return result


def _level(finding: Finding) -> Level:
    return finding.level if finding.guard is None else Level.NOTE


def _message(finding: Finding) -> str:
    if finding.guard and finding.guard not in finding.text:
        return _sentence(f"{_sentence(finding.text)} Guarded: {finding.guard}")
    return _sentence(finding.text)


def _physical_location(finding: Finding) -> _Object:
    """Where the finding is: its very characters as the region, the whole lines around them as the context."""
    place, source = _valid(finding.place), finding.source
    region = _region(place)
    location: _Object = {"artifactLocation": _artifact(finding.path), "region": region}
    if len(source) != place.end_line - place.line + 1:
        return location
    text = "\n".join(source)
    lines = Place(place.line, 1, place.end_line, len(source[-1]) + 1)
    if snippet := text[place.column - 1 : len(text) - lines.end_column + place.end_column]:
        region["snippet"] = {"text": snippet}
    if lines != place and lines.end_column >= place.end_column:  # a context is larger than the region it is about
        location["contextRegion"] = _region(lines) | {"snippet": {"text": text}}
    return location


def _artifact(path: str) -> _Object:
    """A path as a URI: relative to the root; or absolute, as the scanner hands over what is outside the root.

    A relative path must therefore not climb with ``..``; one that does is encoded as if it were a name.
    """
    path = _SURROGATE.sub("\ufffd", path)
    if path.startswith("/"):
        return {"uri": f"file://{quote(path)}"}
    if _DRIVE.match(path):
        return {"uri": f"file:///{quote(path, safe='/:')}"}
    parts = ("%2E%2E" if part == ".." else quote(part) for part in PurePosixPath(path).parts)
    return {"uri": "/".join(parts) or ".", "uriBaseId": _ROOT}


def _valid(place: Place) -> Place:
    """The place as SARIF allows it: 1-based, and not ending before it starts."""
    start = max(place.line, 1), max(place.column, 1)
    end = place.end_line, max(place.end_column, 1)
    return Place(*start, *max(start, end))


def _region(place: Place) -> _Object:
    place = _valid(place)
    return {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }


def _fix(fix: Fix, path: str) -> _Object:
    replacements = [
        {"deletedRegion": _region(edit.place), "insertedContent": {"text": edit.content}} for edit in fix.edits
    ]
    return {
        "description": {"text": _sentence(fix.message)},
        "artifactChanges": [{"artifactLocation": _artifact(path), "replacements": replacements}],
        "properties": {"applicability": fix.applicability.value},
    }
