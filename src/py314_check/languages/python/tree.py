"""The tree of a Python file: parsing with libcst, and a read-only walk over what libcst made.

libcst's own ``Module.visit`` rebuilds the tree as it goes; walking the child fields in place, past whitespace and
punctuation, measured 15 times as fast.
"""

from __future__ import annotations

import dataclasses
import gc
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

import libcst as cst

from py314_check.model import Place
from py314_check.source import SourceError, SourceFile

Handler = Callable[[cst.CSTNode], None]
Handlers = Mapping[type[cst.CSTNode], Sequence[Handler]]

MAX_BRACKETS = 200
"""CPython's own limit ("too many nested parentheses"); far beyond it libcst would exhaust the stack."""

DEFINITIONS = (cst.FunctionDef, cst.Lambda, cst.ClassDef)

_PUNCTUATION = frozenset(
    """
    asynchronous colon comma comment dot empty_lines equal first_colon first_line footer header indent lbrace lbracket
    leading_lines leading_whitespace lines_after_decorators last_line lpar newline operator posonly_ind rbrace rbracket
    relative rpar second_colon semicolon separator trailing_comma trailing_whitespace
    """.split()
)
_TOKEN_LIMIT = 500
"""How far back on its line an offending token is looked for: the search takes the square of that."""

# Where the order of the fields is not the order of evaluation.
_EVALUATION_ORDER = {
    cst.AnnAssign: ("annotation", "value", "target"),
    cst.Assign: ("value", "targets"),
    cst.AugAssign: ("value", "target"),
    cst.ClassDef: ("decorators", "type_parameters", "bases", "keywords", "name", "body"),
    cst.CompFor: ("iter", "target", "ifs", "inner_for_in"),
    cst.DictComp: ("for_in", "key", "value"),
    cst.For: ("iter", "target", "body", "orelse"),
    cst.FunctionDef: ("decorators", "type_parameters", "params", "returns", "name", "body"),
    cst.GeneratorExp: ("for_in", "elt"),
    cst.IfExp: ("test", "body", "orelse"),
    cst.ListComp: ("for_in", "elt"),
    cst.NamedExpr: ("value", "target"),
    cst.SetComp: ("for_in", "elt"),
}
# What can open or close a bracket, and what can hide one: comments and strings.
_BRACKETS = re.compile(
    r"""
    \#[^\r\n]*
    | (?P<triple>\"\"\"|\'\'\')
    | "(?:[^"\\\r\n]|\\(?:\r\n|[\s\S]))*
    | '(?:[^'\\\r\n]|\\(?:\r\n|[\s\S]))*
    | (?P<open>[(\[{])
    | (?P<close>[)\]}])
    """,
    re.VERBOSE,
)


class _ChildFields(dict[type, tuple[str, ...]]):
    """Node type -> the fields that hold its children in order of evaluation; empty for what is no node."""

    def __missing__(self, kind: type) -> tuple[str, ...]:
        fields: tuple[str, ...] = ()
        if issubclass(kind, cst.CSTNode):
            names = _EVALUATION_ORDER.get(kind) or tuple(field.name for field in dataclasses.fields(kind))
            fields = tuple(name for name in names if name not in _PUNCTUATION and not name.startswith("whitespace"))
        self[kind] = fields
        return fields


class _IsNode(dict[type, bool]):
    """Type -> whether it is a node's. libcst's nodes are abstract base classes, to which isinstance is slow."""

    def __missing__(self, kind: type) -> bool:
        self[kind] = issubclass(kind, cst.CSTNode)
        return self[kind]


