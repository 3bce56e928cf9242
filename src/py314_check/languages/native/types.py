"""The names of the types that expressions certainly have: casts, and variables by their declarations."""

from __future__ import annotations

import re
from collections.abc import Sequence
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


def type_name(code: _Code, node: Node) -> str:
    """The last word of an expression's type, past pointers to it; empty where that is not certain."""
    while node.type in _INSIDE and (
        inner := node.child_by_field_name("argument") or next(iter(node.named_children), None)
    ):
        node = inner
    if node.type == "cast_expression":
        kind = node.child_by_field_name("type")
        return "" if kind is None else _last_word(code.text(kind))
    function = code.function(node) if node.type == "identifier" else None
    if function is None:
        return ""
    name = code.text(node)
    for declaration in (*parameters(function), *code.inside("declaration", function)):
        if any(code.text(one) == name for one, _, _ in declared(declaration)):
            kind = declaration.child_by_field_name("type")
            return "" if kind is None else _last_word(code.text(kind))
    return next((_last_word(one.type) for one in code.statics if one.name == name), "")


def _last_word(kind: str) -> str:
    words: list[str] = _WORD.findall(kind)
    return words[-1] if words else ""
