"""Whose a container is: made here and not yet handed out, an argument, or somebody's that all threads share.

Followed are variables, casts, parameters of functions that the file alone calls, and what functions of the file
return, a few steps far. Of a variable counts what may be put into it before, from the last assignment on that all ways
come by; what is stored elsewhere is shared from there on.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from py314_check.api import Owner, Static
from py314_check.languages.native.declarations import LOOPS, declared, parameters
from py314_check.languages.native.types import Types

if TYPE_CHECKING:
    from tree_sitter import Node

_STEPS = 6
_LOOKS = 100
"""How many expressions are looked at for one answer: callers of callers of callers can be many."""
_MAKERS = frozenset(
    "PyList_New PyList_GetSlice PyList_AsTuple PyDict_New PyDict_Copy PyDict_Keys PyDict_Values PyDict_Items"
    " PyMapping_Keys PyMapping_Values PyMapping_Items PySequence_List PySequence_Tuple PySequence_GetSlice"
    " PyObject_Dir PyUnicode_Split PyUnicode_Splitlines PyUnicode_RSplit PyUnicode_Partition Py_BuildValue"
    " PyTuple_New PyTuple_Pack PyTuple_GetSlice PyFrozenSet_New PySet_New PyWeakref_NewRef"
    " PyBytes_FromStringAndSize PyUnicode_New".split()
)
_SAME = frozenset({"Py_NewRef", "Py_XNewRef", "PySequence_Fast", "_PyObject_CAST", "_Py_CAST"})
_OF_TUPLE = frozenset({"PyTuple_GetItem", "PyTuple_GET_ITEM"})
_HANDED_OUT = _OF_TUPLE | {"PySequence_GetItem", "PyObject_GetItem", "PyIter_Next"}
_PARSERS = re.compile(r"PyArg_\w+|_PyArg_\w+")
_KEYWORDS = re.compile(r"k(?:ey)?w(?:ord)?(?:arg|d|name)?s?|py_?kwargs|keywds|args")
_UNPICKLES = re.compile(r"(?i)set_?state|unpickl")
_CHANGES = re.compile(
    r"_?Py(?:List_(?:Append|Insert|Set|SET|Sort|Reverse|Clear|Extend)|Dict_(?:Set|Del|Clear|Update|Merge|Pop))\w*"
)
_ATTRIBUTE = re.compile(rb"T_OBJECT(?:_EX)?\s*,\s*offsetof\s*\([^,()]*,\s*(\w+)\s*\)")
_NOTHING = frozenset({"NULL", "nullptr", "0", "Py_None"})
_INSIDE = ("parenthesized_expression", "cast_expression")
_PARTS = frozenset(
    "expression_statement declaration init_declarator assignment_expression parenthesized_expression condition_clause"
    " unary_expression cast_expression comma_expression call_expression argument_list".split()
)
"""What runs all of what it is made of."""
_FIRST_OF = {
    "binary_expression": "left",
    "conditional_expression": "condition",
    "if_statement": "condition",
    "while_statement": "condition",
    "switch_statement": "condition",
}
"""What runs one of its parts in any case: this."""
_STRUCT = re.compile(rb"\b(?:struct|class)\b\s*(?P<tag>\w*)[^;{}()=]*\{\s*(?P<first>[^;]*)")
_HEAD = re.compile(rb"PyObject_(?:VAR_)?HEAD|PyException_HEAD|\w*Object\s+\w+\s*$")
_OBJECT_TYPE = re.compile(r"Object$|(?i:mod(?:ule)?_?state|globals?)")


class _Code(Protocol):
    """What is asked of the file."""

    code: bytes
    types: Types

    @property
    def functions(self) -> Mapping[str, Node]: ...
    @property
    def statics(self) -> Sequence[Static]: ...
    def text(self, node: Node) -> str: ...
    def name(self, node: Node | None) -> str: ...
    def arguments(self, call: Node) -> Sequence[Node]: ...
    def calls(self, function: Node | None = None) -> Sequence[Node]: ...
    def function(self, node: Node) -> Node | None: ...
    def callers(self, function: Node) -> Sequence[Node] | None: ...
    def inside(self, kind: str, function: Node | None) -> Sequence[Node]: ...


@dataclass(frozen=True)
class _Uses:
    """What a function does with its variables, by their names, each in the order of the file."""

    values: defaultdict[str, list[Node]] = field(default_factory=lambda: defaultdict(list))
    """What is put into a variable."""
    elements: defaultdict[str, list[Node]] = field(default_factory=lambda: defaultdict(list))
    """What is put into an element of it."""
    places: defaultdict[str, list[Node]] = field(default_factory=lambda: defaultdict(list))
    """The fields that its value is stored in."""
    takers: defaultdict[str, list[Node]] = field(default_factory=lambda: defaultdict(list))
    """The calls that are given its address."""
    loops: list[tuple[int, int]] = field(default_factory=list)
    """The loops that no other is around: where each starts and ends."""


class Owners:
    """Answers for one file."""

    def __init__(self, code: _Code) -> None:
        self._code = code
        self._left = 0
        self._uses_in: dict[int, _Uses] = {}
        self._blocks: dict[int, int] = {}

    def owner(self, node: Node) -> Owner:
        """Whose the container is that an expression stands for."""
        self._left = _LOOKS
        return self._owner(node, _STEPS)

    def is_changed(self, node: Node) -> bool:
        """Whether the file changes a container of that name in place, or hands it out as an attribute."""
        names = {self._code.name(node)}
        function = self._code.function(node)
        if function is not None and node.type == "identifier":
            name = self._code.text(node)
            uses = self._uses(function)
            names |= {self._code.name(self._passed_on(value)) for value in uses.values[name]}
            names |= {self._code.name(place) for place in uses.places[name]}
        return not names.isdisjoint(self._changed)

    @cached_property
    def _changed(self) -> set[str]:
        """The names of what the file changes in place, or hands out as an attribute."""
        found = {match[1].decode() for match in _ATTRIBUTE.finditer(self._code.code)}
        for call in self._code.calls():
            arguments = self._code.arguments(call)
            if arguments and _CHANGES.fullmatch(self._code.name(call)):
                found.add(self._code.name(arguments[0]))
        return found - {""}

    def _owner(self, node: Node, steps: int) -> Owner:
        self._left -= 1
        if steps == 0 or self._left < 0:
            return Owner.UNKNOWN
        while node.type in _INSIDE:
            inner = node.child_by_field_name("value") or next(iter(node.named_children), None)
            if inner is None:
                return Owner.UNKNOWN
            node = inner
        if node.type == "call_expression":
            return self._of_call(node, steps)
        if node.type == "field_expression":
            return self._of_field(node)
        if node.type == "conditional_expression":
            parts = [node.child_by_field_name(field) for field in ("consequence", "alternative")]
            return self._all([part for part in parts if part is not None], steps)
        if node.type == "assignment_expression":
            right = node.child_by_field_name("right")
            return Owner.UNKNOWN if right is None else self._owner(right, steps - 1)
        if node.type == "subscript_expression":
            return self._of_element(node, steps)
        if node.type == "identifier":
            return self._of_name(node, steps)
        return Owner.SHARED if node.type == "qualified_identifier" else Owner.UNKNOWN

    def _all(self, nodes: Iterable[Node], steps: int) -> Owner:
        """The owner of what may be any of some values: of the most public of them."""
        owners = set()
        for node in nodes:
            if self._code.text(node) not in _NOTHING:
                owners.add(self._owner(node, steps - 1))
            if self._left < 0:
                break
        return max(owners, default=Owner.UNKNOWN, key=list(Owner).index)

    def _of_call(self, call: Node, steps: int) -> Owner:
        name, arguments = self._code.name(call), self._code.arguments(call)
        if name in _MAKERS:
            return Owner.PRIVATE
        if name in _SAME and arguments:
            return self._owner(arguments[0], steps - 1)
        if name in _HANDED_OUT:
            of = self._owner(arguments[0], steps - 1) if arguments else Owner.UNKNOWN
            if of is Owner.UNKNOWN and name in _OF_TUPLE:
                return Owner.UNKNOWN
            return Owner.SHARED if of is Owner.SHARED else Owner.GIVEN
        made_by = self._code.functions.get(name)
        if made_by is None:
            return Owner.UNKNOWN
        values = [one.named_children[0] for one in self._code.inside("return_statement", made_by) if one.named_children]
        owner = self._all(values, steps)
        return Owner.UNKNOWN if owner is Owner.GIVEN else owner

    def _of_element(self, node: Node, steps: int) -> Owner:
        """An element of an array is an argument, but for an array of the function itself."""
        base, function = node.child_by_field_name("argument"), self._code.function(node)
        if base is None or function is None or not self._is_local_array(self._code.text(base), function):
            return Owner.GIVEN
        return self._all(self._uses(function).elements[self._code.text(base)], steps)

    def _is_local_array(self, name: str, function: Node) -> bool:
        return not any(one.name == name for one in self._code.statics) and any(
            is_array and self._code.text(one) == name
            for declaration in self._code.inside("declaration", function)
            for one, _, is_array in declared(declaration)
        )

    def _of_field(self, node: Node) -> Owner:
        """A field of an object is shared, as far as its type tells; one of another structure may be anybody's."""
        base = node.child_by_field_name("argument")
        while base is not None and base.type == "parenthesized_expression":
            base = next(iter(base.named_children), None)
        if base is None:
            return Owner.UNKNOWN
        if base.type == "field_expression":
            return Owner.SHARED if b"->" in self._code.code[base.start_byte : base.end_byte] else Owner.UNKNOWN
        name = self._code.text(base)
        if name in ("self", "this"):
            return Owner.SHARED
        of_type = self._code.types.name(base)
        if of_type in self._objects or _OBJECT_TYPE.search(of_type):
            return Owner.SHARED
        return Owner.SHARED if self._is_static(base) else Owner.UNKNOWN

    def _is_static(self, node: Node) -> bool:
        """Whether a name is a variable of the file, past parameters and variables of its function."""
        name, function = self._code.text(node), self._code.function(node)
        if function is None or not any(one.name == name for one in self._code.statics):
            return False
        return name not in self._code.types.declared(function)

    @cached_property
    def _objects(self) -> set[str]:
        """The structures of the file that are objects: by their tags, and by the names of types made of them."""
        found = set()
        for match in _STRUCT.finditer(self._code.code):
            if _HEAD.match(match["first"]):
                name = re.compile(rb"[^{}]*\}\s*(\w+)").match(self._code.code, match.end())
                found |= {match["tag"].decode(), name[1].decode() if name else ""}
        return found - {""}

    def _of_name(self, node: Node, steps: int) -> Owner:
        name, function = self._code.text(node), self._code.function(node)
        if function is None:
            return Owner.UNKNOWN
        values, since = self._reaching(name, function, node)
        if self._is_stored(name, function, node):
            return Owner.SHARED
        for position, parameter in enumerate(parameters(function)):
            if not since and any(self._code.text(one) == name for one, _, _ in declared(parameter)):
                passed = self._of_parameter(name, position, function, steps)
                return max((passed, self._all(values, steps) if values else passed), key=list(Owner).index)
        parsed = self._is_parsed(name, function, since)
        if parsed is not None:
            return parsed
        if values:
            return self._all(values, steps)
        return Owner.SHARED if any(one.name == name for one in self._code.statics) else Owner.UNKNOWN

    def _of_parameter(self, name: str, position: int, function: Node, steps: int) -> Owner:
        if _KEYWORDS.fullmatch(name):
            return Owner.PRIVATE
        if _UNPICKLES.search(self._code.name(function)):
            return Owner.UNKNOWN  # most often, unpickling has just made it
        callers = self._code.callers(function)
        if not callers:
            return Owner.GIVEN
        passed = [arguments[position] for call in callers if len(arguments := self._code.arguments(call)) > position]
        return self._all((one for one in passed if self._code.function(one) != function), steps)

    def _reaching(self, name: str, function: Node, node: Node) -> tuple[Sequence[Node], int]:
        """What a function may have put into a variable by a node, and the offset from which on that is all there is:
        behind the last assignment that all ways come by; else 0.
        """
        uses = self._uses(function)
        values = uses.values[name]
        before = bisect_left(values, node.start_byte, key=lambda value: value.end_byte)
        looked_at = range(before - 1, max(before - _LOOKS, 0) - 1, -1)
        end = node.end_byte
        first = next((at for at in looked_at if self._block_end(values[at]) >= end), None)
        loop = bisect_right(uses.loops, (node.start_byte, len(self._code.code))) - 1
        until = max(node.start_byte, uses.loops[loop][1] if loop >= 0 else 0)
        behind = bisect_left(values, until, key=lambda value: value.start_byte)
        return values[first or 0 : behind], 0 if first is None else values[first].end_byte

    def _block_end(self, value: Node) -> int:
        """The end of the block in which all ways come by a value's assignment, once they are past it; else 0."""
        found = self._blocks.get(value.id)
        if found is None:
            found = self._blocks[value.id] = _block_end(value)
        return found

    def _uses(self, function: Node) -> _Uses:
        found = self._uses_in.get(function.id)
        if found is not None:
            return found
        uses = self._uses_in[function.id] = _Uses()
        for node in self._code.inside("assignment_expression", function):
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if left is None or right is None:
                continue
            if left.type == "field_expression":
                value = self._passed_on(right)
                if value.type == "identifier":
                    uses.places[self._code.text(value)].append(left)
            elif left.type == "subscript_expression":
                uses.elements[self._code.name(left)].append(right)
            else:
                uses.values[self._code.name(left)].append(right)
        for node in self._code.inside("init_declarator", function):
            left, right = node.child_by_field_name("declarator"), node.child_by_field_name("value")
            if left is not None and right is not None:
                uses.values[self._code.name(left)].append(right)
        for values in uses.values.values():
            values.sort(key=lambda value: value.start_byte)
        for call in self._code.calls(function):
            for argument in self._code.arguments(call):
                if argument.type == "pointer_expression":
                    uses.takers[self._code.text(argument).removeprefix("&")].append(call)
        for start, end in sorted(one.byte_range for kind in LOOPS for one in self._code.inside(kind, function)):
            if not uses.loops or start >= uses.loops[-1][1]:
                uses.loops.append((start, end))
        return uses

    def _is_stored(self, name: str, function: Node, before: Node) -> bool:
        """Whether a function has stored a variable's value in an object by then."""
        places = (place for place in self._uses(function).places[name] if place.start_byte < before.start_byte)
        return any(self._of_field(place) is Owner.SHARED for place in places)

    def _passed_on(self, node: Node) -> Node:
        """What a call returns that returns what it is given; any other expression as it is."""
        arguments = self._code.arguments(node) if node.type == "call_expression" else ()
        return arguments[0] if arguments and self._code.name(node) in _SAME else node

    def _is_parsed(self, name: str, function: Node, since: int) -> Owner | None:
        """What a call that is given a variable's address, from an offset on, puts there: an argument, or anything."""
        for call in self._uses(function).takers[name]:
            if call.end_byte > since:
                return Owner.GIVEN if _PARSERS.match(self._code.name(call)) else Owner.UNKNOWN
        return None


def _block_end(value: Node) -> int:
    inner, outer = value, value.parent
    while outer is not None and outer.type != "compound_statement":
        first = _FIRST_OF.get(outer.type)
        if outer.type not in _PARTS and (first is None or outer.child_by_field_name(first) != inner):
            return 0
        inner, outer = outer, outer.parent
    return 0 if outer is None else outer.end_byte
