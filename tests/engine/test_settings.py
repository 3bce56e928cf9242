"""Files of settings: what the readers give is what the parsers read, each value with its place."""

from __future__ import annotations

import configparser
import textwrap
import time
from collections.abc import Iterator
from typing import Any

import pytest
import tomli
from helpers.scanning import scan_source
from hypothesis import given, settings
from hypothesis import strategies as st

from py314_check.api import Confidence, Impact, Level, Requirement, Rule, Setting, admits, from_poetry
from py314_check.languages.base import deliver
from py314_check.languages.events import READERS as READERS_OF
from py314_check.languages.python.context import analyse
from py314_check.languages.settings import ini, toml, yaml
from py314_check.model import Target
from py314_check.source import NotAnalysedError, SourceError, SourceFile, decode_native

READERS = {"toml": toml.settings, "ini": ini.settings, "yaml": yaml.settings}
TOML = """\
# "no" = 1
title = "a # b"  # c
[project . "odd.name"]
list = [1, "two", [3.5, 'f]our'], {yes = true, "q.r" = '''a'b'''}, ] # end
when = 1979-05-27 07:32:00
dotted.key.value = "x\\"y"

[[tool.overrides]]
select = "*"
[tool.overrides.inner]
test = []
[[tool.overrides]]
select = [
  # "no",
  "cp3*",  # first
  "pp*"
]
[[tool.overrides.deep]]
text = \"\"\"
several "" lines \\
[no]\"\"\"\"\"
"""


def read(text: str, kind: str) -> list[Setting]:
    return READERS[kind](SourceFile(f"file.{kind}", kind, text.encode("utf-8", "replace"), text))


def flat(data: Any, keys: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], object]]:
    if isinstance(data, (dict, list)):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from flat(value, (*keys, key))
    else:
        yield keys, data if isinstance(data, (str, int, float)) else str(data)


def covered(text: str, setting: Setting) -> str:
    """The text at the place of a setting that stands in one line."""
    place = setting.place
    return text.split("\n")[place.line - 1][place.column - 1 : place.end_column - 1]


def by_keys(settings: list[Setting]) -> list[str]:
    return sorted(repr((one.keys, one.value)) for one in settings)


def test_toml() -> None:
    settings = read(TOML, "toml")
    assert by_keys(settings) == sorted(map(repr, flat(tomli.loads(TOML))))
    assert {covered(TOML, one) for one in settings if one.place.line == one.place.end_line} == {
        "a # b",
        "1",
        "two",
        "3.5",
        "f]our",
        "true",
        "a'b",
        "1979-05-27 07:32:00",
        'x\\"y',
        "*",
        "cp3*",
        "pp*",
    }


_TOML_PIECES = st.sampled_from(
    [
        *"\n\n\n=[]{},.#\"' \\",
        "[[",
        "]]",
        "a",
        "b.c",
        '"d.e"',
        "'f'",
        " = ",
        "1",
        "2.5",
        "true",
        '"x"',
        "'''\n",
        '"""',
        "\r\n",
        "[t]\n",
        "[[t]]\n",
        "[[t.u]]\n",
        "[t.v]\n",
        "k = [1, 'a']\n",
        "m = {n = 1, o.p = '2'}\n",
        "2001-01-01 10:00:00",
    ]
)


@given(st.lists(_TOML_PIECES, max_size=25).map("".join))
def test_any_toml_that_is_accepted(text: str) -> None:
    try:
        data = tomli.loads(text)
    except ValueError:
        with pytest.raises(SourceError):
            read(text, "toml")
        return
    assert by_keys(read(text, "toml")) == sorted(map(repr, flat(data)))


INI = """\
[metadata]
name = app
classifiers =
    # not this
    One :: Two

    Three
; nor this
url: https://x.example/a=b
empty =
[options]
python_requires = >=3.8
  , <4
"""


def test_ini() -> None:
    settings = read(INI, "ini")
    assert [(one.keys, one.value) for one in settings] == [
        (("metadata", "name"), "app"),
        (("metadata", "classifiers", 0), "One :: Two"),
        (("metadata", "classifiers", 1), "Three"),
        (("metadata", "url"), "https://x.example/a=b"),
        (("options", "python_requires", 0), ">=3.8"),
        (("options", "python_requires", 1), ", <4"),
    ] or [one.keys for one in settings]
    assert all(covered(INI, one) == one.value for one in settings)


