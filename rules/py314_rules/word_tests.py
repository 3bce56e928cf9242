"""Tests of a file's bytes for what words alone cannot say, in linear time: a file that fails one is not parsed.

They may hold where a rule finds nothing, and must hold wherever it does find something.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# A comment or a string. What is never closed ends with its line, or with the file: nothing is read twice.
_TOKENS = re.compile(
    rb"""
    \#[^\r\n]*
    | "{3}[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*(?:"{3})?
    | '{3}[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*(?:'{3})?
    | "[^"\\\r\n]*(?:\\(?:\r\n|.)[^"\\\r\n]*)*"?
    | '[^'\\\r\n]*(?:\\(?:\r\n|.)[^'\\\r\n]*)*'?
    """,
    re.VERBOSE | re.DOTALL,
)
_PREFIX = re.compile(rb"(?:^|[^\w])([bBfFrRtTuU]{1,2})\Z")
# A backslash and what it stands before; "bad" are no escapes at all, "text" are none in bytes.
_ESCAPES = re.compile(
    rb"\\(?:(?P<bad>[^\r\n\\'\"abfnrtvx0-7NuU\x80-\xff]|[4-7][0-7][0-7])|(?P<text>[NuU])|.)", re.DOTALL
)
_LINES = re.compile(rb"([ \t\f]*)([^\r\n]+)")
_FINALLY = re.compile(rb"finally\b")
_LEAVES = re.compile(rb"\b(?:return|break|continue)\b")
_CONTINUED = re.compile(rb"\\(?:\r\n|\r|\n)")
_STATEMENT_PARTS = re.compile(rb"[\r\n]|[\[({]|[\])}]|:=|:|->|\b(?:def|yield|await|async)\b")


def may_hold_invalid_escape(data: bytes) -> bool:
    """Whether a string that is not raw may hold a backslash that begins no escape sequence."""
    found = [(match.start(), match.lastgroup) for match in _ESCAPES.finditer(data) if match.lastgroup is not None]
    if not found:
        return False
    index = 0
    for start, end, prefix in _tokens(data):
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
            if b"r" not in prefix or (_is_template(prefix) and depth > 0):
                return True
        if _is_cut(data, start, end, prefix):
            return True
    return index < len(found)


def may_leave_finally(data: bytes) -> bool:
    """Whether a ``finally`` block has a word in it that may leave it."""
    text = _code(data)
    if text is None:
        return True
    outer: int | None = None  # the indentation of the outermost `finally` that the line may be in
    depth = 0
    for blank, line in _LINES.findall(text):
        if depth <= 0:
            indent = len(blank.expandtabs(8))
            if outer is None or indent <= outer:
                outer = indent if _FINALLY.match(line) else None
        if outer is not None and _LEAVES.search(line):
            return True
        depth += sum(map(line.count, (b"(", b"[", b"{"))) - sum(map(line.count, (b")", b"]", b"}")))
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


def _code(data: bytes) -> bytes | None:
    """The code without comments and what is in strings, but for f-strings; None where it cannot be told apart."""
    code: list[bytes] = []
    done = 0
    for start, end, prefix in _tokens(data):
        if _is_cut(data, start, end, prefix):
            return None
        shown = b"" if prefix == b"#" else b"''"
        if _is_template(prefix):
            shown = data[start:end].replace(b"\n", b" ").replace(b"\r", b" ")
        code += (data[done:start], shown)
        done = end
    return _CONTINUED.sub(b" ", b"".join([*code, data[done:]]))


def _tokens(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The strings and comments: start, end, and the prefix in lower case, or ``#``."""
    for match in _TOKENS.finditer(data):
        start, end = match.span()
        if data[start] == 0x23:
            yield start, end, b"#"
        else:
            prefix = _PREFIX.search(data[max(start - 3, 0) : start])
            yield start, end, b"" if prefix is None else prefix[1].lower()


def _is_template(prefix: bytes) -> bool:
    return b"f" in prefix or b"t" in prefix


def _is_cut(data: bytes, start: int, end: int, prefix: bytes) -> bool:
    """Whether an f-string is only the first part of one: the quote behind it belongs to a string in its braces."""
    return _is_template(prefix) and data.count(b"{", start, end) != data.count(b"}", start, end)
