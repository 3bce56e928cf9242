"""Variables that all threads share: those of the file, and static ones of functions; and where they are written."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from py314_check.api import Static
from py314_check.languages.native.declarations import declared, parameters

if TYPE_CHECKING:
    from tree_sitter import Node

_NOT_SHARED = re.compile(r"(?i)thread_?local|\b__thread\b|_tls\b|declspec\s*\(\s*thread|atomic|\bextern\b|\btypedef\b")
_STATIC = re.compile(r"\bstatic\b")
_WRITING = frozenset({"Py_CLEAR", "Py_SETREF", "Py_XSETREF"})
_AT_FILE_SCOPE = frozenset({"translation_unit", "declaration_list", "linkage_specification"})


class Statics:
    """Finds them. A variable's declaration and a write are matched by name, past locals and parameters of that name."""

    def __init__(self, text: Callable[[Node], str], function: Callable[[Node], Node | None]) -> None:
        self._text = text
        self._function = function

    def find(self, declarations: Iterable[Node], assignments: Iterable[Node], calls: Iterable[Node]) -> list[Static]:
        found: dict[tuple[int, str], tuple[str, Node]] = {}
        arrays = set()
        locals_: defaultdict[int, set[str]] = defaultdict(set)
        for declaration in declarations:
            around = self._function(declaration)
            variables = list(declared(declaration))
            if around is not None:
                locals_[around.id] |= {self._text(name) for name, _, _ in variables}
            if not variables or not self._is_shared(declaration, variables[0][0], around):
                continue
            kind = declaration.child_by_field_name("type")
            for node, pointers, is_array in variables:
                key = (0 if around is None else around.id, self._text(node))
                found.setdefault(key, ("" if kind is None else self._text(kind) + " " + "*" * pointers, node))
                if is_array:
                    arrays.add(key)
        writes: defaultdict[tuple[int, str], list[Node]] = defaultdict(list)
        names = {name for _, name in found}
        for write, target in self._writes(assignments, calls):
            is_element = target.type == "subscript_expression"
            name = self._text(_base(target))
            function = self._function(write) if name in names else None
            if function is None:
                continue
            key = (function.id, name)
            if key not in found and name not in locals_[function.id] and not self._is_parameter(name, function):
                key = (0, name)
            if key in found and is_element is (key in arrays):
                writes[key].append(write)
        return [
            Static(name, kind.rstrip(), node, tuple(sorted(writes[key], key=lambda write: write.start_byte)))
            for key, (kind, node) in found.items()
            for name in [key[1]]
        ]

    def _is_shared(self, declaration: Node, first: Node, around: Node | None) -> bool:
        head = self._text(declaration)[: first.start_byte - declaration.start_byte]
        if _NOT_SHARED.search(head):
            return False
        if _STATIC.search(head):
            return True
        parent = declaration.parent if around is None else None
        return parent is not None and parent.type in _AT_FILE_SCOPE

    def _is_parameter(self, name: str, function: Node) -> bool:
        return any(self._text(one) == name for each in parameters(function) for one, _, _ in declared(each))

    @staticmethod
    def _writes(assignments: Iterable[Node], calls: Iterable[Node]) -> Iterator[tuple[Node, Node]]:
        for node in assignments:
            target = node.child_by_field_name("left")
            if target is not None and target.type in ("identifier", "subscript_expression"):
                yield node, target
        for node in calls:
            called, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
            if called is None or arguments is None or called.type != "identifier" or not arguments.named_children:
                continue
            if called.text is not None and called.text.decode() in _WRITING:
                target = arguments.named_children[0]
                if target.type in ("identifier", "subscript_expression"):
                    yield node, target


def _base(target: Node) -> Node:
    """The variable that an element is one of."""
    while target.type == "subscript_expression":
        inner = target.child_by_field_name("argument")
        if inner is None:
            break
        target = inner
    return target
