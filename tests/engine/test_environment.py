"""The environments of scripts, images and settings, as rules are given them."""

from __future__ import annotations

import textwrap
import time

import pytest

from py314_check.api import Environment
from py314_check.languages import is_looked_at, language_of
from py314_check.languages.environment.shell import commands
from py314_check.languages.events import READERS
from py314_check.source import SourceFile


def _read(path: str, text: str) -> Environment:
    source = SourceFile(path, "", b"", textwrap.dedent(text))
    (found,) = [one for one in READERS[_language(path)](source) if isinstance(one, Environment)]
    return found


def _language(path: str) -> str:
    from pathlib import PurePosixPath

    return language_of(PurePosixPath(path))


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("Dockerfile", "docker"),
        ("deploy/Dockerfile.worker", "docker"),
        ("worker.Dockerfile", "docker"),
        ("Containerfile", "docker"),
        ("docker-compose.prod.yml", "compose"),
        ("compose.yaml", "compose"),
        (".env", "dotenv"),
        (".env.production", "dotenv"),
        ("app.env", "dotenv"),
        ("run.sh", "shell"),
        ("app.service", "systemd"),
        ("requirements-dev.txt", "requirements"),
        ("dockerfile.py", "python"),
        ("composer.yml", "ci"),
        ("env.py", "python"),
    ],
)
def test_languages_by_name(path: str, language: str) -> None:
    assert _language(path) == language


@pytest.mark.parametrize("name", ["README", "composer.yml", "environment", "Dockerfiles", "notes.txt"])
def test_a_walk_leaves_others_alone(name: str) -> None:
    assert not is_looked_at("/project/", name)


def _words(text: str) -> list[tuple[list[str], list[str]]]:
    return [
        ([f"{name}={value.text}" for name, value in one.assigned], [word.text for word in one.words])
        for one in commands(text)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b  c", [([], ["a", "b", "c"])]),
        ("A=1 B='x y' run \"a b\"", [(["A=1", "B=x y"], ["run", "a b"])]),
        ("A=1", [(["A=1"], [])]),
        ("run A=1", [([], ["run", "A=1"])]),
        ("one && two || three; four & five | six", [([], [word]) for word in "one two three four five six".split()]),
        ("one \\\n  two # three\nfour", [([], ["one", "two"]), ([], ["four"])]),
        ("echo a#b > out 2>&1", [([], ["echo", "a#b", "out", "1"])]),
        ("cat <<END\nA=1 run\nEND\nlast", [([], ["cat"]), ([], ["last"])]),
        ("cat <<-'END' | one\n\tA=1 run\n\tEND\nlast", [([], ["cat"]), ([], ["one"]), ([], ["last"])]),
        ("if a; then sudo A=1 b; fi", [([], ["a"]), (["A=1"], ["b"])]),
        ("x=$(echo a b) run", [(["x=$(echo a b)"], ["run"])]),
        ("it's not closed", [([], ["it's", "not", "closed"])]),
        ("", []),
    ],
)
def test_commands(text: str, expected: list[tuple[list[str], list[str]]]) -> None:
    assert _words(text) == expected


def test_words_know_where_they_stand() -> None:
    text = "export  A='1'"
    (command,) = commands(text)
    name, value = command.words[1].assigned() or ("", command.words[0])
    assert (name, value.text, text[value.start : value.end]) == ("A", "1", "'1'")


@pytest.mark.parametrize(
    "piece", ['"', "'", "`", "$(", "\\", "<<A\n", "(", "{a,", "A=1 ", "3.14t/", "/3.14-a/", "ENV A=1\n"]
)
@pytest.mark.parametrize("path", ["a.sh", "Dockerfile", "a.env"])
def test_the_time_is_linear(piece: str, path: str) -> None:
    text = piece * (100_000 // len(piece))
    begin = time.process_time()
    READERS[_language(path)](SourceFile(path, "", b"", text))
    assert time.process_time() - begin < 5


def _builds(environment: Environment, name: str = "A") -> list[list[str]]:
    variables = [one for one in environment.variables if one.name == name]
    found = [environment.interpreters_with(one) for one in variables]
    return [sorted(one.version + "t" * one.is_free_threaded for one in several) for several in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("export A=1\npython3.14t x", [["3.14t"]]),
        ("export A=1\npython3.14 x\npython3.14t x", [["3.14", "3.14t"]]),
        ("A=1 python3.14 x\npython3.14t x", [["3.14"]]),
        ("uv python install 3.13 3.14t\nexport A=1", [[]]),
        ("uv python install 3.14t\nA=1 python x", [["3.14t"]]),
        ("pyenv install 3.14.0t-dev\nA=1 x", [["3.14t"]]),
        ("export A=1\nexport A=0\npython3.14t x", [[], []]),
        ("if a; then export A=1; fi\npython3.14t x", []),
        ("export A=1\nA=0 python3.14t x", [[], ["3.14t"]]),
        ("pip install numpy==3.14\nA=1 x", [[]]),
    ],
)
def test_pythons_of_a_script(text: str, expected: list[list[str]]) -> None:
    assert _builds(_read("run.sh", text)) == expected


def test_stages_of_an_image() -> None:
    environment = _read(
        "Dockerfile",
        """\
        FROM python:3.13 AS base
        ENV A=1 B="two words"
        FROM python:3.14-slim AS other
        ENV A=2
        FROM --platform=linux/amd64 base
        ENV A 3
        """,
    )
    found = [(one.name, one.value, one.is_deployed) for one in environment.variables]
    assert found == [("A", "1", True), ("B", "two words", True), ("A", "2", False), ("A", "3", True)]
    assert _builds(environment) == [["3.13"], ["3.14"], ["3.13"]]


def test_places_in_the_block_of_a_workflow() -> None:
    environment = _read(
        ".github/workflows/a.yml",
        """\
        jobs:
          a:
            steps:
              - run: |
                  one
                  A=1 python3.14t x
        """,
    )
    (variable,) = environment.variables
    assert (variable.place.line, variable.place.column, variable.place.end_column) == (6, 13, 14)
    assert _builds(environment) == [["3.14t"]]


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("python:3.14", ["3.14"]),
        ("python:3.14.2-slim-bookworm", ["3.14"]),
        ("registry.example:5000/x/python:3.14t", ["3.14t"]),
        ("debian:12", []),
        ("python:latest", []),
        ("app:3.14.1.2", []),
        ("${IMAGE}", []),
    ],
)
def test_pythons_of_images(image: str, expected: list[str]) -> None:
    assert _builds(_read("Dockerfile", f"FROM {image}\nENV A=1\n")) == [expected]
