"""Slicing C to one configuration: comments, what the preprocessor would leave out, and its own lines become spaces.

Every byte keeps its place. Where a condition cannot be told, its first branch stays.
"""

from __future__ import annotations

import re
from bisect import bisect_right
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
_NEXT_DEFINES = re.compile(rb"\s*\#[ \t]*define[ \t]+(\w+)")
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
    """What is left of a file in one configuration. ``code`` is as long as the text, and ASCII.

    ``doubtful`` are the spans, in order, that are left only because a condition around them cannot be told, each with
    the unknown names in such conditions.
    """

    code: bytes
    directives: tuple[Directive, ...]
    doubtful: tuple[tuple[int, int, frozenset[str]], ...] = ()

    def doubts(self, offset: int) -> frozenset[str] | None:
        """The unknown names that decide whether the configuration has what stands at an offset; None if it has."""
        at = bisect_right(self.doubtful, offset, key=lambda span: span[0]) - 1
        return self.doubtful[at][2] if at >= 0 and offset < self.doubtful[at][1] else None


def ascii_bytes(text: str) -> bytes:
    """One byte a character, so that offsets into one are offsets into the other."""
    return text.encode("ascii", "replace")


def comments(text: str) -> list[tuple[int, str]]:
    """The comments of a file, in whatever branch: offset and text."""
    spans = (match.span() for match in _PIECES.finditer(ascii_bytes(text)) if match.lastgroup == "comment")
    return [(start, text[start:end]) for start, end in spans]


def without_comments(data: bytes) -> bytes:
    """The bytes of a file without its comments, in whatever branch."""
    return _PIECES.sub(lambda match: b" " if match.lastgroup == "comment" else match[0], data)


def sliced(code: bytes, target: Target, *, is_cpp: bool, is_header: bool) -> Slice:
    """The code as the target's build sees it."""
    macros = Macros(target, is_cpp=is_cpp, is_header=is_header)
    branches = _Branches()
    kept: list[Directive] = []
    doubtful: list[tuple[int, int, frozenset[str]]] = []
    doubtful_from = 0
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
                is_first = not kept and doubtful_from == 0
                if is_first and name == b"ifndef" and _is_include_guard(rest, code, end, result[:start]):
                    macros.read(b"undef", rest)
                if branches.doubts is not None:
                    doubtful.append((doubtful_from, start, branches.doubts))
                branches.step(name, rest, macros)
                doubtful_from = end
            elif branches.live:
                macros.read(name, rest)
                kept.append(Directive(start, end, name.decode(), rest.decode()))
        result[first:end] = code[first:end].translate(_SPACES)
        dead_from = end
    if not branches.live:
        result[dead_from:] = code[dead_from:].translate(_SPACES)
    if branches.doubts is not None:
        doubtful.append((doubtful_from, len(code), branches.doubts))
    return Slice(bytes(result), tuple(kept), tuple(doubtful))


def _is_include_guard(name: bytes, code: bytes, end: int, before: bytearray) -> bool:
    """Whether an ``#ifndef``, which ends at an offset, keeps a header from being read twice: it defines the name."""
    defines = _NEXT_DEFINES.match(code, end)
    return defines is not None and defines[1] == name and not before.strip()


def _parts(directive: bytes) -> tuple[bytes, bytes]:
    """The name of a directive, and the rest without comments and continued lines."""
    match = _PARTS.match(_IN_DIRECTIVE.sub(lambda piece: piece["string"] or b" ", directive))
    assert match is not None
    return match["name"], match["rest"].strip()


class _Branches:
    """The conditionals that are open."""

    NAMES = frozenset({b"if", b"ifdef", b"ifndef", b"elif", b"elifdef", b"elifndef", b"else", b"endif"})

    def __init__(self) -> None:
        self._open = [_Branch(live=True, taken=True, doubts=None)]

    @property
    def live(self) -> bool:
        return self._open[-1].live

    @property
    def doubts(self) -> frozenset[str] | None:
        return self._open[-1].doubts

    def step(self, name: bytes, rest: bytes, macros: Macros) -> None:
        if name.startswith(b"if"):
            self._open.append(_Branch(live=False, taken=False, doubts=None))
        elif len(self._open) == 1:
            return
        elif name == b"endif":
            self._open.pop()
            return
        outside, before = self._open[-2:]
        holds: bool | None = False
        if outside.live and not before.taken:
            holds = name == b"else" or macros.holds(name.removeprefix(b"el"), rest)
        live = holds is not False
        doubts = outside.doubts if holds is not None else macros.unknown(rest) | (outside.doubts or frozenset())
        self._open[-1] = _Branch(live, before.taken or live, doubts)


@dataclass(frozen=True)
class _Branch:
    """A branch of a conditional: whether it is ``live``, and whether it or one before it was ``taken``.

    Where it is live only because a condition cannot be told, ``doubts`` are the unknown names there.
    """

    live: bool
    taken: bool
    doubts: frozenset[str] | None
