#!/usr/bin/env python3
"""Writes docs/rules (one page a built-in rule, and an index) and docs/coverage.md. All text comes from the rules.

``python docs/generate.py`` writes; ``--check`` writes nothing, lists the pages that are stale, and exits 1 if any are.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import coverage_page

from py314_check.model import RuleInfo
from py314_check.registry import all_rules, describe
from py314_check.reporters.phrases import FAMILIES

DOCS = Path(__file__).parent
PACK = "py314_rules"
HEAD = "<!-- Written by docs/generate.py from the rules themselves. Change those, then run it again. -->\n"


def built_in() -> list[RuleInfo]:
    """The rules of the built-in pack, sorted by code; other packs may be installed beside it."""
    return [describe(rule) for rule in all_rules() if rule.__module__.partition(".")[0] == PACK]


def page(rule: RuleInfo) -> str:
    """The page of a rule."""
    comment = "//" if any(f"```{language}\n" in rule.documentation for language in ("c", "cpp", "rust")) else "#"
    facts = [
        ("Family", f"`{rule.code[:3]}`: {FAMILIES[rule.code[:3]]}"),
        ("Level", rule.level.value),
        ("Impact", rule.impact.value),
        ("Confidence", rule.confidence.value),
        ("Suppress with", f"`{comment} py314: ignore[{rule.code}]` ([how](../suppressions.md))"),
    ]
    table = "\n".join(f"| {name} | {value} |" for name, value in facts)
    return f"{HEAD}\n# {rule.code} {rule.name}\n\n| | |\n| --- | --- |\n{table}\n\n{rule.documentation}\n"


def index(rules: list[RuleInfo]) -> str:
    """The list of all rules, by family."""
    lines = [HEAD, "# Rules", "", "`py314-check explain CODE` shows the same pages in a terminal.", ""]
    for family, members in groupby(rules, lambda rule: rule.code[:3]):
        lines += [f"## {family}: {FAMILIES[family]}", "", "| code | name | level | what it reports |"]
        lines.append("| --- | --- | --- | --- |")
        for rule in members:
            lines.append(f"| [{rule.code}]({rule.code}.md) | {rule.name} | {rule.level.value} | {rule.summary} |")
        lines.append("")
    return "\n".join(lines)


def pages() -> dict[str, str]:
    """Path below docs -> content of every page."""
    rules = built_in()
    return {
        "coverage.md": coverage_page.page(HEAD),
        "rules/README.md": index(rules),
        **{f"rules/{rule.code}.md": page(rule) for rule in rules},
    }


def stale(wanted: dict[str, str]) -> Iterator[Path]:
    """The files that are missing, differ, or belong to no rule any more."""
    for path in sorted({*DOCS.glob("rules/*.md"), *(DOCS / name for name in wanted)}):
        if not path.is_file() or path.read_text(encoding="utf-8") != wanted.get(path.relative_to(DOCS).as_posix()):
            yield path


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"]):
        print(f"usage: {Path(__file__).name} [--check]", file=sys.stderr)
        return 2
    wanted = pages()
    paths = list(stale(wanted))
    names = [path.relative_to(DOCS).as_posix() for path in paths]
    if arguments:
        print(*(f"stale: {name}" for name in names), sep="\n", end="\n" if names else "")
        return 1 if names else 0
    (DOCS / "rules").mkdir(exist_ok=True)
    for path, name in zip(paths, names, strict=True):
        if name in wanted:
            path.write_text(wanted[name], encoding="utf-8", newline="\n")
            print(f"wrote {name}")
        else:
            path.unlink()
            print(f"removed {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
