"""Types: which class an expression is certainly an instance of.

Told from constructors, known functions, annotations, ``isinstance`` tests, ``self`` and the attributes set on it.
What cannot be told is None, never a guess: a rule that asks hears nothing and says nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile
from typing import Any, TypeAlias, cast

import libcst as cst

from py314_check.api import Member
from py314_check.languages.python.reachability import BLOCKS, Reachability
from py314_check.languages.python.scopes import Assigned, Binding, argument, dotted, string_value, taken_apart
from py314_check.languages.python.standard import standard
from py314_check.languages.python.tree import children

_MAX_DEPTH = 40
_LITERALS: dict[type[cst.CSTNode], str] = {
    cst.Integer: "builtins.int",
    cst.Float: "builtins.float",
    cst.Imaginary: "builtins.complex",
    cst.FormattedString: "builtins.str",
    cst.List: "builtins.list",
    cst.ListComp: "builtins.list",
    cst.Set: "builtins.set",
    cst.SetComp: "builtins.set",
    cst.Dict: "builtins.dict",
    cst.DictComp: "builtins.dict",
    cst.Tuple: "builtins.tuple",
    cst.GeneratorExp: "types.GeneratorType",
    cst.Lambda: "types.FunctionType",
    cst.Ellipsis: "types.EllipsisType",
}
_CONSTANTS = {"True": "builtins.bool", "False": "builtins.bool", "None": "types.NoneType"}
_NUMBERS = ("builtins.bool", "builtins.int", "builtins.float", "builtins.complex")
_ALWAYS_BOOL = (cst.Is, cst.IsNot, cst.In, cst.NotIn)
_MAKE_CLASSES = {"typing.NamedTuple", "typing.TypedDict", "enum.Enum", "builtins.type"}
_HARMLESS_DECORATORS = {"staticmethod", "classmethod", "property", "cached_property", "override", "abstractmethod"}
_NEVER_VISITED = {"Bytes", "Ellipsis", "NameConstant", "Num", "Str"}
"""Nodes that no parser makes any more: the visitor of one may be left for old Pythons, or for its like to call."""
_GENERIC = {"typing.Generic", "typing_extensions.Generic"}
"""A base class that says nothing of the instances."""
_IMPLICIT_CLASSMETHODS = {"__new__", "__init_subclass__", "__class_getitem__"}
# Subscripted names of typing: those that mean their (first) argument, and those that mean any number of it.
_TRANSPARENT = {"Optional", "Annotated", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly"}
_ITERABLES = {
    *("List", "Set", "FrozenSet", "Tuple", "Sequence", "MutableSequence", "Iterable", "Iterator", "Collection"),
    *("Generator", "Deque", "AbstractSet", "list", "set", "frozenset", "tuple", "deque"),
}
_ABOUT_MODES = {"at", "default", "unless"}
_ENTERS = "contextlib._BaseExitStack.enter_context"
_CLOSING = {"contextlib.closing", "contextlib.aclosing"}
_FUNCTIONS = (cst.FunctionDef, cst.Lambda)
_SETTERS: frozenset[type[cst.CSTNode]] = frozenset(
    {
        *(cst.Assign, cst.AnnAssign, cst.AugAssign, cst.For, cst.CompFor, cst.WithItem, cst.Import, cst.ImportFrom),
        *(cst.FunctionDef, cst.ClassDef),
    }
)
_NAMING = (cst.Name, cst.Attribute, cst.Lambda)
_MAY_TEST = frozenset({cst.If, cst.SimpleStatementLine})

Kind: TypeAlias = "str | cst.ClassDef"


@dataclass(frozen=True)
class Type:
    """A class of the standard library (by name) or of this file, and what an expression has to do with it.

    ``form``: ``""`` an instance, ``"type"`` the class itself, ``"*"`` an iterable of instances, ``"await"`` something
    to await for one, ``"super"`` an instance as its base classes see it.
    """

    kind: Kind
    form: str = ""
    awaited: Kind | None = None
    """Of a coroutine: what it gives an instance of."""


Alternatives: TypeAlias = "frozenset[Type] | None"


class Types:
    """The types of one file's expressions."""

    def __init__(self, reach: Reachability) -> None:
        self._reach = reach
        self._names = reach.names
        self._known: dict[cst.CSTNode, Alternatives] = {}
        self._tentative: dict[cst.CSTNode, Alternatives] = {}
        self._asking: set[cst.CSTNode] = set()
        self._cut = 0
        self._tests: dict[cst.CSTNode, tuple[list[tuple[cst.BaseExpression, bool]], deque[Any]]] = {}
        self._parsed: dict[cst.BaseExpression, cst.BaseExpression] = {}

    # What is asked.

    def of(self, node: cst.CSTNode | None) -> frozenset[str]:
        """The standard classes, bases included, that the value of an expression is certainly an instance of."""
        found = self._infer(node)
        if found is None or any(one.form not in ("", "super") for one in found):
            return frozenset()
        return frozenset.intersection(*(frozenset(self._standard_mro(one)) for one in found))

    def bases(self, node: cst.ClassDef) -> frozenset[str]:
        """The standard classes that a class of the file derives from, however indirectly."""
        return frozenset(kind for kind in self._mro(node)[1:] if isinstance(kind, str))

    def member(self, node: cst.Attribute) -> Member:
        """What an attribute of an expression may be, looked up where Python would look it up."""
        found = self._infer(node.value)
        nothing = Member((), certain=False)
        if found is None:
            return nothing
        names: list[dict[str, None]] = []
        certain = True
        for one in found:
            if one.form not in ("", "type", "super"):
                return nothing
            looked_up: dict[str, None] = {}
            for kind in self._mro(one.kind)[one.form == "super" :]:
                if kind is None:
                    certain = False
                elif isinstance(kind, str):
                    looked_up[f"{kind}.{node.attr.value}"] = None
                elif not self._settings(kind).keys().isdisjoint((node.attr.value, "__getattr__", "__getattribute__")):
                    return nothing
            names.append(looked_up)
        if len(names) == 1:
            return Member(tuple(names[0]), certain)
        return Member(tuple(sorted(set.intersection(*map(set, names)))), certain) if names else nothing

    def definition(self, node: cst.CSTNode | None) -> cst.FunctionDef | cst.ClassDef | cst.Lambda | None:
        """The function or class of this file that an expression stands for, if it is one for certain."""
        if type(node) not in _NAMING:
            return None
        if isinstance(node, cst.Lambda):
            return node
        if isinstance(node, cst.Name):
            bindings = self._names.bindings(node) or []
            if len(bindings) != 1 or bindings[0].index is not None:
                return None
            found = bindings[0].node
            if isinstance(found, (cst.FunctionDef, cst.ClassDef)):
                return found
            return self.definition(bindings[0].value) if not isinstance(bindings[0].value, cst.Name) else None
        if isinstance(node, cst.Attribute):
            found_types = self._infer(node.value) or frozenset()
            for one in found_types if len(found_types) == 1 else ():
                for kind in self._mro(one.kind)[one.form == "super" :]:
                    if not isinstance(kind, cst.ClassDef):
                        break
                    settings = self._settings(kind).get(node.attr.value)
                    if settings is not None:
                        definition = settings[0].node if len(settings) == 1 else None
                        return definition if isinstance(definition, (cst.FunctionDef, cst.ClassDef)) else None
        return None

    def class_of(self, node: cst.CSTNode) -> tuple[cst.ClassDef, bool] | None:
        """The class of this file that an expression stands for or is an instance of, and whether it is one."""
        found = self._infer(node) or frozenset()
        one = next(iter(found)) if len(found) == 1 else None
        if one is None or not isinstance(one.kind, cst.ClassDef) or one.form not in ("", "type"):
            return None
        return one.kind, not one.form

    def family(self, node: cst.ClassDef) -> list[cst.ClassDef]:
        """A class and those of its bases that are of this file, nearest first."""
        return [kind for kind in self._mro(node) if isinstance(kind, cst.ClassDef)]

    def sets_on_instances(self, node: cst.ClassDef, name: str) -> bool:
        """Whether methods of a class give its instances an attribute of this name."""
        methods = (self._names.scope_of(one.node).node for one in self._settings(node).get(name, ()))
        return any(isinstance(one, cst.FunctionDef) and not _is_given_class(one) for one in methods)

    def mro(self, node: cst.BaseExpression | cst.ClassDef | str) -> tuple[Kind | None, ...]:
        """A class that an expression certainly names, or that is given by its definition or qualified name, and its
        bases, nearest first; None stands for one that is not known. Empty where no known class is named.
        """
        if isinstance(node, str):
            name = standard().canonical(node)
            return tuple(self._mro(name)) if name in standard().bases else ()
        if isinstance(node, cst.ClassDef):
            return tuple(self._mro(node))
        found = self._infer(node) or frozenset()
        kinds = [one.kind for one in found if one.form == "type"]
        return tuple(self._mro(kinds[0])) if len(kinds) == len(found) == 1 else ()

    def annotation(self, node: cst.BaseExpression) -> cst.BaseExpression | None:
        """The expression that a string in an annotation holds, as if it stood there; any other as it is."""
        text = string_value(node)
        if text is None:
            return node
        if node not in self._parsed:
            try:
                self._parsed[node] = cst.parse_expression(text.strip())
            except cst.ParserSyntaxError:
                return None
            self._names.adopt(self._parsed[node], node)
        return self._parsed[node]

    def assigned(self, node: cst.Attribute) -> Assigned | None:
        """What an attribute of a class of this file, or of an instance, was assigned in the one place that sets it."""
        found = self._infer(node.value) or frozenset()
        settings: list[_Setting] = []
        for one in found if len(found) == 1 else ():
            order = self._mro(one.kind) if one.form in ("", "type") else []
            for kind in order[: order.index(None) if None in order else None]:
                settings += self._settings(kind).get(node.attr.value, []) if isinstance(kind, cst.ClassDef) else []
        if len(settings) != 1 or settings[0].value is None:
            return None
        (setting,) = settings
        unsure = self._is_field(setting) or self._names.block_of(setting.node) or self._is_set_elsewhere(setting)
        return None if unsure else Assigned(settings[0].value, setting.index)

    def _is_field(self, setting: _Setting) -> bool:
        """Whether a class body says with it what its instances are given: of enumerations, data classes and such."""
        owner = self._names.scope_of(setting.node).node
        if not isinstance(owner, cst.ClassDef):
            return False
        return "enum.Enum" in self.bases(owner) or (setting.annotation is not None and self._may_have_fields(owner))

    def _may_have_fields(self, owner: cst.ClassDef) -> bool:
        return bool(owner.decorators) or not {None, "typing.NamedTuple"}.isdisjoint(self._mro(owner))

    def _is_set_elsewhere(self, setting: _Setting) -> bool:
        """Whether a subclass sets an attribute too, or anything sets it on what may be an instance."""
        owner = next(one for _, one in self._names.ancestors(setting.node) if isinstance(one, cst.ClassDef))
        family = [one for one in self._classes if owner in self._mro(one) or one in self._mro(owner)]
        if sum(len(self._settings(one).get(setting.name, ())) for one in family) > 1:
            return True
        for target in self._names.attributes_set:
            if target.attr.value == setting.name and all(
                one is not setting.node for _, one in self._names.ancestors(target)
            ):
                receiver = self._infer(target.value)
                if receiver is None or any(one.kind in family for one in receiver):
                    return True
        return False

    @cached_property
    def _classes(self) -> list[cst.ClassDef]:
        return self._names.tree.of_type(cst.ClassDef)

    def entered(self, name: cst.Name) -> cst.BaseExpression | None:
        """The context manager that a ``with`` statement gave a name, where it certainly gives itself."""
        bindings = self._names.bindings(name) or []
        node = bindings[0].node if len(bindings) == 1 else None
        if not isinstance(node, cst.WithItem) or not _is_name(node.asname, name.value):
            return None
        manager = self._infer(node.item)
        itself = manager and all(not one.form and self._method(one, "__enter__") == frozenset({one}) for one in manager)
        return node.item if itself else None

    # Classes.

    def _mro(self, kind: Kind) -> list[Kind | None]:
        """A class and its bases, nearest first; None stands for one that is not known."""
        if isinstance(kind, str):
            return list(standard().mro(kind))
        order: list[Kind | None] = [kind]
        for known in order:  # grows as it is read
            if isinstance(known, cst.ClassDef):
                for argument in known.bases:
                    order += [base for base in self._base(argument) if base not in order]
            elif known is not None:
                order += [base for base in standard().mro(known) if base not in order]
        return order

    def _base(self, argument: cst.Arg) -> list[Kind | None]:
        value = argument.value
        if isinstance(value, cst.Subscript):  # Generic[T], Queue[int]
            value = value.value
        if self._names.resolve(value) & _GENERIC:
            return []
        found = None if argument.star else self._infer(value)
        if found is None or len(found) != 1:
            return [None]
        (one,) = found
        return [one.kind] if one.form == "type" else [None]

    def _standard_mro(self, one: Type) -> Iterator[str]:
        return (kind for kind in self._mro(one.kind)[one.form == "super" :] if isinstance(kind, str))

    def _settings(self, node: cst.ClassDef) -> dict[str, list[_Setting]]:
        """What the body of a class, and its methods through ``self``, set: attribute -> every place that does."""
        return self._set_in.get(node, {})

    @cached_property
    def _set_in(self) -> dict[cst.ClassDef, dict[str, list[_Setting]]]:
        """These of all classes."""
        found: dict[cst.ClassDef, dict[str, list[_Setting]]] = {}
        for node in self._names.tree.of_types(_SETTERS):
            owner, receiver = self._owner_of(node)
            if owner is not None:
                for one in _set_by(node, receiver):
                    found.setdefault(owner, {}).setdefault(one.name, []).append(one)
        return found

    def _owner_of(self, node: cst.CSTNode) -> tuple[cst.ClassDef | None, str]:
        """The class for which a node in its body, or in one of its methods, sets something: with what the method calls
        its first parameter.
        """
        receiver = ""
        for child, parent in self._names.ancestors(node):
            kind = type(parent)
            if kind is cst.ClassDef:
                return (parent if child is parent.body else None), receiver
            if kind is cst.FunctionDef:
                parameters = _positional(parent)
                if receiver or not parameters or child is not parent.body:
                    break
                receiver = parameters[0].name.value
        return None, ""

    # Expressions.

    def _infer(self, node: cst.CSTNode | None) -> Alternatives:
        """The types that the value of an expression may have: all of them, or None."""
        if node is None or type(node) not in _TYPED:
            return None
        for answers in (self._known, self._tentative):
            if node in answers:
                return answers[node]
        if node in self._asking or len(self._asking) > _MAX_DEPTH:
            self._cut += 1
            return None
        cut = self._cut
        self._asking.add(node)
        try:
            found = self._narrowed(node)
            if found is None:
                found = self._inferred(node)
        finally:
            self._asking.discard(node)
        # Where a circle was cut, the answer holds for the question that began it, and no longer.
        (self._known if cut == self._cut else self._tentative)[node] = found
        if not self._asking:
            self._tentative.clear()
        return found

    def _inferred(self, node: cst.CSTNode) -> Alternatives:
        kind = type(node)
        if kind in _LITERALS:
            return _one(_LITERALS[kind])
        infer = _INFERRED.get(kind)
        return None if infer is None else infer(self, node)

    def _string(self, node: cst.SimpleString | cst.ConcatenatedString) -> Alternatives:
        return _one("builtins.bytes" if _is_bytes(node) else "builtins.str")

    def _boolean(self, node: cst.BooleanOperation) -> Alternatives:
        return _either([self._infer(node.left), self._infer(node.right)])

    def _conditional(self, node: cst.IfExp) -> Alternatives:
        return _either([self._infer(node.body), self._infer(node.orelse)])

    def _name(self, node: cst.Name) -> Alternatives:
        bindings = self._names.bindings(node)
        if bindings is None:
            if node.value in _CONSTANTS:
                return _one(_CONSTANTS[node.value])
            names = self._names.resolve(node)
            return self._named(
                names if node.value in standard().starred["builtins"] else names - {f"builtins.{node.value}"}
            )
        return _either([self._bound(binding, node) for binding in bindings])

    def _named(self, names: Iterable[str]) -> Alternatives:
        """What qualified names of the standard library are."""
        found: list[Alternatives] = []
        for name in names:
            canonical = standard().canonical(name)
            if canonical in standard().bases:
                found.append(_one(canonical, "type"))
            else:
                found.append(_told(standard().attributes.get(canonical)))
        return _either(found)

    def _bound(self, binding: Binding, name: cst.Name) -> Alternatives:
        node = binding.node
        if binding.qualified is not None:
            return self._named([binding.qualified])
        kind = type(node)
        if isinstance(node, cst.ClassDef):
            return frozenset({Type(node, "type")})
        if kind is cst.FunctionDef:
            return _one("types.FunctionType")
        if isinstance(node, cst.Param):
            return self._parameter(node)
        if kind is cst.AugAssign:
            return None
        if kind is not cst.Assign:
            match node:
                case cst.AnnAssign():
                    return self._annotated(node.annotation) or self._infer(node.value)
                case cst.WithItem():
                    return self._entered(node.item) if _is_name(node.asname, name.value) else None
                case cst.For() | cst.CompFor():
                    return self._item(node.iter) if _is_target(node.target, name.value) else None
                case cst.AsName():
                    return self._caught(node)
        if binding.index is not None:
            return _unwrapped(self._infer(binding.value), "*")
        return self._infer(binding.value)

    def _parameter(self, node: cst.Param) -> Alternatives:
        if node.star == "*" or node.star == "**":
            return _one("builtins.tuple" if node.star == "*" else "builtins.dict")
        if node.annotation is not None:
            return self._annotated(node.annotation)
        function = next(parent for _, parent in self._names.ancestors(node) if type(parent) in _FUNCTIONS)
        owner = self.owner(function)
        if owner is None or not isinstance(function, cst.FunctionDef):
            return None
        decorators = {dotted(one.decorator) for one in function.decorators}
        parameters = _positional(function)
        if "staticmethod" not in decorators and parameters and parameters[0] is node:
            of_class = "classmethod" in decorators or function.name.value in _IMPLICIT_CLASSMETHODS
            return frozenset({Type(owner, "type" if of_class else "")})
        if len(parameters) > 1 and parameters[1] is node and "ast.NodeVisitor" in self.bases(owner):
            prefix, _, visited = function.name.value.partition("visit_")
            if not prefix and visited not in _NEVER_VISITED and f"ast.{visited}" in standard().bases:
                return _one(f"ast.{visited}")
        return None

    def owner(self, function: cst.CSTNode) -> cst.ClassDef | None:
        """The class whose method a function is."""
        for child, parent in self._names.ancestors(function):
            kind = type(parent)
            if kind is cst.ClassDef and child is parent.body:
                return cast(cst.ClassDef, parent)
            if kind in _FUNCTIONS:
                return None
        return None

    def _entered(self, manager: cst.BaseExpression | None) -> Alternatives:
        """What a ``with`` statement gets of a context manager."""
        made = None if manager is None else self._names.value(manager)
        if isinstance(made, cst.Call) and self._names.resolve(made.func) & _CLOSING:
            return self._infer(argument(made, 0, "thing"))
        found = self._infer(manager)
        if found is None or any(one.form for one in found):
            return None
        return _either(self._method(one, "__enter__") or _awaited(self._method(one, "__aenter__")) for one in found)

    def _item(self, iterated: cst.CSTNode | None) -> Alternatives:
        found = self._infer(iterated)
        if found is None:
            return None
        return _either(
            [
                frozenset({replace(one, form="")})
                if one.form == "*" or (one.form == "type" and self._has_members(one.kind))
                else _unwrapped(self._method(one, "__iter__"), "*")
                if one.form == ""
                else None
                for one in found
            ]
        )

    def _has_members(self, kind: Kind) -> bool:
        """Whether a class is an enumeration, over whose members one iterates."""
        order = self._mro(kind)
        own = any(isinstance(one, cst.ClassDef) and one.keywords for one in order)  # a metaclass
        return "enum.Enum" in order and None not in order and not own

    def _caught(self, node: cst.AsName) -> Alternatives:
        handler = self._names.parents[node]
        if not isinstance(handler, cst.ExceptHandler):
            return None
        return self._instances(handler.type)

    def _instances(self, classes: cst.CSTNode | None) -> Alternatives:
        """Instances of the classes that an ``except`` or an ``isinstance`` names."""
        if isinstance(classes, cst.Tuple):
            return _either([self._instances(element.value) for element in classes.elements])
        if isinstance(classes, cst.BinaryOperation) and isinstance(classes.operator, cst.BitOr):
            return _either([self._instances(classes.left), self._instances(classes.right)])
        if isinstance(classes, cst.Name):
            bindings = self._names.bindings(classes) or []
            if len(bindings) == 1 and isinstance(bindings[0].value, cst.Tuple):
                return self._instances(bindings[0].value)
        return _unwrapped(self._infer(classes), "type")

    def _attribute(self, node: cst.Attribute) -> Alternatives:
        if node.attr.value == "__code__":
            return _one("types.CodeType")
        names = self._names.resolve(node)
        if names:
            found = self._named(names)
            if found is not None:
                return found
        owners = self._infer(node.value)
        if owners is None:
            return None
        return _either([self._attribute_of(one, node.attr.value) for one in owners])

    def _attribute_of(self, owner: Type, name: str) -> Alternatives:
        if owner.form not in ("", "type", "super"):
            return None
        if name == "__class__":
            return frozenset({replace(owner, form="type")})
        for kind in self._mro(owner.kind)[owner.form == "super" :]:
            if kind is None:
                return None
            if isinstance(kind, str):
                known = standard().attributes.get(f"{kind}.{name}")
                if known is not None:
                    return _told(known, owner)
            else:
                settings = self._settings(kind).get(name)
                if settings is not None:
                    return _either([self._set(one) for one in settings])
        return None

    def _set(self, one: _Setting) -> Alternatives:
        if one.annotation is not None:
            return self._annotated(one.annotation) or self._infer(one.value)
        if isinstance(one.node, cst.ClassDef):
            return frozenset({Type(one.node, "type")})
        if isinstance(one.node, cst.FunctionDef):
            is_property = any(dotted(item.decorator).endswith("property") for item in one.node.decorators)
            return self._result(one.node) if is_property else None
        return self._infer(one.value) if one.index is None else _unwrapped(self._infer(one.value), "*")

    def _call(self, node: cst.Call) -> Alternatives:
        names = self._names.resolve(node.func)
        if "builtins.super" in names and not node.args:
            function = self._enclosing_function(node)
            owner = None if function is None else self.owner(function)
            return None if owner is None else frozenset({Type(owner, "super")})
        if "builtins.type" in names and len(node.args) == 1:
            found = self._infer(node.args[0].value)
            return _either([frozenset({replace(one, form="type")}) if not one.form else None for one in found or ()])
        definition = self.definition(node.func)
        if isinstance(definition, cst.FunctionDef):
            return self._result(definition)
        results = [self._returned(standard().canonical(name), node) for name in names]
        if results and None not in results:
            return _either(results)
        called = self._infer(node.func)
        if called is not None:
            return _either([_made_by(one) for one in called])
        if isinstance(node.func, cst.Attribute):
            owners = self._infer(node.func.value)
            if owners is not None:
                if _ENTERS in self.member(node.func).names:
                    return self._entered(argument(node, 0, "cm"))
                return _either([self._method(one, node.func.attr.value, node) for one in owners])
        return None

    def _enclosing_function(self, node: cst.CSTNode) -> cst.FunctionDef | None:
        ancestors = self._names.ancestors(node)
        return next((parent for _, parent in ancestors if type(parent) is cst.FunctionDef), None)

    def _returned(self, canonical: str, call: cst.Call) -> Alternatives:
        """What a call of a standard function or class gives."""
        opened = self._opened(canonical, call)
        if opened is not None:
            return opened
        if canonical in standard().bases:
            return _made_by(Type(canonical, "type"))
        owner = canonical.rpartition(".")[0]
        return _told(standard().returns.get(canonical), Type(owner) if owner in standard().bases else None)

    def _opened(self, canonical: str, call: cst.Call) -> Alternatives:
        """What a function that opens files gives in the mode that is written out."""
        row = standard().modes.get(canonical)
        if row is None or any(one.star for one in call.args):
            return None
        at = int(row["at"])
        given = argument(call, at, "mode")
        mode = string_value(given if given is None else self._names.value(given)) if given else str(row["default"])
        if mode is None or ("unless" in row and argument(call, at + 1, str(row["unless"])) is not None):
            return None
        kinds = (str(kind) for letters, kind in row.items() if letters not in _ABOUT_MODES and {*letters} <= {*mode})
        return next(map(_one, kinds), None)

    def _method(self, owner: Type, name: str, call: cst.Call | None = None) -> Alternatives:
        """What calling a method of a value gives."""
        if owner.form not in ("", "type", "super"):
            return None
        for kind in self._mro(owner.kind)[owner.form == "super" :]:
            if kind is None:
                return None
            if isinstance(kind, str):
                opened = None if call is None else self._opened(f"{kind}.{name}", call)
                if opened is not None:
                    return opened
                known = standard().returns.get(f"{kind}.{name}")
                if known is not None:
                    return _told(known, replace(owner, form=""))
            elif name in self._settings(kind):
                return None
        return None

    def _result(self, function: cst.FunctionDef) -> Alternatives:
        """What calling a function of this file gives: by its annotation, or by all that it returns."""
        if not all(dotted(one.decorator).rpartition(".")[2] in _HARMLESS_DECORATORS for one in function.decorators):
            return None
        returned, yields = _returns(function)
        if yields:
            return _one("types.AsyncGeneratorType" if function.asynchronous else "types.GeneratorType")
        if function.asynchronous:
            return _one("types.CoroutineType")
        if function.returns is not None:
            return self._annotated(function.returns)
        if not returned:
            return None
        return _either([self._infer(value) for value in returned])

    def _unary(self, node: cst.UnaryOperation) -> Alternatives:
        if isinstance(node.operator, cst.Not):
            return _one("builtins.bool")
        found = self._infer(node.expression)
        if found is not None and all(one.kind in _NUMBERS and not one.form for one in found):
            return frozenset(Type("builtins.int") if one.kind == "builtins.bool" else one for one in found)
        return None

    def _comparison(self, node: cst.Comparison) -> Alternatives:
        if all(isinstance(part.operator, _ALWAYS_BOOL) for part in node.comparisons):
            return _one("builtins.bool")
        scalars = {*_NUMBERS, "builtins.str", "builtins.bytes"}
        for side in (node.left, *(part.comparator for part in node.comparisons)):
            found = self._infer(side)
            if found is None or not all(one.kind in scalars and not one.form for one in found):
                return None
        return _one("builtins.bool")

    def _binary(self, node: cst.BinaryOperation) -> Alternatives:
        left, right = self._infer(node.left), self._infer(node.right)
        kinds = [
            max((_NUMBERS.index(one.kind) if one.kind in _NUMBERS and not one.form else 9 for one in side), default=9)
            if side is not None
            else 9
            for side in (left, right)
        ]
        if isinstance(node.operator, cst.Divide):
            if left is not None and kinds[0] == 9:
                return _either([self._method(one, "__truediv__") for one in left])
            # Dividing by or into a plain number gives no path; whatever it is, it is no int.
            return _one("builtins.float") if min(kinds) < _NUMBERS.index("builtins.complex") else None
        if max(kinds) < 9:
            return _one(_NUMBERS[max(*kinds, 1)])
        if left is not None and left == right and isinstance(node.operator, (cst.Add, cst.BitOr, cst.BitAnd)):
            return left
        if left is not None and isinstance(node.operator, (cst.Modulo, cst.Multiply, cst.Subtract, cst.BitXor)):
            (one, *others) = left
            return left if not others and one.kind in ("builtins.str", "builtins.bytes", "builtins.set") else None
        return None

    def _subscript(self, node: cst.Subscript) -> Alternatives:
        if len(node.slice) != 1 or not isinstance(node.slice[0].slice, cst.Index):
            return None
        found = self._infer(node.value)
        if found is None:
            return None
        return _either(
            [
                frozenset({replace(one, form="")}) if one.form == "*" else self._method(one, "__getitem__")
                for one in found
                if one.form in ("", "*")
            ]
        )

    # Annotations.

    def _annotated(self, annotation: cst.Annotation | None) -> Alternatives:
        return None if annotation is None else self._meant(annotation.annotation)

    def _meant(self, node: cst.BaseExpression) -> Alternatives:
        """The instances that an annotation allows."""
        meant = self.annotation(node)
        if meant is None:
            return None
        node = meant
        if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.BitOr):
            return _either([self._meant(node.left), self._meant(node.right)])
        if isinstance(node, cst.Name) and node.value == "None":
            return _one("types.NoneType")
        if isinstance(node, cst.Subscript):
            return self._meant_by_subscript(node)
        found = self._infer(node)
        return None if found is None else _unwrapped(found, "type")

    def _meant_by_subscript(self, node: cst.Subscript) -> Alternatives:
        items = [item.slice.value for item in node.slice if isinstance(item.slice, cst.Index)]
        name = dotted(node.value).rpartition(".")[2]
        if not items or len(items) != len(node.slice):
            return None
        if name == "Union":
            return _either([self._meant(item) for item in items])
        if name in _TRANSPARENT:
            return self._meant(items[0])
        if name in ("Type", "type"):
            found = self._meant(items[0])
            return None if found is None else frozenset(replace(one, form="type") for one in found)
        if name in _ITERABLES:
            found = self._meant(items[0])
            same = name not in ("Tuple", "tuple") or (len(items) == 2 and isinstance(items[1], cst.Ellipsis))
            return frozenset(replace(one, form="*") for one in found) if found and same else None
        return _unwrapped(self._infer(node.value), "type")

    # Tests of the type.

    def _narrowed(self, node: cst.CSTNode) -> Alternatives:
        """What ``isinstance`` tests that hold where an expression stands say of it."""
        if not isinstance(node, (cst.Name, cst.Attribute)):
            return None
        key = dotted(node)
        if key not in self._tested_keys:
            return None
        since = self._last_set(node)
        order = self._names.order
        for child, parent in self._names.ancestors(node):
            kind = type(parent)
            if kind in _FUNCTIONS and child is parent.body and isinstance(node, cst.Attribute):
                return None
            for test, outcome in self._holding(child, parent):
                if order[test] < since:
                    return None
                found = self._tested(test, outcome, key)
                if found is not None:
                    return found
            if kind is cst.MatchCase and child is parent.body:
                subject = self._names.parents[parent]
                if isinstance(subject, cst.Match) and dotted(subject.subject) == key:
                    return self._matched(parent.pattern)
        return None

    @cached_property
    def _tested_keys(self) -> frozenset[str]:
        """What the file tests with ``isinstance`` or matches, as written."""
        tree = self._names.tree
        found = {dotted(node.args[0].value) for node in tree.of_type(cst.Call) if len(node.args) == 2}
        found |= {dotted(node.subject) for node in tree.of_type(cst.Match)}
        return frozenset(found - {""})

    def _last_set(self, node: cst.Name | cst.Attribute) -> int:
        """When the name at the root of an expression got its value: tests made before say nothing of it."""
        root: cst.BaseExpression = node
        while isinstance(root, cst.Attribute):
            root = root.value
        bindings = self._names.bindings(root) if isinstance(root, cst.Name) else None
        return max((binding.order for binding in bindings or ()), default=-1)

    def _holding(self, child: cst.CSTNode, parent: cst.CSTNode) -> Iterable[tuple[cst.BaseExpression, bool]]:
        """The tests, and their outcomes, that hold in a child of a parent for what stands in that."""
        if type(parent) not in BLOCKS:
            return self._reach.conditions(child, parent)
        order = self._names.order
        return takewhile(lambda one: order[one[0]] < order[child], self._held(parent, child))

    def _held(self, block: cst.CSTNode, until: cst.CSTNode) -> list[tuple[cst.BaseExpression, bool]]:
        """The tests that hold behind statements of a block: of those before one of them, and perhaps of more."""
        if block not in self._tests:
            self._tests[block] = [], deque(one for one in getattr(block, "body", ()) if type(one) in _MAY_TEST)
        held, statements = self._tests[block]
        order = self._names.order
        while statements and order[statements[0]] < order[until]:
            statement = statements.popleft()
            if type(statement) is not cst.If:
                held += [(part.test, True) for part in statement.body if type(part) is cst.Assert]
            elif self._reach.block_leaves(statement.body) is not None:
                held.append((statement.test, False))
        return held

    def _tested(self, test: cst.BaseExpression, outcome: bool, key: str) -> Alternatives:
        if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
            return self._tested(test.expression, not outcome, key)
        if isinstance(test, cst.BooleanOperation):
            if isinstance(test.operator, cst.And) is not outcome:
                return None
            return self._tested(test.left, outcome, key) or self._tested(test.right, outcome, key)
        if not outcome or not isinstance(test, cst.Call) or len(test.args) != 2 or dotted(test.args[0].value) != key:
            return None
        if "builtins.isinstance" not in self._names.resolve(test.func):
            return None
        return self._instances(test.args[1].value)

    def _matched(self, pattern: cst.MatchPattern) -> Alternatives:
        if isinstance(pattern, cst.MatchAs) and pattern.pattern is not None:
            return self._matched(pattern.pattern)
        if isinstance(pattern, cst.MatchOr):
            return _either([self._matched(element.pattern) for element in pattern.patterns])
        return self._instances(pattern.cls) if isinstance(pattern, cst.MatchClass) else None


