"""The tree of a Python file: parsing with libcst, and a read-only walk over what libcst made.

libcst's own ``Module.visit`` rebuilds the tree as it goes; walking the child fields in place, past whitespace and
punctuation, measured 15 times as fast.

Its nodes are abstract base classes, to which an ``isinstance`` that does not hold costs ten times what ``type`` does:
what is asked at every step of every node asks for the type.
"""

from __future__ import annotations

import dataclasses
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from operator import attrgetter
from typing import Any, get_args

import libcst as cst

from py314_check.api import NodeT
from py314_check.model import Place
from py314_check.source import SourceError, SourceFile

Handler = Callable[[cst.CSTNode], None]
Handlers = Mapping[type[cst.CSTNode], Sequence[Handler]]

MAX_BRACKETS = 200
"""CPython's own limit ("too many nested parentheses"); far beyond it libcst would exhaust the stack."""

DEFINITIONS = (cst.FunctionDef, cst.Lambda, cst.ClassDef)
SUITES: frozenset[type[cst.CSTNode]] = frozenset({cst.IndentedBlock, cst.SimpleStatementSuite})
"""What holds the statements of a body."""

_PUNCTUATION = frozenset(
    """
    asynchronous colon comma comment dot empty_lines equal first_colon first_line footer header indent lbrace lbracket
    leading_lines leading_whitespace lines_after_decorators last_line lpar newline operator posonly_ind rbrace rbracket
    relative rpar second_colon semicolon separator trailing_comma trailing_whitespace
    """.split()
)
_VALIDATE = cst.CSTNode.__post_init__
_PIECE = 40_000
"""How long the parts of a long text are at least, in characters."""
_CUT = re.compile(r"(?:(?<=\n\n)|(?<=\r\n\r\n))(?=def |class |@|async def )")
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


def _light_hashes() -> None:
    """Gives nodes the hash by identity that any object has: theirs is the same, written in Python.

    The tables of an analysis are keyed by nodes. It measured a quarter of the time of filling them.
    """
    kinds: list[type] = [cst.CSTNode]
    for kind in kinds:  # grows as it is read
        kinds += kind.__subclasses__()
        type.__setattr__(kind, "__hash__", object.__hash__)


_light_hashes()


def _may_be_node(annotation: object) -> bool:
    """Whether what a field is declared to be may be a node, or hold some."""
    inner = get_args(annotation)
    if inner:
        return any(map(_may_be_node, inner))
    return annotation not in (str, bool, type(None)) and not isinstance(annotation, str)


class _ChildFields(dict[type, tuple[str, ...]]):
    """Node type -> the fields that hold its children in order of evaluation; empty for what is no node."""

    def __missing__(self, kind: type) -> tuple[str, ...]:
        found: tuple[str, ...] = ()
        if issubclass(kind, cst.CSTNode):
            fields = {one.name: one.type for one in dataclasses.fields(kind) if _may_be_node(one.type)}
            names = _EVALUATION_ORDER.get(kind) or fields
            found = tuple(name for name in names if name not in _PUNCTUATION and not name.startswith("whitespace"))
        self[kind] = found
        return found


class _Getters(dict[type, Callable[[Any], tuple[Any, ...]] | None]):
    """Node type -> what gets the values of these fields, the last first; None where there are none."""

    def __missing__(self, kind: type) -> Callable[[Any], tuple[Any, ...]] | None:
        fields = _FIELDS[kind][::-1]
        self[kind] = attrgetter(*fields) if len(fields) > 1 else _only(*fields) if fields else None
        return self[kind]


def _only(field: str) -> Callable[[Any], tuple[Any, ...]]:
    get = attrgetter(field)
    return lambda node: (get(node),)


class _IsNode(dict[type, bool]):
    """Type -> whether it is a node's."""

    def __missing__(self, kind: type) -> bool:
        self[kind] = issubclass(kind, cst.CSTNode)
        return self[kind]


_FIELDS = _ChildFields()
_GETTERS = _Getters()
_IS_NODE = _IsNode()


