"""What declarations declare, and which statements are loops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

LOOPS = frozenset({"for_statement", "while_statement", "do_statement", "for_range_loop"})


def declared(declaration: Node) -> Iterator[tuple[Node, int, bool]]:
    """The variables that a declaration declares: the name, how many stars are at it, and whether it is an array."""
    for node in declaration.children_by_field_name("declarator"):
        inner: Node | None = node
        pointers, is_array = 0, False
        while inner is not None and inner.type not in ("identifier", "function_declarator"):
            pointers += inner.type == "pointer_declarator"
            is_array = is_array or inner.type == "array_declarator"
            inner = inner.child_by_field_name("declarator")
        if inner is not None and inner.type == "identifier":
            yield inner, pointers, is_array


def parameters(function: Node) -> Sequence[Node]:
    """The declarations of a function's parameters."""
    declarator = function.child_by_field_name("declarator")
    while declarator is not None and declarator.type != "function_declarator":
        declarator = declarator.child_by_field_name("declarator")
    listed = None if declarator is None else declarator.child_by_field_name("parameters")
    return () if listed is None else listed.named_children
