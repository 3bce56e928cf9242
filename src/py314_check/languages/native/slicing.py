"""Slicing C to one configuration: comments, what the preprocessor would leave out, and its own lines become spaces.

Every byte keeps its place. Where a condition cannot be told, its first branch stays.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from py314_check.languages.native.conditions import Macros
from py314_check.model import Target

_STRING = rb'"[^"\\\r\n]*(?:\\(?:\r\n|[\s\S])[^"\\\r\n]*)*"?'
_CHARACTER = rb"'[^'\\\r\n]*(?:\\(?:\r\n|[\s\S])[^'\\\r\n]*)*'?"
_BLOCK_COMMENT = rb"/\*[^*]*(?:\*(?!/)[^*]*)*(?:\*/)?"
_LINE_COMMENT = rb"//[^\\\r\n]*(?:\\(?:\r\n|[\s\S])?[^\\\r\n]*)*"
_COMMENT = _BLOCK_COMMENT + rb"|" + _LINE_COMMENT
_DIRECTIVE = rb"\#(?:[^\r\n/\"'\\]+|%s|%s|%s|\\\r\n|\\[\s\S]|/)*" % (_COMMENT, _STRING, _CHARACTER)
_PIECES = re.compile(
    rb"(?P<directive>%s)|(?P<comment>%s)|%s|%s" % (_DIRECTIVE, _COMMENT, _STRING, _CHARACTER), re.VERBOSE
)
_IN_DIRECTIVE = re.compile(rb"(?P<string>%s|%s)|%s|\\\r?\n" % (_STRING, _CHARACTER, _COMMENT))
_PARTS = re.compile(rb"\#\s*(?P<name>\w*)\s*(?P<rest>.*)", re.DOTALL)
_SPACES = bytes(byte if byte in b"\r\n" else 0x20 for byte in range(256))


@dataclass(frozen=True)
class Directive:
    """A line for the preprocessor that holds in a configuration: ``#name rest``, without comments."""

    start: int
    end: int
    name: str
    rest: str


@dataclass(frozen=True)
class Slice:
    """What is left of a file in one configuration. ``code`` is as long as the text, and ASCII."""

    code: bytes
    directives: tuple[Directive, ...]


def ascii_bytes(text: str) -> bytes:
    """One byte a character, so that offsets into one are offsets into the other."""
    return text.encode("ascii", "replace")


def comments(text: str) -> list[tuple[int, str]]:
    """The comments of a file, in whatever branch: offset and text."""
    spans = (match.span() for match in _PIECES.finditer(ascii_bytes(text)) if match.lastgroup == "comment")
    return [(start, text[start:end]) for start, end in spans]


def sliced(code: bytes, target: Target, *, is_cpp: bool, is_header: bool) -> Slice:
    """The code as the target's build sees it."""
    macros = Macros(target, is_cpp=is_cpp, is_header=is_header)
    branches = _Branches()
    kept: list[Directive] = []
    result = bytearray(code)
    dead_from = 0
    for match in _PIECES.finditer(code):
        if match.lastgroup is None:
            continue
        start, end = match.span()
        first = start if branches.live else dead_from
        if match.lastgroup == "directive":
            if code[code.rfind(b"\n", 0, start) + 1 : start].strip():
                continue
            name, rest = _parts(match[0])
            if name in _Branches.NAMES:
                branches.step(name, rest, macros)
            elif branches.live:
                macros.read(name, rest)
                kept.append(Directive(start, end, name.decode(), rest.decode()))
        result[first:end] = code[first:end].translate(_SPACES)
        dead_from = end
    if not branches.live:
        result[dead_from:] = code[dead_from:].translate(_SPACES)
    return Slice(bytes(result), tuple(kept))


def _parts(directive: bytes) -> tuple[bytes, bytes]:
    """The name of a directive, and the rest without comments and continued lines."""
    match = _PARTS.match(_IN_DIRECTIVE.sub(lambda piece: piece["string"] or b" ", directive))
    assert match is not None
    return match["name"], match["rest"].strip()


class _Branches:
    """The conditionals that are open, each with whether it is in live code, is live itself, and was before."""

    NAMES = frozenset({b"if", b"ifdef", b"ifndef", b"elif", b"elifdef", b"elifndef", b"else", b"endif"})

    def __init__(self) -> None:
        self._open: list[tuple[bool, bool, bool]] = []

    @property
    def live(self) -> bool:
        return not self._open or self._open[-1][1]

    def step(self, name: bytes, rest: bytes, macros: Macros) -> None:
        if name.startswith(b"if"):
            outside = self.live
            takes = outside and macros.holds(name, rest) is not False
            self._open.append((outside, takes, takes))
        elif self._open and name == b"endif":
            self._open.pop()
        elif self._open:
            outside, _, taken = self._open[-1]
            may = outside and not taken
            takes = may and (name == b"else" or macros.holds(name.removeprefix(b"el"), rest) is not False)
            self._open[-1] = (outside, takes, taken or takes)
