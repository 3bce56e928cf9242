"""The page docs/coverage.md: what is covered, counted from the rules and their tables, and what is not and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import tomli
from py314_rules import calls, modules, names

from py314_check.api import parse_version
from py314_check.registry import all_rules, describe

NOT_COVERED = Path(__file__).parent / "not_covered.toml"
TABLE_RULES = {"RMV001", "RMV002", "RMV003", "RMV005", "CHG001", "DPR001", "DPR002", "DPR003"}
"""The rules whose facts are rows of a table; every other rule counts as one."""
FAMILIES = {
    "RMV": "gone",
    "CHG": "behaves differently",
    "SYN": "the compiler rejects or warns",
    "DPR": "deprecated, by the version that removes it",
}


def facts() -> Iterator[tuple[str, str]]:
    """(family, version) of every single fact that some rule reports; ``future`` where no version is named."""
    for table in (modules.MODULES, names.ROWS):
        for row in table.values():
            if row.removed_in:
                yield "RMV", row.removed_in
            elif row.deprecated_in:
                yield "DPR", row.goes_in or "future"
    for call in calls.ROWS.values():
        if call.removed_in:
            yield "RMV", call.removed_in
        elif call.changed_in:
            yield "CHG", call.changed_in
        else:
            yield "DPR", call.goes_in or "future"
    for rule in all_rules():
        if rule.code not in TABLE_RULES and rule.code[:3] in FAMILIES and rule.since != "3.0":
            yield rule.code[:3], "future" if rule.code.startswith("DPR") else rule.since


def page(head: str) -> str:
    """The page, as Markdown."""
    counts = Counter(facts())
    versions = sorted({version for _, version in counts}, key=lambda one: (one == "future", _order(one)))
    lines = [
        head,
        "# Coverage",
        "",
        "What py314-check knows, by family and by the version that brought it, counted from the tables and rules: one",
        "module, name, member, parameter or behaviour each. Every one of them has a test in which it fires, and was",
        "observed on real interpreters.",
        "",
        f"| version | {' | '.join(FAMILIES)} |",
        f"| --- |{' ---: |' * len(FAMILIES)}",
    ]
    for version in versions:
        cells = [str(counts[family, version] or "") for family in FAMILIES]
        lines.append(f"| {version} | {' | '.join(cells)} |")
    totals = [str(sum(count for (one, _), count in counts.items() if one == family)) for family in FAMILIES]
    lines += [f"| **all** | {' | '.join(f'**{total}**' for total in totals)} |", ""]
    lines += [f"- `{family}`: {meaning}." for family, meaning in FAMILIES.items()]
    lines += ["", "## Behaviour, rule by rule", "", "| rule | since | what it reports |", "| --- | --- | --- |"]
    for rule in all_rules():
        if rule.since != "3.0":
            info = describe(rule)
            lines.append(f"| [{rule.code}](rules/{rule.code}.md) {rule.name} | {rule.since} | {info.summary} |")
    lines += [
        "",
        "Behaviour that hangs on the arguments of one call is a row of",
        "[calls.toml](../rules/py314_rules/facts/calls.toml), for RMV005, CHG001 and DPR003:",
        "",
    ]
    lines += [f"- {version}: {', '.join(f'`{name}`' for name in found)}" for version, found in _calls().items()]
    lines += [
        "",
        "## Not covered, and why",
        "",
        "| what changed | in | why it is not reported |",
        "| --- | --- | --- |",
    ]
    rows = tomli.loads(NOT_COVERED.read_text(encoding="utf-8"))
    for what, row in sorted(rows.items(), key=lambda item: (_order(item[1]["version"]), item[0])):
        lines.append(f"| {what} | {row['version']} | {row['why']} |")
    return "\n".join(lines) + "\n"


def _calls() -> dict[str, list[str]]:
    """Version -> the rows of the table of calls that change then."""
    found: dict[str, list[str]] = {}
    for name, row in calls.ROWS.items():
        if row.changed_in and not row.removed_in:
            found.setdefault(row.changed_in, []).append(name)
    return dict(sorted(found.items(), key=lambda item: _order(item[0])))


def _order(version: str) -> tuple[int, int]:
    return (99, 0) if version == "future" else parse_version(version)
