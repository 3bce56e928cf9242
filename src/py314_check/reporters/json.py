"""The report as JSON, for programs. Its keys and their order are a contract: ``schema_version`` counts its changes."""

from __future__ import annotations

import json
import re
from dataclasses import asdict

from py314_check.model import Finding, Fix, Level, Report

_SURROGATE = re.compile("[\ud800-\udfff]")


def render(report: Report) -> str:
    """One JSON object. What is no Unicode (a surrogate, from a file name that is not UTF-8) becomes U+FFFD."""
    content = {
        "schema_version": 1,
        "tool": {"name": "py314-check", "version": report.version},
        "target": str(report.target),
        "root": report.root,
        "summary": asdict(report.summary),
        "notifications": [
            {"path": notification.path, "kind": notification.kind, "message": notification.message}
            for notification in report.notifications
        ],
        "findings": [_finding(finding) for finding in report.findings],
    }
    return _SURROGATE.sub("\ufffd", json.dumps(content, ensure_ascii=False, indent=2)) + "\n"


def _finding(finding: Finding) -> dict[str, object]:
    guarded = finding.guard is not None
    return {
        "code": finding.code,
        "name": finding.name,
        "level": Level.NOTE.value if guarded else finding.level.value,
        "impact": finding.impact.value,
        "confidence": finding.confidence.value,
        "message": finding.text,
        "symbol": finding.symbol,
        "removed_in": finding.removed_in,
        "path": finding.path,
        **asdict(finding.place),
        "guarded": guarded,
        "fingerprint": finding.fingerprint,
        "fix": None if finding.fix is None else _fix(finding.fix),
    }


def _fix(fix: Fix) -> dict[str, object]:
    return {
        "applicability": fix.applicability.value,
        "message": fix.message,
        "edits": [{**asdict(edit.place), "content": edit.content} for edit in fix.edits],
    }
