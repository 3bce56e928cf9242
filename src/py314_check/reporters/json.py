"""The report as JSON, for programs. Its keys and their order are a contract: ``schema_version`` counts its changes."""

from __future__ import annotations

import json
import re
from dataclasses import asdict

from py314_check.model import Finding, Fix, Level, Report
from py314_check.verdict import Build, Verdict, verdict

_SURROGATE = re.compile("[\ud800-\udfff]")


def render(report: Report, *, summary: bool = False) -> str:
    """One JSON object. What is no Unicode (a surrogate, from a file name that is not UTF-8) becomes U+FFFD."""
    content: dict[str, object] = {
        "schema_version": 1,
        "tool": {"name": "py314-check", "version": report.version},
        "target": str(report.target),
        "root": report.root,
        "summary": asdict(report.summary),
        "verdict": _verdict(report, verdict(report)),
    }
    if not summary:
        content["notifications"] = [
            {"path": notification.path, "kind": notification.kind, "message": notification.message}
            for notification in report.notifications
        ]
        content["findings"] = [_finding(finding) for finding in report.findings]
    return _SURROGATE.sub("\ufffd", json.dumps(content, ensure_ascii=False, indent=2)) + "\n"


def _verdict(report: Report, found: Verdict) -> dict[str, object]:
    return {
        "builds": [_build(build) for build in found.builds],
        "families": {family: asdict(counts) for family, counts in found.families.items()},
        "impacts": {impact.value: number for impact, number in found.impacts.items()},
        "files": [{"path": path, **asdict(counts)} for path, counts in found.most],
        "files_with_findings": found.files,
        "fixes": {"safe": found.safe_fixes, "unsafe": found.unsafe_fixes},
        "below_level": len(report.below_level),
        "complete": found.complete,
        "not_parsed": found.not_parsed,
        "missing_paths": found.missing_paths,
        "left_alone": len(report.foreign),
        "rules": {"ran": found.rules - found.rules_off, "all": found.rules},
    }


def _build(build: Build) -> dict[str, object]:
    return {
        "target": str(build.target),
        "readiness": None if build.readiness is None else build.readiness.value,
        "derived": build.derived,
        **asdict(build.counts),
    }


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