_FIELDS = _ChildFields()
_IS_NODE = _IsNode()


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The child nodes that carry meaning, in order of evaluation."""
    found: list[cst.CSTNode] = []
    for name in _FIELDS[type(node)]:
        value = getattr(node, name)
        kind = type(value)
        if kind is tuple or kind is list:
            found.extend(value)
        elif _IS_NODE[kind]:
            found.append(value)
    return found


def below(node: cst.CSTNode, *, own: bool = False) -> Iterator[cst.CSTNode]:
    """A node and all that stands in it; if only its ``own``, not what is in further functions and classes."""
    stack = [node]
    while stack:
        one = stack.pop()
        yield one
        if not (own and one is not node and isinstance(one, DEFINITIONS)):
            stack.extend(reversed(children(one)))


def walk(root: cst.CSTNode, visit: Handlers, leave: Handlers) -> None:
    """Calls the handlers of each node's type when it is reached and when its children are done.

    Neither recursive nor changing anything: depth and speed do not depend on Python's stack.
    """
    stack: list[tuple[cst.CSTNode, bool]] = [(root, False)]
    nothing: Sequence[Handler] = ()
    while stack:
        node, done = stack.pop()
        kind = type(node)
        if done:
            for handler in leave[kind]:
                handler(node)
            continue
        for handler in visit.get(kind, nothing):
            handler(node)
        if kind in leave:
            stack.append((node, True))
        inner = children(node)
        inner.reverse()
        stack.extend([(child, False) for child in inner])


def parse(source: SourceFile) -> cst.Module:
    """Parses the text. Raises SourceError, with the place as exactly as it can be told, for what libcst rejects."""
    place = _too_deep(source)
    if place is not None:
        raise SourceError("Brackets are nested too deeply for Python (more than 200 levels).", place)
    return _without_collector(source)


def _without_collector(source: SourceFile) -> cst.Module:
    # Parsing allocates millions of objects and frees none: the collector only costs (1.6 times the time, measured).
    collecting = gc.isenabled()
    gc.disable()
    try:
        return cst.parse_module(source.text)
    except cst.ParserSyntaxError as error:
        raise _located(error, source) from None
    finally:
        if collecting:
            gc.enable()


def _too_deep(source: SourceFile) -> Place | None:
    """Where brackets are nested deeper than CPython allows, or None."""
    text = source.text
    if max(text.count(bracket) for bracket in "([{") * 3 <= MAX_BRACKETS:
        return None
    depth = position = 0
    while (match := _BRACKETS.search(text, position)) is not None:
        position = match.end()
        if match["open"]:
            depth += 1
            if depth > MAX_BRACKETS:
                return source.place(match.start(), match.end())
        elif match["close"]:
            depth = max(0, depth - 1)
        elif match["triple"]:
            end = re.compile(r"(?:[^\\]|\\[\s\S])*?" + match["triple"]).match(text, position)
            position = len(text) if end is None else end.end()
        elif match[0][0] in "\"'":
            position += 1  # the closing quote, or the line end of an unterminated string
    return None


def _located(error: cst.ParserSyntaxError, source: SourceFile) -> SourceError:
    """libcst names the end of the offending token for its parser's errors, and no place for its tokenizer's."""
    match = re.match(r"parser error: error at (\d+):(\d+)", error.message)
    if match is None:
        line = _tokenizer_error_line(source)
        detail = re.sub(r"^tokenizer error: ", "", error.message).strip().rstrip(".")
        return SourceError(f"This file does not parse: {detail}.", _whole_line(source, line))
    line = min(int(match[1]), len(source.lines))
    text = source.lines[line - 1]
    end = min(int(match[2]), len(text)) if line == int(match[1]) else len(text)
    start = max(end - _TOKEN_LIMIT, 0)
    token = re.search(r"""(?:\w*(['"])(?:(?!\1).)*\1|\w+|\S)$""", text[start:end])
    if token is None:
        what = (
            "the file ends too early"
            if not text[end:].strip() and line >= len(source.lines) - 1
            else "unexpected indentation or line end"
        )
        return SourceError(f"This file does not parse: {what}.", Place(line, end + 1, line, end + 1))
    return SourceError(
        f"This file does not parse: unexpected `{token[0]}`.", Place(line, start + token.start() + 1, line, end + 1)
    )


def _tokenizer_error_line(source: SourceFile) -> int:
    """The first line with which the text stops tokenizing, found by halving."""
    starts = [*source.line_starts[1:], len(source.text)]
    low, high = 0, len(starts) - 1
    while low < high:
        middle = (low + high) // 2
        try:
            cst.parse_module(source.text[: starts[middle]])
            fails = False
        except cst.ParserSyntaxError as error:
            fails = error.message.startswith("tokenizer error")
        low, high = (low, middle) if fails else (middle + 1, high)
    return low + 1


def _whole_line(source: SourceFile, line: int) -> Place:
    text = source.lines[line - 1]
    return Place(line, len(text) - len(text.lstrip()) + 1, line, max(len(text.rstrip()), 1) + 1)
