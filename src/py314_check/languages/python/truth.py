"""What a test comes to on the target: a small evaluator for tests of the Python version.

It knows ``sys.version_info`` in every spelling, ``sys.hexversion``, ``sys.version``, ``platform.python_version()``,
``TYPE_CHECKING``, the flags of six and of compatibility modules, and names in the same file that hold such tests.
What it does not know is UNKNOWN, never a guess.
"""

from __future__ import annotations

import enum
import operator
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import libcst as cst

from py314_check.languages.python.scopes import Binding, Names, dotted, string_value
from py314_check.languages.python.standard import library
from py314_check.languages.python.tree import children
from py314_check.model import Target


class Unknown(enum.Enum):
    UNKNOWN = enum.auto()


class Present(enum.Enum):
    PRESENT = enum.auto()


UNKNOWN = Unknown.UNKNOWN
PRESENT = Present.PRESENT
"""A module, function or class of the library: all that is known is that it is true, and not None."""
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
    LIBRARY = "library"
    """What the library has on every target, or what Python 2 alone had."""
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
_VERSIONS = {
    *("packaging.version.Version", "packaging.version.parse", "pkg_resources.parse_version"),
    *("distutils.version.LooseVersion", "distutils.version.StrictVersion", "looseversion.LooseVersion"),
}
_FIND_MODULES = {"importlib.util.find_spec", "importlib.find_loader", "pkgutil.find_loader"}
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

    def matching(self, match: cst.Match, case: cst.MatchCase) -> Truth | None:
        """Whether ``match`` takes a case on every release of the target, or None where that cannot be told."""
        outer, self._bases = self._bases, set()
        try:
            answers = []
            for self._micro in (0, 99):
                answers.append(self._taken(self._value(match.subject), match.cases, case))
            if answers[0] is None or answers[0] is not answers[1] or Basis.VERSION not in self._bases:
                return None
            return Truth(answers[0], Basis.VERSION)
        finally:
            self._bases = outer

    def _taken(self, subject: object, cases: Sequence[cst.MatchCase], wanted: cst.MatchCase) -> bool | None:
        """Whether a case is the first to match; None where that cannot be told."""
        certain = True
        for case in cases:
            matches = None if subject is UNKNOWN else self._matches(subject, case.pattern)
            if matches and case.guard is not None:
                matches = None
            if case is wanted:
                return matches if certain or not matches else None
            if matches:
                return False
            certain = certain and matches is False
        return None

    def _matches(self, subject: object, pattern: cst.MatchPattern | None) -> bool | None:
        match pattern:
            case cst.MatchAs(pattern=None) | None:
                return True
            case cst.MatchAs():
                return self._matches(subject, pattern.pattern)
            case cst.MatchValue():
                value = self._value(pattern.value)
                return None if value is UNKNOWN else subject == value
            case cst.MatchOr():
                found = [self._matches(subject, element.pattern) for element in pattern.patterns]
                return True if True in found else None if None in found else False
            case cst.MatchList() | cst.MatchTuple() if isinstance(subject, tuple):
                elements = [one.value for one in pattern.patterns if isinstance(one, cst.MatchSequenceElement)]
                if len(elements) < len(pattern.patterns):
                    return None
                if len(elements) != len(subject):
                    return False
                found = [self._matches(item, element) for item, element in zip(subject, elements, strict=True)]
                return False if False in found else None if None in found else True
        return None

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
            if Basis.ASSIGNED in self._bases:
                return None
            return Truth(values[0], Basis.LIBRARY if Basis.LIBRARY in self._bases else Basis.CONSTANT)
        finally:
            self._bases, self._lookups = outer, spent

    def _value(self, node: cst.BaseExpression | None) -> object:
        """The value of an expression on the target, or UNKNOWN."""
        if self._depth > _MAX_DEPTH:
            self._names.cuts += 1
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
            case cst.FormattedString():
                return self._interpolated(node)
            case cst.Tuple() | cst.List() | cst.Set():
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
        elif library().is_object(qualified):
            self._bases.add(Basis.LIBRARY)
            value = PRESENT
        return value

    def _name(self, node: cst.Name) -> object:
        if node.value in _CONSTANTS:
            return _CONSTANTS[node.value]
        bindings = None if node.value in ("TYPE_CHECKING", "MYPY") else self._names.bindings(node)
        if bindings is None:
            return self._known(f"builtins.{node.value}")
        self._lookups += 1
        if node in self._looking_up or self._lookups > _MAX_LOOKUPS:
            self._names.cuts += 1
            return UNKNOWN
        outer, self._bases = self._bases, set()
        self._looking_up.add(node)
        try:
            value = self._agreed(bindings)
        finally:
            self._looking_up.discard(node)
            found, self._bases = self._bases, outer
        dead = self._names.dead_bindings(node)
        if dead:  # set in branches, of which the target takes one
            found = found | {Basis.LIBRARY if all(binding.is_tried for binding in dead) else Basis.VERSION}
        self._bases |= found or {Basis.ASSIGNED}
        return self._known(f"?.{node.value}") if value is UNKNOWN else value

    def _agreed(self, bindings: Sequence[Binding]) -> object:
        """The one value that all of some bindings give a name; the first that gives another settles it."""
        agreed: object = UNKNOWN
        for index, binding in enumerate(bindings):
            value = self._bound(binding)
            if value is UNKNOWN or (index and value != agreed):
                return UNKNOWN
            agreed = agreed if index else value
        return agreed

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
        if "sys._is_gil_enabled" in function and not self._target.free_threaded:  # there, users decide
            self._bases.add(Basis.VERSION)
            return True
        if "platform.python_version_tuple" in function:
            self._bases.add(Basis.VERSION)
            return tuple(version.split("."))
        if isinstance(method, cst.Attribute) and method.attr.value == "format" and not function:
            return self._formatted(method.value, node.args)
        if len(node.args) == 1 and not node.args[0].star:
            return self._converted(function, self._value(node.args[0].value))
        if (
            len(node.args) == 2
            and "builtins.map" in function
            and "builtins.int" in self._names.resolve(node.args[0].value)
        ):
            items = self._value(node.args[1].value)
            return tuple(map(int, items)) if isinstance(items, tuple) else UNKNOWN
        if len(node.args) == 2 and "builtins.hasattr" in function:
            return self._has(node.args[0].value, string_value(node.args[1].value))
        return UNKNOWN if node.args else self._returned(method)

    def _converted(self, function: frozenset[str], value: object) -> object:
        """What a function of one argument makes of a known one."""
        if value is UNKNOWN:
            return UNKNOWN
        if "sysconfig.get_config_var" in function and value == "Py_GIL_DISABLED":
            self._bases.add(Basis.VERSION)
            return int(self._target.free_threaded)
        if "builtins.bool" in function:
            return bool(value)
        if "builtins.tuple" in function and isinstance(value, tuple):
            return value
        if "builtins.int" in function and isinstance(value, (int, str)):
            return int(value)
        if "builtins.str" in function and isinstance(value, (int, str)):
            return str(value)
        if "builtins.float" in function and isinstance(value, (int, str)):
            return float(value)
        if function & _VERSIONS and isinstance(value, str):
            return tuple(map(int, value.split(".")))
        if function & _FIND_MODULES and isinstance(value, str) and library().has(value):
            self._bases.add(Basis.LIBRARY)
            return PRESENT
        return UNKNOWN

    def _formatted(self, template: cst.BaseExpression, args: Sequence[cst.Arg]) -> object:
        """``"{}.{}".format(...)``."""
        text = self._value(template)
        values: list[object] = []
        for arg in args:
            value = self._value(arg.value)
            if arg.keyword is not None or value is UNKNOWN or (arg.star and not isinstance(value, tuple)):
                return UNKNOWN
            values += value if arg.star and isinstance(value, tuple) else [value]
        try:
            return text.format(*values) if isinstance(text, str) else UNKNOWN
        except (KeyError, AttributeError):
            return UNKNOWN

    def _has(self, owner: cst.BaseExpression, attribute: str | None) -> object:
        """``hasattr`` of what the library certainly has, or certainly has not."""
        names = {f"{name}.{attribute}" for name in self._names.resolve(owner)}
        for answer, question in ((True, library().has), (False, library().lacks)):
            if names and all(map(question, names)):
                self._bases.add(Basis.LIBRARY)
                return answer
        return UNKNOWN

    def _returned(self, function: cst.BaseExpression) -> object:
        """What a function of this file returns, which takes nothing and always returns the same."""
        bindings = self._names.bindings(function) if isinstance(function, cst.Name) else None
        definition = bindings[0].node if bindings and len(bindings) == 1 else None
        if not isinstance(definition, cst.FunctionDef) or definition.decorators or definition.asynchronous:
            return UNKNOWN
        self._lookups += 1
        if definition.name in self._looking_up or self._lookups > _MAX_LOOKUPS:
            self._names.cuts += 1
            return UNKNOWN
        if not _returns(definition.body):
            return UNKNOWN
        found = [statement for statement in _inner(definition.body) if isinstance(statement, (cst.Return, cst.Yield))]
        live = [one for one in found if not self._names.is_dead(one)]
        if not live or any(isinstance(one, cst.Yield) for one in found):
            return UNKNOWN
        if len(live) < len(found):
            self._bases.add(Basis.VERSION)
        self._looking_up.add(definition.name)
        try:
            values = [self._value(one.value) if isinstance(one, cst.Return) else UNKNOWN for one in live]
        finally:
            self._looking_up.discard(definition.name)
        return values[0] if all(value == values[0] for value in values) else UNKNOWN

    # The operators.

    def _interpolated(self, node: cst.FormattedString) -> object:
        text = ""
        for part in node.parts:
            if isinstance(part, cst.FormattedStringText):
                text += part.value
            elif isinstance(part, cst.FormattedStringExpression):
                value = self._value(part.expression)
                if not isinstance(value, (int, str)) or part.conversion or part.format_spec or part.equal:
                    return UNKNOWN
                text += str(value)
        return text

    def _sequence(self, node: cst.Tuple | cst.List | cst.Set) -> object:
        values = [self._value(element.value) for element in node.elements]
        starred = any(isinstance(element, cst.StarredElement) for element in node.elements)
        return UNKNOWN if starred or UNKNOWN in values or PRESENT in values else tuple(values)

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
        if isinstance(node.operator, cst.Modulo) and isinstance(left, str) and isinstance(right, (int, str, tuple)):
            return left % right
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
            if (
                operation is None
                or UNKNOWN in (left, right)
                or (PRESENT in (left, right) and None not in (left, right))
            ):
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


def _inner(block: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """What is in a function's body, without the functions and classes in it."""
    stack = [block]
    while stack:
        node = stack.pop()
        if not isinstance(node, (cst.FunctionDef, cst.ClassDef, cst.Lambda)):
            yield node
            stack.extend(children(node))


def _returns(block: cst.CSTNode | None) -> bool:
    """Whether a block always ends in ``return`` or ``raise``."""
    if isinstance(block, (cst.Else, cst.ExceptHandler, cst.ExceptStarHandler)):
        block = block.body
    if isinstance(block, cst.If):
        return _returns(block.body) and _returns(block.orelse)
    if isinstance(block, (cst.Try, cst.TryStar)):
        return (_returns(block.body) or _returns(block.orelse)) and all(map(_returns, block.handlers))
    body = getattr(block, "body", ())
    last = body[-1] if body else None
    return isinstance(last, (cst.Return, cst.Raise)) or (isinstance(last, cst.BaseStatement) and _returns(last))