_INFERRED: Mapping[type[cst.CSTNode], Callable[[Types, Any], Alternatives]] = {
    cst.Attribute: Types._attribute,
    cst.Await: lambda types, node: _awaited(types._infer(node.expression)),
    cst.BinaryOperation: Types._binary,
    cst.BooleanOperation: Types._boolean,
    cst.Call: Types._call,
    cst.Comparison: Types._comparison,
    cst.ConcatenatedString: Types._string,
    cst.IfExp: Types._conditional,
    cst.Name: Types._name,
    cst.NamedExpr: lambda types, node: types._infer(node.value),
    cst.SimpleString: Types._string,
    cst.Subscript: Types._subscript,
    cst.UnaryOperation: Types._unary,
}


_TYPED = _LITERALS.keys() | _INFERRED.keys()
"""What may have a type that can be told."""


@dataclass(frozen=True)
class _Setting:
    """One place that sets an attribute of a class or of its instances."""

    name: str
    node: cst.CSTNode
    value: cst.BaseExpression | None = None
    annotation: cst.Annotation | None = None
    index: int | None = None
    """Which element of ``value`` it is given."""


def _set_by(node: Any, receiver: str) -> Iterator[_Setting]:
    kind = type(node)
    targets: list[cst.BaseExpression] = []
    value: cst.BaseExpression | None = None
    annotation: cst.Annotation | None = None
    if kind is cst.FunctionDef or kind is cst.ClassDef:
        if not receiver:
            yield _Setting(node.name.value, node)
    elif kind is cst.Import or kind is cst.ImportFrom:
        if not receiver and not isinstance(node.names, cst.ImportStar):
            for alias in node.names:
                yield _Setting(alias.evaluated_alias or alias.evaluated_name.partition(".")[0], node)
    elif kind is cst.Assign:
        targets, value = [target.target for target in node.targets], node.value
    elif kind is cst.AnnAssign:
        targets, value, annotation = [node.target], node.value, node.annotation
    elif kind is cst.WithItem:
        targets = [] if node.asname is None else [node.asname.name]
    else:
        targets = [node.target]
    found: list[tuple[cst.BaseExpression, cst.BaseExpression | None, int | None]]
    found = [(target, value, None) for target in targets]
    while found:
        target, value, index = found.pop()
        if isinstance(target, cst.Name):
            if not receiver:
                yield _Setting(target.value, node, value, annotation, index)
        elif isinstance(target, cst.Attribute):
            if receiver and dotted(target.value) == receiver:
                yield _Setting(target.attr.value, node, value, annotation, index)
        elif isinstance(target, (cst.Tuple, cst.List)):
            found.extend(taken_apart(target, value if index is None else None))


