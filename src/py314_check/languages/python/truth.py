"""What a test comes to on the target: a small evaluator for tests of the Python version.

It knows ``sys.version_info`` in every spelling, ``sys.hexversion``, ``sys.version``, ``platform.python_version()``,
``TYPE_CHECKING``, the flags of six and of compatibility modules, and names in the same file that hold such tests.
What it does not know is UNKNOWN, never a guess.
"""

from __future__ import annotations

import enum
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import libcst as cst

from py314_check.languages.python.scopes import Binding, Names, dotted, string_value
from py314_check.model import Target


class Unknown(enum.Enum):
    UNKNOWN = enum.auto()


UNKNOWN = Unknown.UNKNOWN
_FLAG_NAME = re.compile(
    r"_?(?:IS_)?(?:PY|PYTHON)_?(?P<major>[23])_?(?P<minor>\d{1,2})?K?"
    r"(?:_?(?P<later>PLUS|(?:OR|AND)_(?:LATER|NEWER|ABOVE|GREATER|HIGHER|UP)|UP))?",
    re.IGNORECASE,
)


class Basis(enum.Enum):
    """What a decided test rests on."""

    CONSTANT = "constant"
    VERSION = "version"
    TYPE_CHECKING = "type checking"
    ASSIGNED = "assigned"
    """A name that the file sets to a constant: somebody may set it otherwise, so it decides nothing."""


@dataclass(frozen=True)
class Truth:
    """A decided test: what it comes to, and why."""

    value: bool
    basis: Basis


_COMPARE: dict[type[cst.BaseCompOp], Callable[[Any, Any], object]] = {
    cst.LessThan: operator.lt,
    cst.LessThanEqual: operator.le,
    cst.GreaterThan: operator.gt,
    cst.GreaterThanEqual: operator.ge,
    cst.Equal: operator.eq,
    cst.NotEqual: operator.ne,
    cst.Is: operator.eq,
    cst.IsNot: operator.ne,
    cst.In: lambda item, container: item in container,
    cst.NotIn: lambda item, container: item not in container,
}
_ARITHMETIC: dict[type[cst.BaseBinaryOp], Callable[[int, int], int]] = {
    cst.Add: operator.add,
    cst.Subtract: operator.sub,
    cst.Multiply: operator.mul,
    cst.LeftShift: lambda number, places: number << min(places, 64),
    cst.RightShift: operator.rshift,
    cst.BitAnd: operator.and_,
    cst.BitOr: operator.or_,
}
_VERSION_FIELDS = {"major": 0, "minor": 1, "micro": 2, "releaselevel": 3, "serial": 4}
_MAX_DEPTH = 400
_MAX_LOOKUPS = 200
"""How many names one test may lead to: names that are set from one another lead to ever more."""
_CONSTANTS: dict[str, object] = {"True": True, "False": False, "None": None}


