"""The names of the types that expressions certainly have: casts, and variables by their declarations."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from py314_check.api import Static
from py314_check.languages.native.declarations import declared, parameters

if TYPE_CHECKING:
    from tree_sitter import Node

_WORD = re.compile(r"\w+")
_INSIDE = ("parenthesized_expression", "pointer_expression", "subscript_expression")


class _Code(Protocol):
    """What is asked of the file."""

    @property
    def statics(self) -> Sequence[Static]: ...
    def text(self, node: Node) -> str: ...
    def function(self, node: Node) -> Node | None: ...
    def inside(self, kind: str, function: Node | None) -> Sequence[Node]: ...


class Types:
    """Answers for one file."""

    def __init__(self, code: _Code) -> None:
        self._code = code
        self._by_function: dict[int, dict[str, str]] = {}

    def name(self, node: Node) -> str:
        """The last word of an expression's type, past pointers to it; empty where that is not certain."""
        while node.type in _INSIDE:
            inner = node.child_by_field_name("argument") or next(iter(node.named_children), None)
            if inner is None:
                break
            node = inner
        if node.type == "cast_expression":
            kind = node.child_by_field_name("type")
            return "" if kind is None else _last_word(self._code.text(kind))
        function = self._code.function(node) if node.type == "identifier" else None
        if function is None:
            return ""
        name = self._code.text(node)
        own = self.declared(function)
        return own[name] if name in own else self._of_statics.get(name, "")

    def declared(self, function: Node) -> dict[str, str]:
        """The parameters and variables of a function, each with the last word of its type."""
        if function.id not in self._by_function:
            found: dict[str, str] = {}
            for declaration in (*parameters(function), *self._code.inside("declaration", function)):
                kind = declaration.child_by_field_name("type")
                for one, _, _ in declared(declaration):
                    found.setdefault(self._code.text(one), "" if kind is None else _last_word(self._code.text(kind)))
            self._by_function[function.id] = found
        return self._by_function[function.id]

    @cached_property
    def _of_statics(self) -> dict[str, str]:
        return {one.name: _last_word(one.type) for one in reversed(self._code.statics)}


def _last_word(kind: str) -> str:
    words: list[str] = _WORD.findall(kind)
    return words[-1] if words else ""
