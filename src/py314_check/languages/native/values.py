"""All that is ever put into a variable of a function, or into a field, as far as the file shows it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from py314_check.api import Static
from py314_check.languages.native.declarations import declared, parameters
from py314_check.languages.native.types import type_name

if TYPE_CHECKING:
    from tree_sitter import Node


class _Code(Protocol):
    """What is asked of the file."""

    @property
    def statics(self) -> Sequence[Static]: ...
    def text(self, node: Node) -> str: ...
    def name(self, node: Node | None) -> str: ...
    def arguments(self, call: Node) -> Sequence[Node]: ...
    def calls(self, function: Node | None = None) -> Sequence[Node]: ...
    def function(self, node: Node) -> Node | None: ...
    def inside(self, kind: str, function: Node | None) -> Sequence[Node]: ...


class Values:
    """Answers for one file."""

    def __init__(self, code: _Code) -> None:
        self._code = code

    def put_into(self, place: Node) -> Sequence[Node] | None:
        """What is put into a variable or field; None where something else may put more there."""
        if place.type == "field_expression":
            kind, field = self._field(place)
            return None if not kind or field in self._given_away else self._by_field[kind, field]
        function = self._code.function(place)
        if place.type != "identifier" or function is None:
            return None
        name = self._code.text(place)
        if not self._declares(name, self._code.inside("declaration", function)):
            return None
        if self._declares(name, parameters(function)) or any(one.name == name for one in self._code.statics):
            return None
        given = (argument for call in self._code.calls(function) for argument in self._code.arguments(call))
        if any(self._code.text(argument) == f"&{name}" for argument in given):
            return None
        return list(self.of_variable(name, function))

    def put_here(self, place: Node) -> list[Node]:
        """What the function around a variable or field puts there, where both are written alike."""
        function, written = self._code.function(place), self._code.text(place)
        if function is None:
            return []
        pairs = [
            (one.child_by_field_name("left"), one.child_by_field_name("right"))
            for one in self._code.inside("assignment_expression", function)
        ]
        setting = (call for call in self._code.calls(function) if self._code.name(call) in ("Py_SETREF", "Py_XSETREF"))
        pairs += [(arguments[0], arguments[1]) for call in setting if len(arguments := self._code.arguments(call)) == 2]
        return [value for left, value in pairs if left and value and self._code.text(left) == written]

    def of_variable(self, name: str, function: Node) -> Iterator[Node]:
        """What a function itself puts into a variable."""
        for kind, target, field in (
            ("assignment_expression", "left", "right"),
            ("init_declarator", "declarator", "value"),
        ):
            for node in self._code.inside(kind, function):
                left, value = node.child_by_field_name(target), node.child_by_field_name(field)
                if left is None or value is None or left.type in ("field_expression", "subscript_expression"):
                    continue
                if self._code.name(left) == name:
                    yield value

    def _declares(self, name: str, declarations: Sequence[Node]) -> bool:
        return any(self._code.text(one) == name for each in declarations for one, _, _ in declared(each))

    def _field(self, node: Node) -> tuple[str, str]:
        """The type that a field is of, as far as it is certain, and its name."""
        base, field = node.child_by_field_name("argument"), node.child_by_field_name("field")
        if base is None or field is None:
            return "", ""
        return type_name(self._code, base), self._code.text(field)

    @cached_property
    def _by_field(self) -> defaultdict[tuple[str, str], list[Node]]:
        found: defaultdict[tuple[str, str], list[Node]] = defaultdict(list)
        for node in self._code.inside("assignment_expression", None):
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if left is not None and right is not None and left.type == "field_expression":
                found[self._field(left)].append(right)
        return found

    @cached_property
    def _given_away(self) -> set[str]:
        """The names of fields whose address some function gets, or that are set through what is not a plain name."""
        given = (argument for call in self._code.calls() for argument in self._code.arguments(call))
        return {self._code.name(one) for one in given if one.type == "pointer_expression"} | {
            field for kind, field in self._by_field if not kind
        }
