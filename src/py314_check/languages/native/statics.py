"""Variables that all threads share: those of the file, and static ones of functions; and where they are written."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from py314_check.api import Static
from py314_check.languages.native.declarations import declared, parameters

if TYPE_CHECKING:
    from tree_sitter import Node

_NOT_SHARED = re.compile(r"(?i)thread_?local|\b__thread\b|_tls\b|declspec\s*\(\s*thread|atomic|\bextern\b|\btypedef\b")
_STATIC = re.compile(r"\bstatic\b")
_ATOMIC = re.compile(r"(?i)atomic|^__sync_|^_?Interlocked")
_WRITING = re.compile(
    r"Py_(?:CLEAR|X?SETREF)|w?mem(?:cpy|move|set|zero)|str(?:n?cpy|n?cat|l?cpy|l?cat)|v?sn?printf|PyOS_v?snprintf"
)
"""Functions and macros that write to what their first argument names."""
_CONTAINER = re.compile(
    r"\b(?:unordered_)?(?:multi)?(?:map|set)\b|\b(?:vector|array|deque|(?:forward_)?list|queue|stack|basic_string|string)\b"
)
_CHANGING = frozenset(
    "push_back emplace_back push_front emplace_front pop_back pop_front push pop emplace try_emplace insert"
    " insert_or_assign erase clear resize reserve append assign swap merge extract".split()
)
"""Methods of C++ containers that change them."""
_AT_FILE_SCOPE = frozenset({"translation_unit", "declaration_list", "linkage_specification"})
_Key = tuple[int, str]


class Statics:
    """Finds them. A variable's declaration and a write are matched by name, past locals and parameters of that name."""

    def __init__(self, text: Callable[[Node], str], function: Callable[[Node], Node | None]) -> None:
        self._text = text
        self._function = function
        self._locals: defaultdict[int, set[str]] = defaultdict(set)

    def find(
        self,
        declarations: Iterable[Node],
        assignments: Iterable[Node],
        updates: Iterable[Node],
        calls: Sequence[Node],
    ) -> list[Static]:
        found = self._declared(declarations)
        names = {name for _, name in found}
        writes: defaultdict[_Key, list[Node]] = defaultdict(list)
        for write, target in self._writes(assignments, updates, calls):
            variable, is_part = _variable(target)
            name = self._text(variable)
            key = self._key(name, write, found) if name in names else None
            if key is not None and self._is_written(found[key], write, is_part=is_part):
                writes[key].append(write)
        atomic = self._atomic(calls, found, names)
        return [
            Static(one.name, one.type, one.node, one.is_array, tuple(sorted(writes[key], key=lambda w: w.start_byte)))
            for key, one in found.items()
            if key not in atomic
        ]

    def _declared(self, declarations: Iterable[Node]) -> dict[_Key, Static]:
        found: dict[_Key, Static] = {}
        for declaration in declarations:
            around = self._function(declaration)
            variables = list(declared(declaration))
            if around is not None:
                self._locals[around.id] |= {self._text(name) for name, _, _ in variables}
            if not variables or not self._is_shared(declaration, variables[0][0], around):
                continue
            kind = declaration.child_by_field_name("type")
            for node, pointers, is_array in variables:
                name = self._text(node)
                of_type = "" if kind is None else self._text(kind) + " " + "*" * pointers
                static = Static(name, of_type.rstrip(), node, is_array, ())
                found.setdefault((0 if around is None else around.id, name), static)
        return found

    def _is_shared(self, declaration: Node, first: Node, around: Node | None) -> bool:
        head = self._text(declaration)[: first.start_byte - declaration.start_byte]
        if _NOT_SHARED.search(head):
            return False
        if _STATIC.search(head):
            return True
        parent = declaration.parent if around is None else None
        return parent is not None and parent.type in _AT_FILE_SCOPE

    def _key(self, name: str, use: Node, found: dict[_Key, Static]) -> _Key | None:
        """The variable that a name means in a function."""
        function = self._function(use)
        if function is None:
            return None
        own = (function.id, name)
        if own in found:
            return own
        if name in self._locals[function.id] or self._is_parameter(name, function):
            return None
        return (0, name) if (0, name) in found else None

    def _is_parameter(self, name: str, function: Node) -> bool:
        return any(self._text(one) == name for each in parameters(function) for one, _, _ in declared(each))

    def _is_written(self, variable: Static, write: Node, *, is_part: bool) -> bool:
        """Whether a write goes to a variable itself: not to what a pointer points to, nor by who knows what method."""
        if variable.is_array:
            return is_part or write.type == "call_expression"
        if variable.type.endswith("*"):
            return not is_part
        is_called = write.type == "call_expression" and _is_method(write)
        return not is_called or _CONTAINER.search(variable.type) is not None

    def _writes(
        self, assignments: Iterable[Node], updates: Iterable[Node], calls: Iterable[Node]
    ) -> Iterator[tuple[Node, Node]]:
        """What writes, and what to."""
        for nodes, field in ((assignments, "left"), (updates, "argument")):
            for node in nodes:
                target = node.child_by_field_name(field)
                if target is not None:
                    yield node, target
        for node in calls:
            called, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
            if called is None or arguments is None:
                continue
            if _is_method(node):
                method, target = called.child_by_field_name("field"), called.child_by_field_name("argument")
                if method is not None and target is not None and self._text(method) in _CHANGING:
                    yield node, target
            elif arguments.named_children and _WRITING.fullmatch(self._text(called).removeprefix("std::")):
                yield node, arguments.named_children[0]

    def _atomic(self, calls: Iterable[Node], found: dict[_Key, Static], names: set[str]) -> set[_Key]:
        """The variables whose address something gets that works on atomics."""
        atomic = set()
        for node in calls:
            called, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
            if called is None or arguments is None or not _ATOMIC.search(self._text(called)):
                continue
            for argument in arguments.named_children:
                name = self._text(_variable(argument)[0])
                key = self._key(name, node, found) if name in names else None
                if key is not None:
                    atomic.add(key)
        return atomic


def _is_method(call: Node) -> bool:
    called = call.child_by_field_name("function")
    return called is not None and called.type == "field_expression"


def _variable(target: Node) -> tuple[Node, bool]:
    """The variable that is written to, and whether only a part of it is: an element, a field."""
    is_part = False
    while True:
        inner = target.child_by_field_name("argument")
        if target.type == "field_expression":
            operator = target.child_by_field_name("operator")
            if operator is None or operator.type != ".":
                return target, is_part
        elif target.type == "pointer_expression":  # &variable
            operator = target.child_by_field_name("operator")
            if operator is None or operator.type != "&":
                return target, is_part
        elif target.type in ("parenthesized_expression", "cast_expression"):
            inner = target.named_children[-1] if target.named_children else None
        elif target.type != "subscript_expression":
            return target, is_part
        if inner is None:
            return target, is_part
        is_part = is_part or target.type in ("field_expression", "subscript_expression")
        target = inner