_INI_PIECES = st.sampled_from(
    ["[a]\n", "[b c]\n", "k = v\n", "l: w\n", "m =\n", "  more\n", "\t[x]\n", "# c\n", "\n", "n=\n  1\n  2\n"]
)


@given(st.lists(_INI_PIECES, max_size=15).map(lambda pieces: "[s]\n" + "".join(pieces)))
def test_any_ini_that_is_accepted(text: str) -> None:
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parser.read_string(text)
    except configparser.Error:
        read(text, "ini")
        return
    lines: dict[tuple[str, str], list[str]] = {}
    seen: dict[tuple[str, str], int] = {}
    for one in read(text, "ini"):
        key = (str(one.keys[0]), str(one.keys[1]))
        if one.keys[2:] in ((), (0,)):  # a later one of the same name takes its place
            lines[key] = []
        lines[key].append(str(one.value))
        seen[key] = one.place.line
    for key, values in lines.items():
        expected = [line.strip() for line in parser.get(*key).splitlines() if line.strip()]
        assert values == expected or expected == []


WORKFLOW = """\
on: [push]
env: &shared
  OLD: 3.10
  'Q': "x y"
jobs:
  a:
    env: *shared
    run: |
      one
      two
  b:
"""


def test_yaml() -> None:
    settings = read(WORKFLOW, "yaml")
    assert [(one.keys, one.value) for one in settings] == [
        (("on", 0), "push"),
        (("env", "OLD"), "3.10"),
        (("env", "Q"), "x y"),
        (("jobs", "a", "env", "OLD"), "3.10"),
        (("jobs", "a", "env", "Q"), "x y"),
        (("jobs", "a", "run"), "one\ntwo\n"),
        (("jobs", "b"), ""),
    ]
    assert all(covered(WORKFLOW, one) == one.value for one in settings if "\n" not in str(one.value))


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x]\n"
        + "".join(
            f"{new}: &{new} [*{old}, *{old}]\n" for old, new in zip("abcdefghijklmnop", "bcdefghijklmnopq", strict=True)
        ),
        "a: &a [*a, *a]\n",
        "{% if x %}\na: b\n",
        "a: {{ b }}: c\n",
        "a: *nowhere\n",
        "\ta: b\n",
        "a: \0\n",
        "a: b\n" * 150_000,
        "? [a, b]\n: c\nd: " + "[" * 200 + "]" * 200,
    ],
    ids=["laughs", "loop", "template", "mapping", "alias", "tab", "nul", "long", "deep"],
)
def test_yaml_that_is_not_analysed(text: str) -> None:
    with pytest.raises(NotAnalysedError):
        read(text, "yaml")


def test_nothing_is_constructed() -> None:
    text = "a: !!python/object/apply:os.abort []\nb: !unknown x\n"
    assert [(one.keys, one.value) for one in read(text, "yaml")] == [(("b",), "x")]


@pytest.mark.parametrize("kind", READERS)
@given(text=st.text(alphabet=st.sampled_from([*"\r\n\n\n\t  ab:=-[]{}#\"'&*|>,.\\é😀\ufeff\x85\u2028"]), max_size=60))
def test_any_text(kind: str, text: str) -> None:
    source = SourceFile("file", kind, b"", text)
    try:
        settings = READERS[kind](source)
    except (SourceError, NotAnalysedError):
        return
    for one in settings:
        assert 1 <= one.place.line <= one.place.end_line <= len(source.lines)


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("cut", range(0, 300, 23))
def test_truncated(kind: str, cut: int) -> None:
    text = {"toml": TOML, "ini": INI, "yaml": WORKFLOW}[kind]
    try:
        read(text[:cut], kind)
    except (SourceError, NotAnalysedError) as error:
        assert str(error)  # noqa: PT017