def _is_given_class(method: cst.FunctionDef) -> bool:
    """Whether the first argument of a method is the class."""
    marked = any(dotted(one.decorator) == "classmethod" for one in method.decorators)
    return marked or method.name.value in _IMPLICIT_CLASSMETHODS


def _positional(function: cst.FunctionDef) -> list[cst.Param]:
    return [*function.params.posonly_params, *function.params.params]


def _returns(function: cst.FunctionDef) -> tuple[list[cst.BaseExpression | None], bool]:
    """What the ``return`` statements of a function give, and whether it is a generator."""
    returned: list[cst.BaseExpression | None] = []
    yields = False
    stack: list[cst.CSTNode] = [function.body]
    while stack:
        node = stack.pop()
        if isinstance(node, (cst.FunctionDef, cst.ClassDef, cst.Lambda)):
            continue
        if isinstance(node, cst.Return):
            returned.append(node.value)
        yields = yields or isinstance(node, cst.Yield)
        stack.extend(children(node))
    return returned, yields


def _one(kind: str, form: str = "") -> frozenset[Type]:
    return frozenset({Type(kind, form)})


def _made_by(called: Type) -> Alternatives:
    """What calling a class gives: an instance, or for some of the library's another class."""
    makes_class = isinstance(called.kind, str) and not _MAKE_CLASSES.isdisjoint(standard().mro(called.kind))
    return None if called.form != "type" or makes_class else frozenset({Type(called.kind)})


