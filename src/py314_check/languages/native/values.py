"""All that is ever put into a variable of a function, or into a field, as far as the file shows it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from py314_check.api import Static
from py314_check.languages.native.declarations import declared, parameters

if TYPE_CHECKING:
    from tree_sitter import Node

    from py314_check.languages.native.types import Types

_SETTING = ("Py_SETREF", "Py_XSETREF")


class _Code(Protocol):
    """What is asked of the file."""

    types: Types

    @property
    def statics(self) -> Sequence[Static]: ...
    def text(self, node: Node) -> str: ...
    def name(self, node: Node | None) -> str: ...
    def arguments(self, call: Node) -> Sequence[Node]: ...
    def calls(self, function: Node | None = None) -> Sequence[Node]: ...
    def function(self, node: Node) -> Node | None: ...
    def inside(self, kind: str, function: Node | None) -> Sequence[Node]: ...


@dataclass(frozen=True)
class _Function:
    """What a function puts where: into variables by name, and into whatever by how it is written."""

    variables: dict[str, list[Node]] = field(default_factory=lambda: defaultdict(list))
    places: dict[str, list[Node]] = field(default_factory=lambda: defaultdict(list))
    given_away: set[str] = field(default_factory=set)
    """What is written behind an ``&`` in arguments of calls."""


class Values:
    """Answers for one file."""

    def __init__(self, code: _Code) -> None:
        self._code = code
        self._by_function: dict[int, _Function] = {}

    def put_into(self, place: Node) -> Sequence[Node] | None:
        """What is put into a variable or field; None where something else may put more there."""
        if place.type == "field_expression":
            kind, name = self._field(place)
            return None if not kind or name in self._given_away else self._by_field[kind, name]
        function = self._code.function(place)
        if place.type != "identifier" or function is None:
            return None
        name = self._code.text(place)
        if name not in self._code.types.declared(function) or name in self._statics:
            return None
        if any(self._code.text(one) == name for each in parameters(function) for one, _, _ in declared(each)):
            return None
        found = self._of(function)
        return None if name in found.given_away else found.variables.get(name, [])

    def put_here(self, place: Node) -> Sequence[Node]:
        """What the function around a variable or field puts there, where both are written alike."""
        function = self._code.function(place)
        return [] if function is None else self._of(function).places.get(self._code.text(place), [])

    def _of(self, function: Node) -> _Function:
        if function.id in self._by_function:
            return self._by_function[function.id]
        found = self._by_function[function.id] = _Function()
        for kind, target, source in (
            ("assignment_expression", "left", "right"),
            ("init_declarator", "declarator", "value"),
        ):
            for node in self._code.inside(kind, function):
                left, value = node.child_by_field_name(target), node.child_by_field_name(source)
                if left is None or value is None:
                    continue
                found.places[self._code.text(left)].append(value)
                if left.type not in ("field_expression", "subscript_expression"):
                    found.variables[self._code.name(left)].append(value)
        for call in self._code.calls(function):
            arguments = self._code.arguments(call)
            if len(arguments) == 2 and self._code.name(call) in _SETTING:
                found.places[self._code.text(arguments[0])].append(arguments[1])
            written = map(self._code.text, arguments)
            found.given_away.update(one[1:] for one in written if one.startswith("&"))
        return found

    def _field(self, node: Node) -> tuple[str, str]:
        """The type that a field is of, as far as it is certain, and its name."""
        base, name = node.child_by_field_name("argument"), node.child_by_field_name("field")
        if base is None or name is None:
            return "", ""
        return self._code.types.name(base), self._code.text(name)

    @cached_property
    def _statics(self) -> set[str]:
        return {one.name for one in self._code.statics}

    @cached_property
    def _by_field(self) -> Mapping[tuple[str, str], list[Node]]:
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
            name for kind, name in self._by_field if not kind
        }
