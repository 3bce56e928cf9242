"""Tests of a file's bytes for what words alone cannot say, in linear time: a file that fails one is not parsed.

They may hold where a rule finds nothing, and must hold wherever it does find something.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Set
from functools import lru_cache

from py314_check.api import pieces

# A backslash and what it stands before; "bad" are no escapes at all, "text" are none in bytes.
_ESCAPES = re.compile(
    rb"\\(?:(?P<bad>[^\r\n\\'\"abfnrtvx0-7NuU\x80-\xff]|[4-7][0-7][0-7])|(?P<text>[NuU])|.)", re.DOTALL
)
_LINES = re.compile(rb"([ \t\f]*)([^\r\n]+)")
_FINALLY = re.compile(rb"finally\b")
_FINALLY_LINES = re.compile(rb"[\r\n][ \t\f]*finally\b")
_LEAVES = re.compile(rb"\b(?:return|break|continue)\b")
_CONTINUED = re.compile(rb"\\(?:\r\n|\r|\n)")
_STATEMENT_PARTS = re.compile(rb"[\r\n]|[\[({]|[\])}]|:=|:|->|\b(?:def|yield|await|async)\b")
_IN_ANNOTATION = re.compile(rb":=|yield\b|await\b|async\b")
_DEF = re.compile(rb"def[ \t\\][^\r\n]*")
_HEADER_OF_DEF = re.compile(rb"^[ \t\f]*def[ \t]+(?!__)[^\r\n(]*\(", re.MULTILINE)
_PAIRS = ((b"(", b")"), (b"[", b"]"), (b"{", b"}"))
_NO_BRACKETS = bytes.maketrans(b"()[]{}", b"      ")
_BRACKET = re.compile(rb"[()\[\]{}]")
_RETURNS = re.compile(rb"\s*(?:->([^:]*))?:")
_SAYS_BOOL = re.compile(rb"bool\b|'")
_NAME = rb"[\w\x80-\xff]+"
_WORDS = re.compile(_NAME)
_NO_RESULT = re.compile(rb"(?:async|class|def|for|try|while|with)\b|match\b[^=\r\n]*:$|@")
_RESULT = re.compile(rb"\breturn\b([^\r\n;]*)")
_CONDITION = re.compile(rb"(?:if|elif)\b(.*):[^:]*")
_ASSIGNED = re.compile(rb"(%b)\s*=(?!=)|^(%b)\s*:" % (_NAME, _NAME))
_TEST_CALL = re.compile(rb"(?<![.\w\x80-\xff])(?:callable|isinstance|type)\s*\(([\s(]*%b[\s)]*)(?=[,)])" % _NAME)
_IDENTITY = re.compile(
    rb"(?<![.\w\x80-\xff])(%(name)b)[\s)]+is\s(?:\s*not\s)?[\s(]*None\b"
    rb"|(?<![.\w\x80-\xff])None[\s)]+is\s(?:\s*not\s)?[\s(]*(%(name)b)" % {b"name": _NAME}
)
_IS_TYPE = rb"(?:is\b(?:\s+not\b)?|[!=]=)[\s(]*"
_OF_TYPE = re.compile(rb"\?[\s)]*%(is)b[\w.]+|(?<![\w.])[\w.]+[\s)]*%(is)b\?" % {b"is": _IS_TYPE})
_OPERATORS = frozenset((b"and", b"bool", b"else", b"if", b"not", b"or", b"False", b"True"))


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
    nested = 0  # how many of the next ones are in a block that has been read
    for header in _FINALLY_LINES.finditer(text):
        if nested:
            nested -= 1
            continue
        statements = _statements(text, header.start() + 1)
        outer, first = next(statements)
        if _LEAVES.search(first):
            return True
        for indent, statement in statements:
            if indent <= outer:
                break
            if _LEAVES.search(statement):
                return True
            nested += _FINALLY.match(statement) is not None
    return False


def may_hold_expression_in_annotation(data: bytes) -> bool:
    """Whether ``:=``, ``yield`` or ``await`` stands behind a colon or an arrow that may begin an annotation."""
    text = _code(data) if any(word in data for word in (b":=", b"yield", b"await", b"async")) else b""
    if text is None:
        return True
    if not _may_annotate(text):
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


def _may_annotate(text: bytes) -> bool:
    """Whether one of these words stands in a continued line, or behind a colon or an arrow in its own."""
    depth = line = done = 0
    for word in _IN_ANNOTATION.finditer(text):
        start = max(text.rfind(b"\n", done, word.start()), text.rfind(b"\r", done, word.start())) + 1
        if start:
            depth += sum(text.count(one, line, start) for one in (b"(", b"[", b"{"))
            depth -= sum(text.count(one, line, start) for one in (b")", b"]", b"}"))
            line = done = start
        if depth or any(text.find(one, done, word.start()) >= 0 for one in (b":", b"->")):
            return True
        done = word.end()
    return False


def returned(form: str) -> Callable[[bytes], object]:
    """Tests whether a function may be annotated to return a special form of typing, under its own name or another."""
    return re.compile(rb"->[\s(\"']*(?:\w+\s*\.\s*)*%(form)b\b|\b%(form)b\s+as\b" % {b"form": form.encode()}).search


def may_be_type_predicate(data: bytes) -> bool:
    """Whether a function may return nothing but whether its first argument is of some type, and say no more than bool.

    Looked at are the annotations, the kinds of statements, and which characters and calls a result is made of.
    """
    text = _code(data) if any(map(_may_be_header, _DEF.findall(data))) else b""
    return text is None or any(_may_be_predicate(text, match) for match in _HEADER_OF_DEF.finditer(text))


def _may_be_header(line: bytes) -> bool:
    """Whether a line may begin the header of a predicate: it is not all of one that says something else."""
    _, arrow, result = line.partition(b"->")
    if arrow:
        return _SAYS_BOOL.search(result) is not None or b'"' in result
    return not line.endswith(b":") or line.count(b":") > 1


def _may_be_predicate(text: bytes, header: re.Match[bytes]) -> bool:
    end = _closed(text, header.end())
    parameters = text[header.end() : end]
    returns = _RETURNS.match(text, end)
    if returns is None or (b":" not in parameters if returns[1] is None else not _SAYS_BOOL.search(returns[1])):
        return False
    body: list[bytes] = []
    last, first = b"", -1
    for indent, statement in _statements(text, returns.end()):
        first = indent if first < 0 else first
        if indent < first:
            break
        if _NO_RESULT.match(statement):
            return False
        body.append(statement)
        if indent == first:
            last = statement
            if statement.startswith(b"return"):
                break
    if not last.startswith((b"return", b"raise", b"else")):
        return False
    code = b"\n".join(body)
    tested = [one for one in body if _TEST_CALL.search(one) is not None or _IDENTITY.search(one) is not None]
    if not tested:
        return False
    given = {*_WORDS.findall(parameters)}
    assigned = _OPERATORS.union(*(found for statement in tested for found in _ASSIGNED.findall(statement)))
    results = _RESULT.findall(code)
    if b"raise" not in code:  # otherwise, a condition may be about anything
        results += [match[1] for match in map(_CONDITION.match, body) if match is not None]
    return all(_may_be_test(result, given, assigned) for result in results)


def _may_be_test(text: bytes, given: Set[bytes], assigned: Set[bytes]) -> bool:
    """Whether an expression consists of tests of what is given, and of what is assigned."""
    parts: list[bytes] = []
    done = 0
    for call in _TEST_CALL.finditer(text):
        if call[1].strip(b" \t\f()") not in given:
            return False
        if call.start() >= done:
            parts += (text[done : call.start()], b"?")
            done = _closed(text, call.start(1))
    rest = _OF_TYPE.sub(b"?", b"".join([*parts, text[done:]]))
    if any(given.isdisjoint(names) for names in _IDENTITY.findall(rest)):
        return False
    rest = _IDENTITY.sub(b"?", rest)
    return rest.translate(None, b" \t\f()?") == b"".join(words := _WORDS.findall(rest)) and assigned >= {*words}


def _closed(text: bytes, start: int) -> int:
    """Where the bracket closes that was opened right before an offset."""
    depth = 1
    for bracket in _BRACKET.finditer(text, start):
        depth += 1 if bracket[0] in b"([{" else -1
        if depth == 0:
            return bracket.end()
    return len(text)


def _statements(text: bytes, start: int = 0) -> Iterator[tuple[int, bytes]]:
    """The statements of code from an offset on, each with its indentation, and on one line."""
    depth = 0
    indent = 0
    parts: list[bytes] = []
    for blank, line in (match.groups() for match in _LINES.finditer(text, start)):
        if line.isspace():
            continue
        if depth <= 0:
            if parts:
                yield indent, b" ".join(parts)
            indent, parts, depth = len(blank.expandtabs(8)), [], 0
        parts.append(line)
        depth += len(line.translate(None, b")]}")) - len(line.translate(None, b"([{"))
    if parts:
        yield indent, b" ".join(parts)


@lru_cache(maxsize=1)  # several rules ask
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
            if any(shown.count(one) != shown.count(other) for one, other in _PAIRS):
                shown = shown.translate(_NO_BRACKETS)  # as text; otherwise, statements would not end
        code += (data[done : piece.start], shown)
        done = piece.end
    return _CONTINUED.sub(b" ", b"".join([*code, data[done:]]))


def code(data: bytes) -> bytes | None:
    """The code without comments and what is in strings, and with continued lines joined where no bracket is open.

    None where code and strings cannot be told apart.
    """
    return _code(data)


def in_code(pattern: bytes) -> Callable[[bytes], bool]:
    """Tests whether a pattern may be found in the code, as ``code`` gives it."""
    search = re.compile(pattern, re.MULTILINE).search

    def may_be_found(data: bytes) -> bool:
        text = _code(data)
        return text is None or search(text) is not None

    return may_be_found


def closing(text: bytes, start: int) -> int:
    """Where the bracket ends, in ``code``, that was opened right before an offset."""
    return _closed(text, start)