@pytest.mark.parametrize(
    ("kind", "unit"),
    [
        ("toml", "\n"),
        ("toml", "#\n"),
        ("toml", "[[a]]\nb = [1, 2]\n"),
        ("ini", " \n"),
        ("ini", "[a]\nb = c\n"),
        ("ini", "a="),
        ("ini", "a "),
    ],
)
def test_linear(kind: str, unit: str) -> None:
    text = unit * (400_000 // len(unit))
    start = time.process_time()
    read(textwrap.dedent(text), kind)
    assert time.process_time() - start < 20


def test_line_ends_do_not_matter() -> None:
    for kind, text in (("toml", TOML), ("ini", INI), ("yaml", WORKFLOW)):
        expected = [(one.keys, one.value) for one in read(text, kind)]
        assert [(one.keys, one.value) for one in read(text.replace("\n", "\r\n"), kind)] == expected


# Requirements, and what ``setup`` is called with.


class Everything(Rule):
    """A rule that writes down what it is given."""

    code, name = "XYZ001", "everything"
    level, impact, confidence = Level.NOTE, Impact.CHANGES, Confidence.HIGH

    def visit_Setting(self, setting: Setting) -> None:
        self.report(setting, f"{'.'.join(map(str, setting.keys))}={setting.value!r}")

    def visit_Requirement(self, requirement: Requirement) -> None:
        building = " to build" if requirement.is_for_building else ""
        self.report(requirement, f"needs {requirement.name}{requirement.specifier}{building}", symbol="needs")


def messages(text: str, language: str) -> list[str]:
    source = SourceFile("setup.py" if language == "python" else "file", language, text.encode(), text)
    if language == "python":
        located = analyse(source, [Everything], Target(), with_comments=False).located
    else:
        located = deliver(READERS_OF[language](source), [Everything], source, Target())
    lines = text.split("\n")
    for one in located:  # each is placed at what it is about
        value = one.report.message.partition("=")[2].strip("'") or one.report.message.split()[1]
        assert value.split("<")[0].split(">")[0].split("=")[0].lower() in lines[one.place.line - 1].lower()
    return [one.report.message for one in located]


def needs(text: str, language: str) -> list[str]:
    return [one.removeprefix("needs ") for one in messages(text, language) if one.startswith("needs ")]


def test_requirements_of_pyproject() -> None:
    text = """\
[build-system]
requires = ["Cython<3.1"]
[project]
dependencies = ["a>=1", "b; python_version < '3.9'", "c ; sys_platform == 'win32'", "no one", "d @ https://x.example/d.zip"]
[project.optional-dependencies]
x = ["E_e[extra]==1.*"]
[dependency-groups]
y = ["f", {include-group = "z"}]
[tool.poetry.dependencies]
python = "^3.9"
g = "^1.2"
h = "<2 || >3"
i = {version = "<2", python = "<3.9"}
[tool.other]
dependencies = ["j"]
"""
    assert needs(text, "pyproject") == ["cython<3.1 to build", "a>=1", "c", "d", "e-e==1.*", "f", "g<2,>=1.2"]


def test_requirements_of_setup_cfg() -> None:
    text = """\
[options]
setup_requires = a<2; b
install_requires =
    c>1
    d; python_version<"3"
[options.extras_require]
x = e
[other]
install_requires = f
"""
    assert needs(text, "setup.cfg") == ["a<2 to build", "b to build", "c>1", "e"]


def test_requirements_files() -> None:
    text = """\
# a<1
-r other.txt
--index-url https://x.example
b==1.0 \\
    --hash=sha256:00
  c>2  # d
https://x.example/e.whl
f ; python_version \\
  < "3.9"
-e .
{{ g }}
h; python_version < "no"
"""
    assert needs(text, "requirements") == ["b==1.0", "c>2"]
    assert needs(text.replace("\n", "\r\n"), "requirements") == ["b==1.0", "c>2"]


def test_a_requirements_file_in_utf16() -> None:
    assert decode_native("numpy==1.26\r\n".encode("utf-16")) == "numpy==1.26\r\n"


SETUP_PY = """\
from setuptools import setup
import setuptools as st

VERSION = ">=3.9"
GROWN = ["grown"]
GROWN.append("x")
LIST = ["listed>1"]

setup(
    python_requires=VERSION,
    zip_safe=False,
    classifiers=["One :: Two", "Three"],
    install_requires=LIST,
    setup_requires="built<2",
    tests_require=GROWN,
    extras_require={"x": ["extra"], KEY: ["y"]},
    keywords=["a", *MORE],
    name=name(),
    **rest,
)
other(python_requires=">1")
"""


def test_setup_py() -> None:
    assert messages(SETUP_PY, "python") == [
        "setup.python_requires='>=3.9'",
        "setup.zip_safe=False",
        "setup.classifiers.0='One :: Two'",
        "setup.classifiers.1='Three'",
        "setup.install_requires.0='listed>1'",
        "needs listed>1",
        "setup.setup_requires='built<2'",
        "needs built<2 to build",
    ]


def test_two_calls_of_setup() -> None:
    text = (
        "import setuptools\nif x:\n    setuptools.setup(zip_safe=True)\nelse:\n    setuptools.setup(zip_safe=False)\n"
    )
    assert messages(text, "python") == ["setup.zip_safe=True", "setup.zip_safe=False"]


@pytest.mark.parametrize(
    ("specifier", "first", "last", "expected"),
    [
        ("", "3.1", "99", True),
        ("<3", "3.1", "99", False),
        ("<3.1", "3.1", "99", False),
        ("<=3.1", "3.1", "99", True),
        ("<3.2", "3.1", "99", True),
        ("==0.29.*", "3.1", "99", False),
        ("==3.*", "3.1", "99", True),
        ("~=3.0", "3.1", "99", True),
        ("~=3.0.5", "3.1", "99", False),
        ("!=3.1,<3.2", "3.1", "99", True),
        (">3.1,<3.1.1", "3.1", "99", True),
        (">=2,!=3.*,!=4.*", "3.1", "99", True),
        ("===0.29", "3.1", "99", False),
        (">=3.8,<3.14", "3.14.1", "3.14.9999", False),
        (">=3.8,<4", "3.14.1", "3.14.9999", True),
        ("<=3.14", "3.14.1", "3.14.9999", False),
        ("!=3.14.0", "3.14.1", "3.14.9999", True),
        ("!=3.14.*", "3.14.1", "3.14.9999", False),
        (">=3.15", "3.14.1", "3.14.9999", False),
        ("no specifier", "1", "2", None),
    ],
)
def test_what_a_specifier_admits(specifier: str, first: str, last: str, expected: bool | None) -> None:
    assert admits(specifier, first, last) is expected


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        ("^3.9", [">=3.9,<4"]),
        ("^0.2.3", [">=0.2.3,<0.3"]),
        ("^0.0.3", [">=0.0.3,<0.0.4"]),
        ("^0", [">=0,<1"]),
        ("~3.13", [">=3.13,==3.13.*"]),
        (">=3.9,<3.13 || 3.14.*", [">=3.9,<3.13", "==3.14.*"]),
        ("*", [""]),
        ("{{ x }}", []),
    ],
)
def test_constraints_of_poetry(constraint: str, expected: list[str]) -> None:
    assert from_poetry(constraint) == expected


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".github/workflows/a.yml", "{% if x %}\na: b\n"),
        (".github/workflows/a.yml", "a: " + "[" * 100_000),
        (".github/workflows/a.yml", "- " * 30_000),
        ("pyproject.toml", "a = " + "[" * 100_000 + "]" * 100_000),
    ],
    ids=["template", "deep YAML", "deep lists", "deep TOML"],
)
def test_a_file_that_cannot_be_read_is_no_crash(path: str, text: str) -> None:
    result = scan_source(text, path=path)
    assert result.notifications
    assert "internal error" not in result.notifications[0].message


