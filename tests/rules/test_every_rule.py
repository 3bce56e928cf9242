"""What every rule of every installed pack must have: documentation, references, examples that do what they show, fixtures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from helpers.fixing import fixed
from helpers.scanning import scan_source

from py314_check.api import SECTIONS, Rule, parse_version
from py314_check.registry import all_rules, describe
from py314_check.scan import FileResult

FIXTURES = Path(__file__).parent.parent / "fixtures"
RULES = pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)


PATHS = {
    "python": "module.py",
    "c": "module.c",
    "cpp": "module.cpp",
    "cmake": "CMakeLists.txt",
    "dockerfile": "Dockerfile",
    "cython": "module.pyx",
    "meson": "meson.build",
    "rust": "lib.rs",
    "toml": "pyproject.toml",
    "yaml": ".github/workflows/tests.yml",
    "text": "requirements.txt",
}
"""The file that an example stands for, by the language of its block."""


def _block(rule: type[Rule], section: str) -> tuple[str, str]:
    """The example in a section of a rule's documentation, and the file that it stands for."""
    match = re.search(r"^```(\w+)\n(.*?)^```", describe(rule).sections[section], re.DOTALL | re.MULTILINE)
    assert match is not None, f"{rule.code}: the section {section!r} has no example"
    return match[2], "Cargo.toml" if "cargo" in rule.languages else PATHS[match[1]]


def _target(rule: type[Rule]) -> str:
    return max("3.14", rule.since, key=parse_version)


def _floor(code: str) -> tuple[int, int] | None:
    """The oldest Python that the project of an example is for, if it says so."""
    said = re.search(r'^# requires-python = ">=(.+)"', code, re.MULTILINE)
    return None if said is None else parse_version(said[1])


def _example(rule: type[Rule], section: str) -> FileResult:
    code, path = _block(rule, section)
    return scan_source(code, path=path, target=_target(rule), floor=_floor(code))


@RULES
def test_documentation_has_all_sections_in_order(rule: type[Rule]) -> None:
    info = describe(rule)
    headings = re.findall(r"^## (.+)$", info.documentation, re.MULTILINE)
    assert tuple(headings) == SECTIONS
    assert all(info.sections.values())
    assert info.summary.endswith(".")
    assert len(info.summary) < 100


@RULES
def test_names_are_as_agreed(rule: type[Rule]) -> None:
    assert re.fullmatch(r"(SYN|RMV|CHG|DPR|GIL|EXT|TIS|PRJ|JIT)\d{3}", rule.code)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", rule.name)
    assert not rule.name.startswith(("no-", "ban-"))
    module = rule.__module__.rpartition(".")[2]
    assert module == rule.name.replace("-", "_"), "one rule, one module, one name"


@RULES
def test_it_has_a_reference(rule: type[Rule]) -> None:
    assert re.search(r"\]\(https://[^)]+\)", describe(rule).sections["References"])


@RULES
def test_the_example_is_reported(rule: type[Rule]) -> None:
    assert rule.code in {one.code for one in _example(rule, "Example").findings}


@RULES
def test_the_remedy_is_silent(rule: type[Rule]) -> None:
    assert [one for one in _example(rule, "Use instead").findings if one.guard is None] == []


@RULES
def test_the_fix_makes_the_remedy_of_the_example(rule: type[Rule]) -> None:
    code, path = _block(rule, "Example")
    if any(one.fix is not None for one in _example(rule, "Example").findings if one.code == rule.code):
        assert fixed(code, path=path, target=_target(rule), floor=_floor(code)) == _block(rule, "Use instead")[0]
        assert "There is no fix" not in describe(rule).sections["Fix safety"]


@RULES
def test_it_has_fixtures_that_fire_and_fixtures_that_do_not(rule: type[Rule]) -> None:
    text = [path.read_text("utf-8", "replace") for path in (FIXTURES / rule.code).rglob("*") if path.is_file()]
    assert any(f"expect: {rule.code}" in one for one in text), "no positive case"
    assert any(f"expect: {rule.code}" not in one for one in text), "no negative case"
