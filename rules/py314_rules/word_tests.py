"""Tests of a file's bytes for what words alone cannot say, in linear time: a file that fails one is not parsed.

They may hold where a rule finds nothing, and must hold wherever it does find something.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from py314_check.api import code_in, pieces

_MAY_BE_BAD = re.compile(rb"\\(?:[^\r\n\\'\"abfnrtvx0-7\x80-\xff]|[4-7][0-7][0-7])")
# A backslash and what it stands before; "bad" are no escapes at all, "text" are none in bytes.
_ESCAPES = re.compile(
    rb"\\(?:(?P<bad>[^\r\n\\'\"abfnrtvx0-7NuU\x80-\xff]|[4-7][0-7][0-7])|(?P<text>[NuU])|.)", re.DOTALL
)
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"()[]{}")
_LINES = re.compile(rb"([ \t\f]*)(\S[^\r\n]*)")
_FINALLY = re.compile(rb"finally\b")
_FINALLY_LINES = re.compile(rb"[\r\n][ \t\f]*finally\b")
_BEFORE = re.compile(rb"(?:^|[\r\n])([ \t\f]*)\Z")
_RUNS_ON = re.compile(rb"\\[\r\n]|\"\"\"|'''")
_MARGIN = 200  # bytes of a line that are read before a word
_BLOCK = 2000  # bytes of a block that are read; a longer one may hold anything
_LEAVES = re.compile(rb"\b(?:return|break|continue)\b")
_BRACKET = re.compile(rb"[()\[\]{}]")
_STATEMENT_PARTS = re.compile(rb"[\r\n]|[\[({]|[\])}]|:=|:|->|\b(?:def|yield|await|async)\b")
_YIELD = re.compile(rb"yield\b")
_WALRUS = re.compile(rb":=")
_WAITS = (re.compile(rb"await\b"), re.compile(rb"async[\s\\]+for\b"))
_GAP = rb"(?:[\s\\]|\#[^\r\n]*[\r\n])*"
_OPENED = re.compile(rb"(?:\A[^\r\n]*(?:[\r\n]|\Z)|[({])%b\Z" % _GAP)
_NAMED = re.compile(rb"(?:\A[^\r\n]*(?:[\r\n]|\Z)|[(\[{,])%b[\w\x80-\xff]+[\s\\]*\Z" % _GAP)
_IN_LINE = re.compile(rb"(?:\A|[\r\n])(?:[ \t\f]*|[^\r\n]*(?::|->)[^\r\n]*)\Z")
_IN_ANNOTATION = re.compile(rb":=|yield\b|await\b|async\b")


def may_hold_invalid_escape(data: bytes) -> bool:
    """Whether a string that is not raw may hold a backslash that begins no escape sequence."""
    if _MAY_BE_BAD.search(data) is None:
        return False
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
        if index == len(found):
            return False
        if piece.is_cut(data):
            return True
    return True


@lru_cache(maxsize=1)  # for each word that leaves
def may_leave_finally(data: bytes) -> bool:
    """Whether a ``finally`` block has a word in it that may leave it."""
    if not any(_may_leave(data, header.start()) for header in _FINALLY.finditer(data)):
        return False
    text = code_of(data)
    if text is None:
        return True
    nested = 0  # how many of the next ones are in a block that has been read
    for header in _FINALLY_LINES.finditer(text):
        if nested:
            nested -= 1
            continue
        block = statements(text, header.start() + 1)
        outer, first = next(block)
        if _LEAVES.search(first):
            return True
        for indent, statement in block:
            if indent <= outer:
                break
            if _LEAVES.search(statement):
                return True
            nested += _FINALLY.match(statement) is not None
    return False


def _may_leave(data: bytes, start: int) -> bool:
    """Whether the block of a ``finally`` may have such a word, or more lines than its indentation says."""
    blank = _BEFORE.search(data[max(start - _MARGIN, 0) : start])
    if blank is None:
        return False
    text = data[start : start + _BLOCK]
    lines = _LINES.finditer(text)
    next(lines)
    outer = _width(blank[1])
    behind = (one.start() for one in lines if _width(one[1]) <= outer and one[2].strip()[:1] not in b"#")
    end = next(behind, None)
    if end is None and len(text) == _BLOCK:
        return True
    code = code_in(text[:end])
    return code is None or bool(_LEAVES.search(code) or _RUNS_ON.search(text[:end]) or _depth(code))


def may_hold_expression_in_annotation(data: bytes) -> bool:
    """Whether ``:=``, ``yield`` or ``await`` stands behind a colon or an arrow that may begin an annotation."""
    text = code_of(data) if _is_bracketed(data) else b""
    if text is None:
        return True
    if not _is_bracketed(text) or not _may_annotate(text):
        return False
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


def _is_bracketed(data: bytes) -> bool:
    """Whether one of these words stands as it would in an annotation.

    That is ``yield`` right behind a bracket, ``:=`` with its name behind a bracket or a comma, and what awaits behind
    a colon or an arrow in its line, or first in it.
    """
    return (
        _stands(data, _YIELD, _OPENED)
        or _stands(data, _WALRUS, _NAMED)
        or any(_stands(data, word, _IN_LINE) for word in _WAITS)
    )


def _stands(data: bytes, word: re.Pattern[bytes], behind: re.Pattern[bytes]) -> bool:
    places = (match.start() for match in word.finditer(data))
    return any(behind.search(data[max(start - _MARGIN, 0) : start]) for start in places)


def _may_annotate(text: bytes) -> bool:
    """Whether one of these words stands in a continued line, or behind a colon or an arrow in its own."""
    depth = line = done = 0
    for word in _IN_ANNOTATION.finditer(text):
        start = max(text.rfind(b"\n", done, word.start()), text.rfind(b"\r", done, word.start())) + 1
        if start:
            depth += _depth(text[line:start])
            line = done = start
        if depth or any(text.find(one, done, word.start()) >= 0 for one in (b":", b"->")):
            return True
        done = word.end()
    return False


def returned(form: str) -> Callable[[bytes], object]:
    """Tests whether a function may be annotated to return a special form of typing, under its own name or another."""
    return re.compile(rb"->[\s(\"']*(?:\w+\s*\.\s*)*%(form)b\b|\b%(form)b\s+as\b" % {b"form": form.encode()}).search


def statements(text: bytes, start: int = 0) -> Iterator[tuple[int, bytes]]:
    """The statements of code from an offset on, each with its indentation, and on one line."""
    depth = 0
    indent = 0
    parts: list[bytes] = []
    for blank, line in _LINES.findall(text, start):
        if depth <= 0:
            if parts:
                yield indent, b" ".join(parts)
            indent, parts, depth = _width(blank), [], 0
        parts.append(line)
        depth += _depth(line)
    if parts:
        yield indent, b" ".join(parts)


def _width(blank: bytes) -> int:
    """The width of an indentation, which a form feed begins anew."""
    return len(blank) if blank.count(b" ") == len(blank) else len(blank.rpartition(b"\f")[2].expandtabs(8))


def _depth(code: bytes) -> int:
    """How many more brackets are opened than closed."""
    brackets = code.translate(None, _NO_BRACKETS)
    return len(brackets) - 2 * len(brackets.translate(None, b"([{")) if brackets else 0


code_of = lru_cache(maxsize=1)(code_in)  # for a whole file, of which several rules ask


def in_code(pattern: bytes) -> Callable[[bytes], bool]:
    """Tests whether a pattern may be found in the code, as ``code_of`` gives it."""
    search = re.compile(pattern, re.MULTILINE).search

    def may_be_found(data: bytes) -> bool:
        text = code_of(data)
        return text is None or search(text) is not None

    return may_be_found


def closing(text: bytes, start: int) -> int:
    """Where the bracket ends, in code, that was opened right before an offset."""
    depth = 1
    for bracket in _BRACKET.finditer(text, start):
        depth += 1 if bracket[0] in b"([{" else -1
        if depth == 0:
            return bracket.end()
    return len(text)