_PIECES = [
    *[
        "[project]\n",
        "[build-system]\n",
        "[tool.cibuildwheel]\n",
        "[tool.poetry.dependencies]\n",
        "[[tool.hatch.envs.t.matrix]]\n",
    ],
    *["requires-python = ", "python = ", "dependencies = ", "requires = ", "classifiers = ", "enable = ", "skip = "],
    *["[options]\n", "[tox]\n", "[metadata]\n", "envlist = ", "install_requires = ", "python_requires =\n"],
    *[
        "jobs:\n",
        "  matrix:\n",
        "    python-version: ",
        "    include:\n",
        "      - python: ",
        "- ",
        "env:\n",
        "  CIBW_ENABLE: ",
    ],
    *[
        '"<3.14"',
        '["cython<3", "numpy==1"]',
        "['3.12', '3.13']",
        "py{39,310}",
        "cpython-freethreading",
        "3.9",
        "[1, 2]",
        "{a = 1}",
    ],
    *[
        "numpy==1",
        "legacy-cgi",
        "Programming Language :: Python :: 3.9",
        "pypa/cibuildwheel@v2",
        "\n",
        "\n",
        " ",
        ",",
        "é",
        "*",
        "&a ",
    ],
]
_PATHS = ["pyproject.toml", "setup.cfg", "tox.ini", ".github/workflows/a.yml", "requirements.txt"]


@given(st.lists(st.sampled_from(_PIECES), max_size=12).map("".join), st.sampled_from(_PATHS))
@settings(max_examples=400, deadline=None)
def test_no_rule_fails_on_any_settings(text: str, path: str) -> None:
    result = scan_source(text, path=path, target="3.14t")
    assert all("internal error" not in note.message for note in result.notifications)
