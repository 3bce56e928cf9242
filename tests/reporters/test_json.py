from __future__ import annotations

import json
from pathlib import Path

import jsonschema
from helpers.reports import make_finding, make_fix, make_full_report, make_report, patiently, reports
from hypothesis import given, settings
from hypothesis import strategies as st

from py314_check.model import Applicability, Edit, Level, Notification, Place, Report, Summary, Target
from py314_check.reporters.json import render

SCHEMA = Path(__file__).parents[1] / "data" / "report-schema.json"
EXAMPLE = """\
{
  "schema_version": 1,
  "tool": {
    "name": "py314-check",
    "version": "0.1.0"
  },
  "target": "3.14t",
  "root": "..",
  "summary": {
    "files": 12,
    "parsed": 3,
    "errors": 1,
    "warnings": 0,
    "notes": 2,
    "guarded": 1,
    "suppressed": 4,
    "baselined": 5,
    "not_analysed": 6
  },
  "verdict": {
    "builds": [
      {
        "target": "3.14",
        "readiness": "not ready",
        "derived": true,
        "errors": 1,
        "warnings": 0,
        "notes": 0
      },
      {
        "target": "3.14t",
        "readiness": "not ready",
        "derived": false,
        "errors": 1,
        "warnings": 0,
        "notes": 0
      }
    ],
    "families": {
      "RMV": {
        "errors": 1,
        "warnings": 0,
        "notes": 0
      }
    },
    "impacts": {
      "breaks": 1
    },
    "files": [
      {
        "path": "src/naïve.py",
        "errors": 1,
        "warnings": 0,
        "notes": 0
      }
    ],
    "files_with_findings": 1,
    "fixes": {
      "safe": 0,
      "unsafe": 1
    },
    "below_level": 0,
    "complete": false,
    "not_parsed": 0,
    "missing_paths": 0,
    "left_alone": 0,
    "rules": {
      "ran": 3,
      "all": 3
    }
  },
  "notifications": [
    {
      "path": "ext/big.c",
      "kind": "not-analysed",
      "message": "The file is too large."
    }
  ],
  "findings": [
    {
      "code": "RMV001",
      "name": "removed-module",
      "level": "error",
      "impact": "breaks",
      "confidence": "high",
      "message": "The module `cgi` was removed in Python 3.13. Use `legacy-cgi`.",
      "symbol": "cgi",
      "removed_in": "3.13",
      "path": "src/naïve.py",
      "line": 3,
      "column": 8,
      "end_line": 3,
      "end_column": 11,
      "guarded": false,
      "fingerprint": "0123456789abcdef0123",
      "fix": {
        "applicability": "unsafe",
        "message": "Import `legacy_cgi`.",
        "edits": [
          {
            "line": 3,
            "column": 8,
            "end_line": 4,
            "end_column": 1,
            "content": "legacy_cgi"
          }
        ]
      }
    }
  ]
}
"""


def test_keys_their_order_and_the_layout_are_those_of_the_contract() -> None:
    fix = make_fix(Edit(Place(3, 8, 4, 1), "legacy_cgi"), applicability=Applicability.UNSAFE)
    report = make_report(
        make_finding(path="src/naïve.py", fix=fix),
        target=Target.parse("3.14t"),
        root="..",
        notifications=(Notification("ext/big.c", "not-analysed", "The file is too large.", Place()),),
        summary=Summary(12, 3, 1, 0, 2, 1, 4, 5, 6),
    )
    assert render(report) == EXAMPLE


def test_a_summary_is_the_same_object_without_findings_and_notifications() -> None:
    report = make_full_report()
    whole, summary = json.loads(render(report)), json.loads(render(report, summary=True))
    del whole["notifications"], whole["findings"]
    assert summary == whole


@settings(patiently, max_examples=30)
@given(reports, st.booleans())
def test_any_report_is_as_the_schema_says(report: Report, summary: bool) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(json.loads(render(report, summary=summary)))


def test_what_is_not_known_is_null() -> None:
    (finding,) = json.loads(render(make_report(make_finding(removed_in=None))))["findings"]
    assert finding["removed_in"] is None
    assert finding["fix"] is None


def test_a_guarded_finding_is_a_note() -> None:
    (finding,) = json.loads(render(make_report(make_finding(level=Level.ERROR, guard=""))))["findings"]
    assert (finding["guarded"], finding["level"]) == (True, "note")


def test_a_file_name_that_is_not_utf_8_is_written_with_the_replacement_character() -> None:
    text = render(make_report(make_finding(path="caf\udce9.py")))
    assert json.loads(text.encode("utf-8"))["findings"][0]["path"] == "caf\ufffd.py"


@patiently
@given(reports)
def test_any_report_parses_back(report: Report) -> None:
    text = render(report)
    assert text.endswith("}\n")
    content = json.loads(text.encode("utf-8"))
    assert len(content["findings"]) == len(report.findings)
    for written, finding in zip(content["findings"], report.findings, strict=True):
        assert written["message"] == _unicode(finding.text)
        assert written["path"] == _unicode(finding.path)
        assert Place(written["line"], written["column"], written["end_line"], written["end_column"]) == finding.place


def _unicode(text: str) -> str:
    return "".join("\ufffd" if 0xD800 <= ord(char) < 0xE000 else char for char in text)