class Truths:
    """Evaluates tests of one file for one target."""

    def __init__(self, names: Names, target: Target) -> None:
        self._names = names
        self._target = target
        self._bases: set[Basis] = set()
        self._micro = 0
        self._looking_up: set[cst.Name] = set()
        self._depth = 0
        self._lookups = 0

    def of(self, test: cst.BaseExpression) -> Truth | None:
        """What a test comes to on every release of the target, or None where that cannot be told."""
        outer, self._bases = self._bases, set()
        spent, self._lookups = self._lookups, 0
        try:
            values = []
            for self._micro in (0, 99):  # the first patch release and any later one
                value = self._value(test)
                if value is UNKNOWN:
                    return None
                values.append(bool(value))
            if values[0] is not values[1]:
                return None
            for basis in (Basis.TYPE_CHECKING, Basis.VERSION):
                if basis in self._bases:
                    return Truth(values[0], basis)
            return None if Basis.ASSIGNED in self._bases else Truth(values[0], Basis.CONSTANT)
        finally:
            self._bases, self._lookups = outer, spent

    def _value(self, node: cst.BaseExpression | None) -> object:
        """The value of an expression on the target, or UNKNOWN."""
        if self._depth > _MAX_DEPTH:
            return UNKNOWN
        self._depth += 1
        try:
            return self._evaluated(node)
        except (TypeError, ValueError, IndexError, ArithmeticError):
            return UNKNOWN  # the test itself would raise
        finally:
            self._depth -= 1

    def _evaluated(self, node: cst.BaseExpression | None) -> object:
        match node:
            case cst.Name():
                return self._name(node)
            case cst.Attribute():
                return self._attribute(node)
            case cst.Call():
                return self._call(node)
            case cst.Integer() | cst.Float():
                return node.evaluated_value
            case cst.SimpleString() | cst.ConcatenatedString():
                value = string_value(node)
                return UNKNOWN if value is None else value
            case cst.Tuple() | cst.List():
                return self._sequence(node)
            case cst.Subscript():
                return self._subscript(node)
            case cst.UnaryOperation():
                return self._unary(node)
            case cst.BinaryOperation():
                return self._binary(node)
            case cst.Comparison():
                return self._comparison(node)
            case cst.BooleanOperation():
                return self._boolean(node)
            case cst.IfExp():
                return self._conditional(node)
        return UNKNOWN

    # The atoms.

    def _known(self, qualified: str) -> object:
        """The value of a name of the standard library, or of a compatibility module."""
        major, minor = self._target.version
        info = (major, minor, self._micro, "final", 0)
        top, _, last = qualified.rpartition(".")
        if last in ("TYPE_CHECKING", "MYPY"):
            self._bases.add(Basis.TYPE_CHECKING)
            return False
        value: object = UNKNOWN
        if qualified == "sys.version_info" or qualified == "sys.implementation.version":
            value = info
        elif top in ("sys.version_info", "sys.implementation.version") and last in _VERSION_FIELDS:
            value = info[_VERSION_FIELDS[last]]
        elif qualified == "sys.hexversion":
            value = major << 24 | minor << 16 | self._micro << 8 | 0xF0
        elif qualified == "sys.version":
            value = f"{major}.{minor}.{self._micro} (main)"
        elif qualified in ("builtins.str", "builtins.bytes"):  # `str is bytes` asks for Python 2
            value = qualified
        else:
            value = _flag(last, major, minor)
        if value is not UNKNOWN:
            self._bases.add(Basis.VERSION)
        return value

    def _name(self, node: cst.Name) -> object:
        if node.value in _CONSTANTS:
            return _CONSTANTS[node.value]
        bindings = None if node.value in ("TYPE_CHECKING", "MYPY") else self._names.bindings(node)
        if bindings is None:
            return self._known(f"builtins.{node.value}")
        if self._names.some_are_dead(node):
            self._bases.add(Basis.VERSION)  # set in branches, of which the target takes one
        else:
            self._bases.add(Basis.ASSIGNED)
        self._lookups += 1
        if node in self._looking_up or self._lookups > _MAX_LOOKUPS:
            return UNKNOWN
        self._looking_up.add(node)
        try:
            values = [self._bound(binding) for binding in bindings]
        finally:
            self._looking_up.discard(node)
        if not values or any(value is UNKNOWN or value != values[0] for value in values):
            return self._known(f"?.{node.value}")
        return values[0]

    def _bound(self, binding: Binding) -> object:
        if binding.qualified is not None:
            return self._known(binding.qualified)
        value = self._value(binding.value)
        if binding.index is not None:
            return value[binding.index] if isinstance(value, tuple) else UNKNOWN
        return value

    def _attribute(self, node: cst.Attribute) -> object:
        name = dotted(node)
        root = name.partition(".")[0]
        unbound = self._names.is_unbound(node, root)
        for qualified in self._names.resolve(node) or {name if unbound else f"?.{node.attr.value}"}:
            value = self._known(qualified)
            if value is not UNKNOWN:
                return value
        inner = self._value(node.value)
        if isinstance(inner, tuple) and node.attr.value in _VERSION_FIELDS:
            return inner[_VERSION_FIELDS[node.attr.value]]
        return UNKNOWN

    def _call(self, node: cst.Call) -> object:
        method = node.func
        if isinstance(method, cst.Attribute) and method.attr.value == "startswith" and len(node.args) == 1:
            text, prefix = self._value(method.value), self._value(node.args[0].value)
            if isinstance(text, str) and isinstance(prefix, (str, tuple)):
                return text.startswith(prefix)
            return UNKNOWN
        function = self._names.resolve(method)
        version = f"{self._target.release}.{self._micro}"
        if "platform.python_version" in function:
            self._bases.add(Basis.VERSION)
            return version
        if "platform.python_version_tuple" in function:
            self._bases.add(Basis.VERSION)
            return tuple(version.split("."))
        if len(node.args) == 1 and not node.args[0].star:
            value = self._value(node.args[0].value)
            if "builtins.bool" in function and value is not UNKNOWN:
                return bool(value)
            if "builtins.tuple" in function and isinstance(value, tuple):
                return value
            if "builtins.int" in function and isinstance(value, (int, str)):
                return int(value)
        return UNKNOWN

    # The operators.

    def _sequence(self, node: cst.Tuple | cst.List) -> object:
        values = [self._value(element.value) for element in node.elements]
        starred = any(isinstance(element, cst.StarredElement) for element in node.elements)
        return UNKNOWN if starred or UNKNOWN in values else tuple(values)

    def _subscript(self, node: cst.Subscript) -> object:
        value = self._value(node.value)
        if not isinstance(value, (tuple, str)) or len(node.slice) != 1:
            return UNKNOWN
        index = node.slice[0].slice
        if isinstance(index, cst.Index):
            key = self._value(index.value)
            return value[key] if isinstance(key, int) else UNKNOWN
        if isinstance(index, cst.Slice):
            ends: list[Any] = [
                None if end is None else self._value(end) for end in (index.lower, index.upper, index.step)
            ]
            return UNKNOWN if UNKNOWN in ends else value[slice(*ends)]
        return UNKNOWN

    def _unary(self, node: cst.UnaryOperation) -> object:
        value = self._value(node.expression)
        if value is UNKNOWN:
            return UNKNOWN
        if isinstance(node.operator, cst.Not):
            return not value
        return -value if isinstance(node.operator, cst.Minus) and isinstance(value, int) else UNKNOWN

    def _binary(self, node: cst.BinaryOperation) -> object:
        left, right = self._value(node.left), self._value(node.right)
        operation = _ARITHMETIC.get(type(node.operator))
        if operation is None or not (isinstance(left, int) and isinstance(right, int)):
            return UNKNOWN
        return operation(left, right)

    def _comparison(self, node: cst.Comparison) -> object:
        left = self._value(node.left)
        unknown = False
        for part in node.comparisons:
            right = self._value(part.comparator)
            operation = _COMPARE.get(type(part.operator))
            if operation is None or left is UNKNOWN or right is UNKNOWN:
                unknown = True
            elif not operation(left, right):
                return False
            left = right
        return UNKNOWN if unknown else True

    def _boolean(self, node: cst.BooleanOperation) -> object:
        stops = isinstance(node.operator, cst.Or)
        bases = set(self._bases)
        left = self._value(node.left)
        if left is not UNKNOWN and bool(left) is stops:
            return left
        decisive, self._bases = self._bases, bases
        right = self._value(node.right)
        if right is not UNKNOWN and bool(right) is stops:
            return right  # whatever the other side is
        self._bases |= decisive
        return UNKNOWN if left is UNKNOWN else right

    def _conditional(self, node: cst.IfExp) -> object:
        test = self._value(node.test)
        if test is UNKNOWN:
            return UNKNOWN
        return self._value(node.body if test else node.orelse)


def _flag(name: str, major: int, minor: int) -> object:
    """The value of a flag with a usual name: ``PY2``, ``PY3``, ``PY312``, ``PY_3_12_PLUS``, ``IS_PY310_OR_LATER``."""
    match = _FLAG_NAME.fullmatch(name)
    if match is None:
        return UNKNOWN
    if not match["later"] and (match["minor"] is None or match["major"] == "2"):
        return major == int(match["major"])
    return (major, minor) >= (int(match["major"]), int(match["minor"] or 0))