class Tree:
    """The nodes of a file that carry meaning."""

    def __init__(self, module: cst.Module) -> None:
        self.module = module
        self.nodes: list[cst.CSTNode] = []
        """The nodes in order of evaluation, parents first."""
        self.parents: dict[cst.CSTNode, cst.CSTNode] = {}
        self._by_type: defaultdict[type[cst.CSTNode], list[Any]] = defaultdict(list)
        self._list()
        self.order: dict[cst.CSTNode, int] = dict(zip(self.nodes, range(len(self.nodes)), strict=True))
        """Where each node stands in that order."""

    def _list(self) -> None:
        parents, by_type, stack = self.parents, self._by_type, [self.module]
        pop, push, add = stack.pop, stack.append, self.nodes.append
        while stack:  # what `children` does, without making a list for each node
            node = pop()
            kind = type(node)
            add(node)
            by_type[kind].append(node)
            get = _GETTERS[kind]
            if get is None:
                continue
            for value in get(node):
                given = type(value)
                if given is tuple or given is list:
                    for child in reversed(value):
                        parents[child] = node
                        push(child)
                elif _IS_NODE[given]:
                    parents[value] = node
                    push(value)

    def of_type(self, kind: type[NodeT]) -> list[NodeT]:
        """The nodes of a type, in order."""
        return self._by_type[kind]

    def of_types(self, kinds: Iterable[type[cst.CSTNode]]) -> list[Any]:
        """The nodes of some types, in order."""
        found = [node for kind in kinds for node in self._by_type[kind]]
        found.sort(key=self.order.__getitem__)
        return found

    def walk(self, visit: Handlers, leave: Handlers) -> None:
        """Calls the handlers of each node's type when it is reached and when its children are done."""
        order, parents = self.order, self.parents
        opened: list[cst.CSTNode] = []  # those that are to be left, the innermost last
        innermost = -1  # where the last of them stands: what is inside has its parent there or behind it
        nothing: Sequence[Handler] = ()
        for node in self.nodes:
            while innermost > 0 and order[parents[node]] < innermost:
                innermost = _leave(opened, leave, order)
            kind = type(node)
            for handler in visit.get(kind, nothing):
                handler(node)
            if kind in leave:
                opened.append(node)
                innermost = order[node]
        while opened:
            _leave(opened, leave, order)


def _leave(opened: list[cst.CSTNode], leave: Handlers, order: Mapping[cst.CSTNode, int]) -> int:
    """Leaves the innermost of some nodes, and returns where the next one stands."""
    node = opened.pop()
    for handler in leave[type(node)]:
        handler(node)
    return order[opened[-1]] if opened else -1


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
        if own and type(one) in DEFINITIONS and one is not node:
            continue
        get = _GETTERS[type(one)]
        for value in get(one) if get is not None else ():
            kind = type(value)
            if kind is tuple or kind is list:
                stack.extend(reversed(value))
            elif _IS_NODE[kind]:
                stack.append(value)


def parse(source: SourceFile) -> cst.Module:
    """Parses the text. Raises SourceError, with the place as exactly as it can be told, for what libcst rejects."""
    place = _too_deep(source)
    if place is not None:
        raise SourceError("Brackets are nested too deeply for Python (more than 200 levels).", place)
    try:
        with _unvalidated():
            return _parsed_in_pieces(source.text) or cst.parse_module(source.text)
    except cst.ParserSyntaxError as error:
        raise _located(error, source) from None


def _parsed_in_pieces(text: str) -> cst.Module | None:
    """What libcst makes of a long text as a whole, made of its parts: that takes a third of the memory.

    It is cut where a definition begins at the start of a line, behind a blank one. If that is in a string or brackets,
    or behind a decorator, the part before does not parse. None where that is so, and where there is but one part.
    """
    cuts = [0]
    for match in _CUT.finditer(text, _PIECE):
        if match.start() - cuts[-1] >= _PIECE:
            cuts.append(match.start())
    if len(cuts) == 1:
        return None
    try:
        first, *others = [cst.parse_module(text[start:end]) for start, end in pairwise([*cuts, len(text)])]
    except cst.ParserSyntaxError:
        return None
    style = first.default_indent, first.default_newline
    if not first.body or any((one.default_indent, one.default_newline) != style for one in others):
        return None
    body, footer = [*first.body], first.footer
    for one in others:
        definition: Any = one.body[0]
        body += [definition.with_changes(leading_lines=[*footer, *definition.leading_lines]), *one.body[1:]]
        footer = one.footer
    return first.with_changes(body=body, footer=footer, has_trailing_newline=others[-1].has_trailing_newline)


@contextmanager
def _unvalidated() -> Iterator[None]:
    """Nodes check what they are made with, since anybody makes some. The parser's are right: a seventh of its time."""
    type.__setattr__(cst.CSTNode, "__post_init__", lambda node: None)
    try:
        yield
    finally:
        type.__setattr__(cst.CSTNode, "__post_init__", _VALIDATE)


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
