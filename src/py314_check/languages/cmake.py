"""CMake: the commands of a file, such as ``nanobind_add_module(name file.cpp)``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from py314_check.api import CMakeCommand
from py314_check.source import SourceFile

_TOKEN = re.compile(
    r"""
    (?P<comment>\#(?:\[(?P<signs>=*)\[.*?\](?P=signs)\]|[^\r\n]*))
    | (?P<sign>[()])
    | "(?P<string>(?:\\.|[^"\\])*)"?
    | (?P<word>[^\s()\#"]+)
    """,
    re.VERBOSE | re.DOTALL,
)


def commands(source: SourceFile) -> list[CMakeCommand]:
    """The commands of a file in order, each at its name. One that is never closed ends with the file."""
    return list(_commands(source))


def _commands(source: SourceFile) -> Iterator[CMakeCommand]:
    name: re.Match[str] | None = None
    arguments: list[str] = []
    depth = 0
    for token in _TOKEN.finditer(source.text):
        kind = token.lastgroup
        if kind == "sign":
            depth = depth + 1 if token[0] == "(" else max(depth - 1, 0)
            if depth == 0 and name is not None:
                yield _command(source, name, arguments)
                name, arguments = None, []
        elif depth and kind in ("word", "string"):
            arguments.append(token[kind])
        elif kind == "word":
            name = token
    if depth and name is not None:
        yield _command(source, name, arguments)


def _command(source: SourceFile, name: re.Match[str], arguments: list[str]) -> CMakeCommand:
    return CMakeCommand(source.place(*name.span()), name[0].lower(), tuple(arguments))
