"""The strings and comments of Python code, told from its bytes in a fraction of the time of parsing it.

The time is linear. What is never closed ends with its line, or with the file: nothing is read twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

PIECE = rb'''
    (?:\#[^\r\n]*
    | """[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*(?:"{3})?
    | \'\'\'[^'\\]*(?:(?:\\.|'(?!\'\'))[^'\\]*)*(?:'{3})?
    | "[^"\\\r\n]*(?:\\(?:\r\n|.)[^"\\\r\n]*)*"?
    | '[^'\\\r\n]*(?:\\(?:\r\n|.)[^'\\\r\n]*)*'?)
'''
"""The pattern of a string without its prefix, or of a comment, for ``re.VERBOSE | re.DOTALL``.

Each of its branches begins with a character, not with a repetition: so ``re`` skips what begins none at full speed.
"""
_PIECES = re.compile(PIECE, re.VERBOSE | re.DOTALL)
_PREFIX = re.compile(rb"(?:^|[^\w])([bBfFrRtTuU]{1,2})\Z")
_LETTERS = frozenset(bytes([letter]) for letter in b"bBfFrRtTuU")
_BRACKETS = re.compile(rb"[()\[\]{}]")
_OPENS = re.compile(rb"(?:^|[\r\n])[ \t\f]*[bBfFrRtTuU]{0,2}\Z")
_ENDS = re.compile(rb"[ \t\f]*(?:[\r\n;#]|\Z)")
_BRACES = re.compile(rb"(\{\{|\}\}|[{}])")
_CONTINUED = re.compile(rb"\\(?:\r\n|\r|\n)")


class Piece(NamedTuple):
    """A string or comment: where it starts and ends, and the string's prefix in lower case, or ``#``."""

    start: int
    end: int
    prefix: bytes

    @property
    def is_template(self) -> bool:
        """Whether it is an f-string or a t-string."""
        return b"f" in self.prefix or b"t" in self.prefix

    def is_cut(self, data: bytes) -> bool:
        """Whether it is only the first part of a template: the quote behind it belongs to a string in its braces."""
        return self.is_template and data.count(b"{", *self[:2]) != data.count(b"}", *self[:2])


def pieces(data: bytes) -> Iterator[Piece]:
    """The strings and comments, in order. Behind one that ``is_cut``, what follows may be taken for what it is not."""
    for match in _PIECES.finditer(data):
        start, end = match.span()
        if data[start] == 0x23:
            yield Piece(start, end, b"#")
        else:
            yield Piece(start, end, _prefix(data, start) if data[start - 1 : start] in _LETTERS else b"")


def _prefix(data: bytes, quote: int) -> bytes:
    prefix = _PREFIX.search(data[max(quote - 3, 0) : quote])
    return b"" if prefix is None else prefix[1].lower()


def without_remarks(data: bytes) -> bytes:
    """The bytes without comments and docstrings; as they are where strings and code cannot be told apart."""
    code: list[bytes] = []
    done = depth = 0
    for piece in pieces(data):
        if piece.is_cut(data):
            return data
        between = data[done : piece.start]
        for bracket in _BRACKETS.findall(between):
            depth += 1 if bracket in b"([{" else -1
        code.append(between)
        done = piece.end
        if piece.prefix != b"#" and not (depth <= 0 and _is_statement(data, piece)):
            code.append(data[piece.start : piece.end])
    return b"".join([*code, data[done:]])


def without_comments(data: bytes) -> bytes:
    """The bytes without comments that begin with ``#``; as they are where strings and code cannot be told apart."""
    code: list[bytes] = []
    done = 0
    for piece in pieces(data):
        if piece.is_cut(data):
            return data
        if piece.prefix == b"#":
            code.append(data[done : piece.start])
            done = piece.end
    return b"".join([*code, data[done:]])


class _CutError(Exception):
    """Strings and code cannot be told apart."""


def code_in(data: bytes) -> bytes | None:
    """The code without comments, each string empty but for what is in the braces of f-strings; continued lines joined.

    None where strings and code cannot be told apart.
    """

    def shown(match: re.Match[bytes]) -> bytes:
        start, end = match.span()
        if data[start] == 0x23:
            return b""
        piece = Piece(start, end, _prefix(data, start)) if data[start - 1 : start] in _LETTERS else None
        if piece is None or not piece.is_template:
            return b"''"
        if piece.is_cut(data) and _is_open(match[0].replace(b"{{", b"").replace(b"}}", b"")):
            raise _CutError
        return _fields(match[0])

    try:
        return _CONTINUED.sub(b" ", _PIECES.sub(shown, data))
    except _CutError:
        return None


def _is_open(template: bytes) -> bool:
    return template.count(b"{") != template.count(b"}")


def _fields(template: bytes) -> bytes:
    """A template without its text, on one line."""
    quote = template[:3] if template[:3] in (b"'''", b'"""') else template[:1]
    kept: list[bytes] = []
    depth = 0
    for part in _BRACES.split(template.replace(b"\n", b" ").replace(b"\r", b" ")):
        if depth == 0 and part != b"{":
            continue  # text, or a doubled brace
        if depth == 1 and part == b"}}":
            part = b"}"  # the other one is half of a doubled brace
        depth += part.count(b"{") - part.count(b"}") if part in (b"{", b"}", b"{{", b"}}") else 0
        kept.append(part)
    return quote + b"".join(kept) + quote


def _is_statement(data: bytes, piece: Piece) -> bool:
    """Whether a string outside of brackets stands alone."""
    before = data[max(piece.start - 200, 0) : piece.start]
    opens = _OPENS.search(before)
    continued = opens is not None and before[: opens.start()].rstrip(b"\r").endswith(b"\\")
    return opens is not None and not continued and _ENDS.match(data, piece.end) is not None
