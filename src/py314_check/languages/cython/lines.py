"""The logical lines of a Cython file: strings and comments are blanked, brackets and backslashes join lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from py314_check.languages.native.slicing import ascii_bytes
from py314_check.pieces import pieces

_PHYSICAL = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_BRACKET = re.compile(r"[()\[\]{}]")
_BEGINS = re.compile(r"(?:c?p?def|class|c?import|from|@)\b")
"""What no line in brackets begins with, in the first column: one that was never closed ends there."""


@dataclass(frozen=True)
class Line:
    """A logical line: the offset at which its code starts, how far that is indented, and the code.

    Each character of that is in its place: strings are quotes with spaces between them, comments and line ends spaces.
    """

    start: int
    indent: int
    code: str

    @cached_property
    def flat(self) -> str:
        """The code without what stands in brackets, each character in its place."""
        parts: list[str] = []
        done = depth = 0
        for match in _BRACKET.finditer(self.code):
            opens, at = match[0] in "([{", match.start()
            if opens and depth == 0:
                parts.append(self.code[done : at + 1])
                done = at + 1
            elif not opens and depth == 1:
                parts.append(" " * (at - done))
                done = at
            depth = max(depth + (1 if opens else -1), 0)
        rest = self.code[done:]
        return "".join([*parts, " " * len(rest) if depth else rest])


def blanked(text: str) -> str:
    """The text with strings and comments blanked, as long as it was."""
    data = ascii_bytes(text)
    code: list[bytes] = []
    done = 0
    for piece in pieces(data):
        inside = b" " * (piece.end - piece.start)
        if piece.prefix != b"#" and len(inside) > 1:
            inside = b"'" + inside[2:] + b"'"
        code += [data[done : piece.start], inside]
        done = piece.end
    return b"".join([*code, data[done:]]).decode("ascii")


def lines(text: str) -> Iterator[Line]:
    """The logical lines that hold code, in order."""
    code = blanked(text)
    start = depth = 0
    parts: list[str] = []
    for match in _PHYSICAL.finditer(code):
        part = match[0]
        if depth and _BEGINS.match(part):
            yield from _line(start, parts)
            parts, depth = [], 0
        if not parts:
            start = match.start()
        parts.append(part)
        for bracket in _BRACKET.findall(part):
            depth = max(depth + (1 if bracket in "([{" else -1), 0)
        if not depth and not part.rstrip("\r\n").endswith("\\"):
            yield from _line(start, parts)
            parts = []
    yield from _line(start, parts)


def _line(start: int, parts: list[str]) -> Iterator[Line]:
    code = "".join(parts).translate({ord(sign): " " for sign in "\r\n\f"}).replace("\\ ", "  ")
    body = code.lstrip()
    if body:
        indent = code[: len(code) - len(body)]
        yield Line(start + len(indent), len(indent.expandtabs(8)), body.rstrip())
