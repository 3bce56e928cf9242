"""Cython: the directives that a file sets for itself, in comments before its first statement."""

from __future__ import annotations

import re

from py314_check.api import CythonModule
from py314_check.model import Place
from py314_check.source import SourceFile

_HEADER = re.compile(r"\s*#\s*cython\s*:(?P<directives>.*)")


def module(source: SourceFile) -> list[CythonModule]:
    """The file as a module, with its directives. Its place is the line that sets one, or else the first."""
    directives: dict[str, str] = {}
    place = Place(1, 1, 1, len(source.lines[0]) + 1)
    for number, line in enumerate(source.lines, start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            break
        match = _HEADER.match(line)
        if match is not None:
            place = Place(number, 1, number, len(line) + 1)
            pairs = (each.partition("=") for each in match["directives"].split(","))
            directives.update((name.strip(), value.strip()) for name, _, value in pairs)
    return [CythonModule(place, tuple(directives.items()))]
