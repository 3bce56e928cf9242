"""Variables of a Python file that all threads share: those of the module and of its classes, and what functions do
with them.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import libcst as cst

from py314_check.api import Shared, Use
from py314_check.languages.python.scopes import Binding, Names, Scope, dotted, string_value
from py314_check.languages.python.types import Types

_CONTAINERS = {
    "builtins.dict": "dict",
    "builtins.list": "list",
    "builtins.set": "set",
    "collections.Counter": "Counter",
    "collections.OrderedDict": "OrderedDict",
    "collections.defaultdict": "defaultdict",
    "collections.deque": "deque",
}
_LITERALS: dict[type[cst.CSTNode], str] = {
    cst.Dict: "dict",
    cst.DictComp: "dict",
    cst.List: "list",
    cst.ListComp: "list",
    cst.Set: "set",
    cst.SetComp: "set",
}
_CHANGING = {
    *("__setitem__", "__delitem__", "add", "append", "appendleft", "clear", "difference_update", "discard", "extend"),
    *("extendleft", "insert", "intersection_update", "pop", "popitem", "popleft", "remove", "reverse", "rotate"),
    *("setdefault", "sort", "subtract", "symmetric_difference_update", "update", "move_to_end"),
}
_FUNCTIONS = (cst.FunctionDef, cst.Lambda)
_NO_USES = (cst.Global, cst.NameItem, cst.Param)
_SETTING = (cst.AnnAssign, cst.NamedExpr, cst.For, cst.CompFor)
_BINDING = (cst.Del, cst.AsName, cst.ImportAlias)
_DEFINED = (cst.FunctionDef, cst.ClassDef, cst.ImportAlias)
_VIEWS = {"items", "keys", "values"}
_ITERATING = {
    f"builtins.{name}"
    for name in (
        "all",
        "any",
        "dict",
        "enumerate",
        "filter",
        "frozenset",
        "iter",
        "list",
        "map",
        "max",
        "min",
        "reversed",
    )
} | {f"builtins.{name}" for name in ("set", "sorted", "sum", "tuple", "zip")}
_LOCKING = {f"builtins.{name}" for name in ("dict", "frozenset", "list", "set", "sorted")}
"""Those that lock a list, a set or a dictionary while they read it, where it is of exactly this type."""
_LOCKING_VIEWS = {"builtins.list", "builtins.sorted"}
_WRITERS = {"json.dump", "json.dumps", "pickle.dump", "pickle.dumps", "copy.deepcopy"}


def container_kind(names: Names, value: cst.BaseExpression) -> str:
    """Which mutable standard container an expression makes, such as ``dict``; empty for anything else."""
    if isinstance(value, cst.Call):
        return next((_CONTAINERS[one] for one in sorted(names.resolve(value.func)) if one in _CONTAINERS), "")
    return _LITERALS.get(type(value), "")


def shared_variables(names: Names, types: Types) -> list[Shared]:
    """The variables of a file that functions use and that some code changes, in order of their first use."""
    return _Gathering(names, types).result()


class _Gathering:
    def __init__(self, names: Names, types: Types) -> None:
        self._names = names
        self._types = types
        self._uses: defaultdict[tuple[cst.ClassDef | None, str], list[Use]] = defaultdict(list)

    def result(self) -> list[Shared]:
        module = self._names.module_scope
        attributes = self._class_attributes()
        node: Any
        for node in self._names.tree.nodes:
            kind = type(node)
            if kind is cst.Name:
                if node.value in module.bindings:
                    self._visit_name(node)
            elif kind is cst.Attribute:
                if node.attr.value in attributes:
                    self._visit_attribute(node, node.value, node.attr.value)
            elif kind is cst.Call:
                self._visit_test_of_attribute(node, attributes)
        return [self._shared(*key, uses) for key, uses in self._uses.items() if any(use.writes for use in uses)]

    def _class_attributes(self) -> set[str]:
        """The names of what class bodies bind, and of what is set on classes."""
        in_bodies = {
            name
            for node in self._names.tree.of_type(cst.ClassDef)
            for name, bindings in self._names.scope_made_by(node).bindings.items()
            if not any(isinstance(one.node, _DEFINED) for one in bindings)
        }
        later = (one for one in self._names.attributes_set if one.attr.value not in in_bodies)
        return in_bodies | {one.attr.value for one in later if (of := self._types.class_of(one.value)) and not of[1]}

    def _visit_name(self, node: cst.Name) -> None:
        parent = self._names.parents[node]
        if type(parent) in _NO_USES or _is_keyword_or_attribute(parent, node):
            return
        home = self._names.scope_of(node)
        if home is self._names.module_scope:
            return
        if self._names.binding_scope(node.value, home) is self._names.module_scope and self._in_function(node):
            self._uses[None, node.value].append(self._use(node))

    def _visit_attribute(self, node: cst.BaseExpression, receiver: cst.BaseExpression, name: str) -> None:
        if not self._in_function(node):
            return
        of = self._types.class_of(receiver)
        if of is None:
            return
        owner, on_instance = of
        family = self._types.family(owner)
        home = next((one for one in family if name in self._names.scope_made_by(one).bindings), family[-1])
        if any(isinstance(one.node, _DEFINED) for one in self._names.scope_made_by(home).bindings[name]):
            return  # a method, or a property
        use = self._use(node)
        if on_instance and (
            use.kind in ("set", "add") or any(self._types.sets_on_instances(one, name) for one in family)
        ):
            return
        self._uses[home, name].append(use)

    def _visit_test_of_attribute(self, call: cst.Call, attributes: set[str]) -> None:
        """``hasattr(cls, "name")``, which tests a variable of a class that may not be there yet."""
        if len(call.args) == 2 and dotted(call.func) == "hasattr":
            name = string_value(call.args[1].value)
            if name in attributes and "builtins.hasattr" in self._names.resolve(call.func):
                self._visit_attribute(call, call.args[0].value, name)

    def _in_function(self, node: cst.CSTNode) -> bool:
        scope: Scope | None = self._names.scope_of(node)
        while scope is not None and type(scope.node) not in _FUNCTIONS:
            scope = scope.parent
        return scope is not None

    def _shared(self, owner: cst.ClassDef | None, name: str, uses: list[Use]) -> Shared:
        scope = self._names.module_scope if owner is None else self._names.scope_made_by(owner)
        bound = [one for one in scope.bindings.get(name, ()) if one.value is not None and dotted(one.value) != "None"]
        in_body = [one for one in bound if not self._in_function(one.node)]
        kinds = {self._kind(one) for one in in_body or bound}
        shown = name if owner is None else f"{owner.name.value}.{name}"
        return Shared(shown, kinds.pop() if len(kinds) == 1 else "", tuple(uses))

    def _kind(self, binding: Binding) -> str:
        return "" if binding.value is None or binding.index is not None else container_kind(self._names, binding.value)

    def _use(self, node: cst.BaseExpression) -> Use:
        """What is done with a variable that stands here."""
        parents = self._names.parents
        parent: Any = parents[node]
        kind = type(parent)
        if kind is cst.AssignTarget:
            return Use(node, "set", parents[parent])
        if kind is cst.AugAssign and parent.target is node:
            return Use(node, "add", parent)
        if kind in _SETTING and parent.target is node:
            return Use(node, "set", parent)
        if kind in _BINDING or (kind is cst.Element and self._is_unpacked_into(parent)):
            return Use(node, "set", parent)
        if kind is cst.Subscript and parent.value is node:
            return self._item_use(node, parent)
        if isinstance(parent, cst.Attribute):
            call = parents[parent]
            if isinstance(call, cst.Call) and call.func is parent:
                return self._method_use(node, parent.attr.value, call)
        return Use(node, "iterate" if self._is_iterated(node, _LOCKING) else "read", parent)

    def _item_use(self, node: cst.BaseExpression, item: cst.Subscript) -> Use:
        parent = self._names.parents[item]
        if isinstance(parent, cst.AssignTarget):
            return Use(node, "change", self._names.parents[parent], "[]=")
        if isinstance(parent, cst.AugAssign) and parent.target is item:
            return Use(node, "change", parent, "[]+=")
        if isinstance(parent, cst.Del):
            return Use(node, "change", parent, "del")
        return Use(node, "item", item)

    def _method_use(self, node: cst.BaseExpression, method: str, call: cst.Call) -> Use:
        if method in _CHANGING:
            return Use(node, "change", call, method)
        if method in _VIEWS and self._is_iterated(call, _LOCKING_VIEWS):
            return Use(node, "iterate", call, method)
        return Use(node, "read", call, method)

    def _is_iterated(self, node: cst.BaseExpression, atomic: set[str]) -> bool:
        """Whether what stands here is iterated over, other than by what is documented to lock it meanwhile."""
        parent: Any = self._names.parents[node]
        kind = type(parent)
        if kind is cst.For or kind is cst.CompFor:
            return parent.iter is node
        if kind is cst.Arg and isinstance(call := self._names.parents[parent], cst.Call):
            if isinstance(call.func, cst.Attribute) and call.func.attr.value == "join":
                return True
            return bool(self._names.resolve(call.func) & (_ITERATING - atomic | _WRITERS))
        return False

    def _is_unpacked_into(self, element: cst.CSTNode) -> bool:
        """Whether it is one of several targets that one value is taken apart for."""
        parents = self._names.parents
        child, parent = element, parents[element]
        while isinstance(parent, (cst.Element, cst.Tuple, cst.List, cst.StarredElement)):
            child, parent = parent, parents[parent]
        if isinstance(parent, (cst.For, cst.CompFor)):
            return parent.target is child
        return isinstance(parent, (cst.AssignTarget, cst.Del))


def _is_keyword_or_attribute(parent: Any, node: cst.Name) -> bool:
    kind = type(parent)
    if kind is cst.Attribute:
        return parent.attr is node
    if kind is cst.Arg:
        return parent.keyword is node
    return (kind is cst.FunctionDef or kind is cst.ClassDef) and parent.name is node
