"""Each row of the tables about requirements and cibuildwheel fires, and not from the version on that it names."""

from __future__ import annotations

import re

import pytest
from helpers.scanning import found
from packaging.version import Version
from py314_rules.packaging.backport_without_marker import BACKPORTS
from py314_rules.packaging.build_requirement_too_old import TOOLS
from py314_rules.packaging.cibuildwheel_option_gone import OPTIONS
from py314_rules.packaging.cibuildwheel_too_old import FIRST
from py314_rules.packaging.pin_without_wheels import DISTRIBUTIONS
from py314_rules.packaging.pinned import earlier_than


def codes(text: str, path: str, target: str = "3.14") -> list[str]:
    return [one.code for one in found(text, path=path, target=target)]


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_wheels(name: str) -> None:
    row = DISTRIBUTIONS[name]
    assert codes(f"{name}<{row.first}", "requirements.txt") == ["PRJ006"]
    assert codes(f"{name}=={row.first}", "requirements.txt") == []
    assert codes(f"{name}<{row.first}", "requirements.txt", "3.13") == []
    if row.free_threaded:
        assert Version(row.free_threaded) >= Version(row.first)
        assert codes(f"{name}<{row.free_threaded}", "requirements.txt", "3.14t") == ["PRJ006"]
        assert codes(f"{name}=={row.free_threaded}", "requirements.txt", "3.14t") == []


@pytest.mark.parametrize("name", TOOLS)
def test_build_tools(name: str) -> None:
    row = TOOLS[name]

    def build(specifier: str, target: str) -> list[str]:
        text = f'[build-system]\nrequires = ["{name}{specifier}"]\n'
        return [code for code in codes(text, "pyproject.toml", target) if code == "EXT301"]

    assert row.url.startswith("https://")
    for first, target in ((row.first, "3.14"), (row.free_threaded, "3.14t")):
        if first is not None:
            assert build(f"<{first}", target) == ["EXT301"]
            assert build(f">={first}", target) == []


@pytest.mark.parametrize("name", OPTIONS)
def test_options_of_cibuildwheel(name: str) -> None:
    value = OPTIONS[name].value or "true"
    if name.startswith("CIBW"):
        assert codes(f"env:\n  {name}: {value}\n", ".github/workflows/a.yml") == ["EXT302"]
        return
    table, _, key = name.rpartition(".")
    assert codes(f'[{table}]\n{key} = ["{value}"]\n', "pyproject.toml") == ["EXT302"]


@pytest.mark.parametrize(
    ("text", "is_earlier"),
    [
        ("pypa/cibuildwheel@v2.23.3", True),
        ("pypa/cibuildwheel@v3", True),
        ("pypa/cibuildwheel@v3.4.1", True),
        ("pypa/cibuildwheel@v4.0.0", False),
        ("pypa/cibuildwheel@v10", False),
        ("pypa/cibuildwheel@main", False),
        ("pypa/cibuildwheel@" + "3f" * 20, True),
        ("pypa/cibuildwheel@" + "3f" * 20 + " # v3.1", True),
        ("pypa/cibuildwheel@" + "3f" * 20 + "  # v4.1.0", False),
        ("pypa/cibuildwheel@" + "4f" * 20 + "  # pinned", True),
        ("cibuildwheel==2.16", True),
        ("cibuildwheel ~= 3.0", True),
        ("cibuildwheel==4.0.0", False),
        ("cibuildwheel>=2.16", False),
        ("cibuildwheel>=2.16,<4", True),
        ("cibuildwheel>=2.16,<4.0.0", True),
        ("cibuildwheel<3.2", True),
        ("cibuildwheel<5", False),
        ("cibuildwheel", False),
    ],
)
def test_what_keeps_cibuildwheel_before_4(text: str, is_earlier: bool) -> None:
    assert bool(re.search(earlier_than("4.0"), f"- {text}\n")) is is_earlier


def test_versions_of_cibuildwheel() -> None:
    workflow = "steps:\n  - uses: pypa/cibuildwheel@v{}\n"
    assert codes(workflow.format(FIRST), ".github/workflows/a.yml") == []
    assert codes(workflow.format("3.0"), ".github/workflows/a.yml") == ["EXT305"]


@pytest.mark.parametrize("name", BACKPORTS)
def test_backports(name: str) -> None:
    text = f'[project]\nrequires-python = ">=3.9"\ndependencies = ["{name}"]\n'
    assert codes(text, "pyproject.toml") == ["PRJ005"]
    assert codes(text.replace(name, f"{name}; python_version >= '3.12'"), "pyproject.toml") == []


@pytest.mark.parametrize(
    "words", ["py{39,3.10}", "py3{9,10}", "py39, py310", "{py39,py310}-x", "3.9 3.10", "py39-dj{32,42}, py310"]
)
def test_lists_of_tox_without_the_target(words: str) -> None:
    assert codes(f"[tox]\nenvlist = {words}\n", "tox.ini") == ["PRJ004"]


@pytest.mark.parametrize(
    "words",
    [
        "py{39,314}",
        "py{39,3.14}",
        "py3{9,10,14}",
        "py3{9-14}",
        "py39, py3",
        "py39, py{[x]y}",
        "py39",
        "a{39,310}",
        "py39, py310, py314t",
    ],
)
def test_lists_of_tox_that_are_left_alone(words: str) -> None:
    assert codes(f"[tox]\nenvlist = {words}\n", "tox.ini") == []


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ('"py3.13", "py3.14", "lint"', ["PRJ004"]),
        ('"3.13", "py3.14t"', []),
        ('"py313", "py314t"', []),
        ('"py3.14", "3.14t"', []),
    ],
)
def test_lists_of_tox_for_a_free_threaded_target(names: str, expected: list[str]) -> None:
    assert codes(f"[tool.tox]\nenv_list = [{names}]\n", "pyproject.toml", "3.14t") == expected
