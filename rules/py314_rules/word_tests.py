"""Tests of a file's bytes for what words alone cannot say, in linear time: a file that fails one is not parsed.

They may hold where a rule finds nothing, and must hold wherever it does find something.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from py314_check.api import pieces

# A backslash and what it stands before; "bad" are no escapes at all, "text" are none in bytes.
_ESCAPES = re.compile(
    rb"\\(?:(?P<bad>[^\r\n\\'\"abfnrtvx0-7NuU\x80-\xff]|[4-7][0-7][0-7])|(?P<text>[NuU])|.)", re.DOTALL
)
_LINES = re.compile(rb"([ \t\f]*)([^\r\n]+)")
_FINALLY = re.compile(rb"finally\b")
_HEADER = re.compile(rb"(class|async|def)\b")
_FUNCTION = re.compile(rb"(async[ \t]+)?def[ \t]+(\w+)")
_GIVES = re.compile(rb"\breturn\b[ \t]*(?!None\b)[^\s#;]|\byield\b")
_NAMES = re.compile(rb"[^\W\d]\w*")
_LEAVES = re.compile(rb"\b(?:return|break|continue)\b")
_CONTINUED = re.compile(rb"\\(?:\r\n|\r|\n)")
_STATEMENT_PARTS = re.compile(rb"[\r\n]|[\[({]|[\])}]|:=|:|->|\b(?:def|yield|await|async)\b")


def may_hold_invalid_escape(data: bytes) -> bool:
    """Whether a string that is not raw may hold a backslash that begins no escape sequence."""
    found = [(match.start(), match.lastgroup) for match in _ESCAPES.finditer(data) if match.lastgroup is not None]
    if not found:
        return False
    index = 0
    for piece in pieces(data):
        start, end, prefix = piece
        depth, last = 0, start  # how many braces are open at the backslash before, which matters in f-strings
        while index < len(found) and found[index][0] < end:
            at, kind = found[index]
            index += 1
            if at < start:
                return True  # a backslash in code: not what it seems, such as a string in an f-string
            if prefix == b"#" or (kind == "text" and b"b" not in prefix):
                continue
            depth += data.count(b"{", last, at) - data.count(b"}", last, at)
            last = at
            if b"r" not in prefix or (piece.is_template and depth > 0):
                return True
        if piece.is_cut(data):
            return True
    return index < len(found)


def may_leave_finally(data: bytes) -> bool:
    """Whether a ``finally`` block has a word in it that may leave it."""
    text = _code(data)
    if text is None:
        return True
    outer: int | None = None  # the indentation of the outermost `finally` that the statement may be in
    for indent, statement in _statements(text):
        if outer is None or indent <= outer:
            outer = indent if _FINALLY.match(statement) else None
        if outer is not None and _LEAVES.search(statement):
            return True
    return False


def may_hold_expression_in_annotation(data: bytes) -> bool:
    """Whether ``:=``, ``yield`` or ``await`` stands behind a colon or an arrow that may begin an annotation."""
    text = _code(data) if any(word in data for word in (b":=", b"yield", b"await", b"async")) else b""
    if text is None:
        return True
    depth = 0
    in_header = annotates = False
    for part in _STATEMENT_PARTS.findall(text):
        if part in b"\r\n":
            if depth == 0:
                in_header = annotates = False
        elif part in b"[({":
            depth += 1
        elif part in b"])}":
            depth = max(depth - 1, 0)
        elif part == b"def":
            in_header = True
        elif part in (b":", b"->"):
            annotates = annotates or depth == 0 or in_header
        elif annotates:
            return True
    return False


def may_stand_in_class(data: bytes, pattern: re.Pattern[bytes]) -> bool:
    """Whether a pattern is found in a statement right in the body of a class; each is put on one line."""
    text = _code(data)
    if text is None:
        return True
    around: list[tuple[int, bytes]] = []  # the headers that the statement may be in: indentation, first word
    for indent, statement in _statements(text):
        while around and around[-1][0] >= indent:
            around.pop()
        header = _HEADER.match(statement)
        if header is not None:
            around.append((indent, header[1]))
        if around and around[-1][1] == b"class" and pattern.search(statement):
            return True
    return False


def names_given(data: bytes, attribute: str) -> set[bytes]:
    """The names that are assigned an attribute of something, and that attribute's own."""
    lines = re.findall(rb"^([^=\r\n]*)=(?!=)[^\r\n]*\b%b\b[ \t]*(?:[,;#)]|$)" % attribute.encode(), data, re.MULTILINE)
    return {attribute.encode(), *(name for line in lines for name in _NAMES.findall(line))}


def may_return_from_test(data: bytes) -> bool:
    """Whether a value is returned, or something yielded or awaited, in what may be a test method."""
    text = _code(data)
    if text is None:
        return True
    around: list[tuple[int, bool]] = []  # the functions that the statement may be in: indentation, whether a test
    for indent, statement in _statements(text):
        while around and around[-1][0] >= indent:
            around.pop()
        function = _FUNCTION.match(statement)
        if function is not None:
            is_test = function[2].startswith(b"test")
            if is_test and function[1]:
                return True
            around.append((indent, is_test))
        elif around and around[-1][1] and _GIVES.search(statement):
            return True
    return False


def _statements(text: bytes) -> Iterator[tuple[int, bytes]]:
    """The statements of code, each with its indentation, and on one line."""
    depth = 0
    indent = 0
    parts: list[bytes] = []
    for blank, line in _LINES.findall(text):
        if depth <= 0:
            if parts:
                yield indent, b" ".join(parts)
            indent, parts, depth = len(blank.expandtabs(8)), [], 0
        parts.append(line)
        depth += sum(map(line.count, (b"(", b"[", b"{"))) - sum(map(line.count, (b")", b"]", b"}")))
    if parts:
        yield indent, b" ".join(parts)


def _code(data: bytes) -> bytes | None:
    """The code without comments and what is in strings, but for f-strings; None where it cannot be told apart."""
    code: list[bytes] = []
    done = 0
    for piece in pieces(data):
        if piece.is_cut(data):
            return None
        shown = b"" if piece.prefix == b"#" else b"''"
        if piece.is_template:
            shown = data[piece.start : piece.end].replace(b"\n", b" ").replace(b"\r", b" ")
        code += (data[done : piece.start], shown)
        done = piece.end
    return _CONTINUED.sub(b" ", b"".join([*code, data[done:]]))
