"""INI files, as configparser reads them: setup.cfg and tox.ini."""

from __future__ import annotations

import re
from collections.abc import Iterator

from py314_check.api import Setting
from py314_check.model import Place
from py314_check.source import SourceFile

_HEADER = re.compile(r"\[(?P<name>[^\]]+)\]")
_OPTION = re.compile(r"(?P<name>[^=:\s](?:[^=:]*[^=:\s])?)\s*[=:][ \t]*(?P<value>.*)")


def settings(source: SourceFile) -> list[Setting]:
    """The options of an INI file, as text. Keys are the section and the option; where the value has several lines,
    each is a setting of its own, and its number the last key. What is neither an option nor a section is left out.
    """
    found: list[Setting] = []
    section = ""
    for name, lines in _options(source):
        if name is None:
            section = lines[0][1]
            continue
        for index, (place, value) in enumerate(lines):
            keys = (section, name) if len(lines) == 1 else (section, name, index)
            found.append(Setting(place, keys, value))
    return found


def _options(source: SourceFile) -> Iterator[tuple[str | None, list[tuple[Place, str]]]]:
    """Each option with the lines of its value that are not empty; each section as one without a name."""
    name: str | None = None
    depth = 0
    lines: list[tuple[Place, str]] = []
    for number, line in enumerate(source.lines, start=1):
        text = line.strip()
        if not text or text.startswith(("#", ";")):
            continue
        indent = len(line) - len(line.lstrip())
        if name is not None and indent > depth:
            lines.append(_line(number, indent, text))
            continue
        if name is not None and lines:
            yield name, lines
        name, depth, lines = None, indent, []
        header, option = _HEADER.match(text), _OPTION.match(text)
        if header is not None:
            yield None, [_line(number, indent, header["name"])]
        elif option is not None:
            name = option["name"]
            if option["value"]:
                lines.append(_line(number, indent + option.start("value"), option["value"]))
    if name is not None and lines:
        yield name, lines


def _line(number: int, indent: int, text: str) -> tuple[Place, str]:
    return Place(number, indent + 1, number, indent + 1 + len(text)), text