def _told(value: str | None, owner: Type | None = None) -> Alternatives:
    """What a value of the table means; ``self`` is the owner's own class."""
    if value is None or value == "?":
        return None
    if value.startswith("async "):
        awaited = value.removeprefix("async ")
        given: Kind | None = None if awaited == "?" else awaited
        if awaited == "self":
            given = None if owner is None else owner.kind
        return frozenset({Type("types.CoroutineType", awaited=given)})
    form = ""
    for prefix, means in (("await ", "await"), ("*", "*")):
        if value.startswith(prefix):
            value, form = value.removeprefix(prefix), means
            break
    if value == "self":
        return None if owner is None else frozenset({Type(owner.kind, form)})
    return _one(value, form)


def _awaited(found: Alternatives) -> Alternatives:
    """What awaiting gives."""
    return _either(
        frozenset({Type(one.awaited)}) if one.awaited is not None else _unwrapped(frozenset({one}), "await")
        for one in found or ()
    )


def _unwrapped(found: Alternatives, form: str) -> Alternatives:
    """Instances of what is given in a form (``type``, ``*``, ``await``); None where something is not."""
    if not found or any(one.form != form for one in found):
        return None
    return frozenset(replace(one, form="") for one in found)


def _either(found: Iterable[Alternatives]) -> Alternatives:
    """All of several alternatives, if each is known; ``None`` has no members and does not count beside others."""
    together: set[Type] = set()
    for one in found:
        if one is None:
            return None
        together |= one
    nothing = Type("types.NoneType")
    if len(together) > 1:
        together.discard(nothing)
    return frozenset(together) or None


def _is_bytes(node: cst.SimpleString | cst.ConcatenatedString) -> bool:
    first: cst.CSTNode = node
    while isinstance(first, cst.ConcatenatedString):
        first = first.left
    return isinstance(first, cst.SimpleString) and "b" in first.prefix.lower()


def _is_name(node: cst.AsName | None, name: str) -> bool:
    return node is not None and isinstance(node.name, cst.Name) and node.name.value == name


def _is_target(target: cst.BaseExpression, name: str) -> bool:
    return isinstance(target, cst.Name) and target.value == name
