"""What functions may do with the variables that all threads share, told from a file's outline: for the word tests.

It is ``Context.shared`` without certainty. A variable goes by its name; one of a class, by its name behind a dot.
"""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from py314_check.api import (
    Outline,
    Scope,
    arguments,
    last_name,
    names_set,
    once,
)
from py314_rules.called import is_call_of, may_be, other_names
from py314_rules.threads._classes import GIVEN_CLASS, METHODS, Classes, Variables, assigned, stored
from py314_rules.values import truth_tests

_CHANGING = frozenset(
    "__setitem__ __delitem__ add append appendleft clear difference_update discard extend extendleft insert"
    " intersection_update move_to_end pop popitem popleft remove reverse rotate setdefault sort subtract"
    " symmetric_difference_update update".split()
)
_TAKING = ("pop", "remove", "popitem", "popleft")
_CONTAINERS = ("Counter", "OrderedDict", "defaultdict", "deque", "dict", "list", "set")
_LITERALS = (ast.Dict, ast.DictComp, ast.List, ast.ListComp, ast.Set, ast.SetComp)
_ITERATING = (
    *("all", "any", "dict", "enumerate", "filter", "frozenset", "iter", "list", "map", "max", "min", "reversed", "set"),
    *("sorted", "sum", "tuple", "zip", "dump", "dumps", "deepcopy", "join"),
)


class Uses:
    """How often a function does something with variables: it sets them, fills them with something, be it with what a
    name says, adds to them, sets or deletes items, changes and takes from containers by methods, iterates, asks whether
    they are empty, or looks into them.
    """

    def __init__(self, scope: Scope, outer: Uses | None) -> None:
        self.scope, self.outer = scope, outer
        self.set, self.filled = Counter[str](), Counter[str]()
        self.set_to_name, self.added = Counter[str](), Counter[str]()
        self.items, self.changed, self.taken = Counter[str](), Counter[str](), Counter[str]()
        self.iterated, self.tested, self.searched = Counter[str](), Counter[str](), Counter[str]()

    @property
    def with_outer(self) -> Iterator[Uses]:
        """The function and those around it."""
        one: Uses | None = self
        while one is not None:
            yield one
            one = one.outer


@dataclass(frozen=True)
class Shared:
    """What functions do with the variables, and which of these may be dictionaries, lists, sets or the like."""

    uses: list[Uses]
    containers: set[str]


@once
def shared(outline: Outline) -> Shared:
    """What a file does with its shared variables; nothing where no function writes one, which harms none."""
    reader = _Reader(outline)
    return Shared(reader.read(), set(reader.containers())) if reader.may_write() else Shared([], set())


class _Reader:
    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        declared = {name for node in outline.of(ast.Global) for name in node.names}
        module = outline.scopes[0]
        imported = {one.asname or one.name for node in module.of(ast.Import, ast.ImportFrom) for one in node.names}
        self._names = declared | imported | stored(module)
        classes = (one for one in outline.scopes if isinstance(one.node, ast.ClassDef))
        self._attributes = {name for one in classes for name in stored(one)}
        self._on_instances: defaultdict[Scope, set[str]] = defaultdict(set)
        self._variables = Variables()
        self._given_classes = other_names(outline, "classmethod", "staticmethod")

    @cached_property
    def _classes(self) -> Classes:
        return Classes(self._outline, self._variables)

    def may_write(self) -> bool:
        """Whether a function may write one of the variables, by a coarse look: in most files, none does."""
        attributes = set(self._attributes)
        for scope in self._outline.scopes:
            for one in scope.of(ast.Attribute):
                if type(one.ctx) is not ast.Load and not self._is_instance(scope, one.value):
                    attributes.add(one.attr)
                    if scope.runs_later:
                        return True
        return any(
            any(scope.of(ast.Global)) or any(self._may_be(one, scope, attributes) for one in _changed(scope))
            for scope in self._outline.scopes
            if scope.runs_later
        )

    def _is_instance(self, scope: Scope, receiver: ast.expr) -> bool:
        """Whether an expression is ``self``, without a look at what classes there are."""
        method = _method_of(scope)
        return (
            method is not None
            and self._is_self(receiver, method)
            and method.node.name not in GIVEN_CLASS
            and all(one.annotation is None for one in arguments(method.node.args)[:1])
            and all(type(one.ctx) is ast.Load for one in self._outline.names[last_name(receiver)])
        )

    def _is_self(self, receiver: ast.expr, method: Scope) -> bool:
        """Whether an expression is the first parameter of a method that is given no class."""
        given = [*method.node.args.posonlyargs, *method.node.args.args][:1]
        if not given or not isinstance(receiver, ast.Name) or receiver.id != given[0].arg:
            return False
        return not any(may_be(one, self._given_classes) for one in method.node.decorator_list)

    def _may_be(self, node: ast.expr, scope: Scope, attributes: Collection[str]) -> bool:
        if isinstance(node, ast.Name):
            return node.id in self._names and self._variables.home(scope, node.id) is None
        return isinstance(node, ast.Starred) or (isinstance(node, ast.Attribute) and node.attr in attributes)

    def containers(self) -> Iterator[str]:
        """The variables that may be given a container."""
        makers = other_names(self._outline, *_CONTAINERS)
        for scope in self._outline.scopes:
            for target, value in assigned(scope):
                if isinstance(value, _LITERALS) or is_call_of(value, makers):
                    of_class = isinstance(scope.node, ast.ClassDef)
                    yield from (f".{name}" if of_class else name for name in names_set(target))

    def read(self) -> list[Uses]:
        """What functions do with the variables that any of them writes."""
        self._find_attributes()
        by_scope: dict[Scope | None, Uses] = {}
        for scope in self._outline.scopes:
            if scope.runs_later:
                by_scope[scope] = Uses(scope, by_scope.get(scope.parent))
                self._read_writes(by_scope[scope])
        uses = [*by_scope.values()]
        written = {name for one in uses for kind in (one.set, one.items, one.changed) for name in kind}
        for one in uses if written else ():
            self._read_others(one, written)
        return uses

    def _find_attributes(self) -> None:
        """Tells attributes that classes are given from those that instances are."""
        for scope in self._outline.scopes:
            for node in scope.of(ast.Attribute):
                if type(node.ctx) is not ast.Load:
                    if self._classes.may_be(node.value, scope):
                        self._attributes.add(node.attr)
                    owner = self._owner(scope, node.value)
                    if owner is not None:
                        self._on_instances[owner].add(node.attr)

    def _read_writes(self, found: Uses) -> None:
        scope = found.scope

        def note(kind: Counter[str], *nodes: Any) -> None:
            for name in (self._variable(scope, node) for node in nodes):
                if name:
                    kind[name] += 1

        def is_set(target: ast.expr) -> bool:
            """Whether it is a name, or may be an attribute of a class: one of an instance is the instance's own."""
            if isinstance(target, ast.Attribute):
                return type(target.ctx) is not ast.Load and self._classes.may_be(target.value, scope)
            return isinstance(target, ast.Name) and type(target.ctx) is not ast.Load

        note(found.set, *filter(is_set, scope.of(ast.Attribute)))
        if any(scope.of(ast.Global)):  # else what it sets is its own
            note(found.set, *filter(is_set, scope.of(ast.Name)))
        for item in scope.of(ast.Subscript):
            if type(item.ctx) is not ast.Load:
                note(found.items, item.value)
        for added in scope.of(ast.AugAssign):
            if isinstance(added.target, ast.Subscript):
                note(found.added, added.target.value)
            elif is_set(added.target):
                note(found.added, added.target)
        for target, value in scope.assignments:
            if is_set(target):
                if not _is_nothing(value):
                    note(found.filled, target)
                if isinstance(value, (ast.BinOp, ast.Name)):
                    note(found.added if isinstance(value, ast.BinOp) else found.set_to_name, target)
        for called in (call.func for call in scope.of(ast.Call)):
            if isinstance(called, ast.Attribute) and called.attr in _CHANGING:
                note(found.changed, called.value)
                if called.attr in _TAKING:
                    note(found.taken, called.value)

    def _read_others(self, found: Uses, written: Collection[str]) -> None:
        scope = found.scope

        def note(kind: Counter[str], *nodes: Any) -> None:
            for node in (one.value if isinstance(one, ast.Starred) else one for one in nodes):
                name = f".{node.attr}" if isinstance(node, ast.Attribute) else getattr(node, "id", "")
                if name in written and self._variable(scope, node):
                    kind[name] += 1

        iterating = other_names(self._outline, *_ITERATING)
        for loop in scope.of(ast.For, ast.AsyncFor, ast.comprehension):
            note(found.iterated, loop.iter, _asked(loop.iter))
        for call in scope.of(ast.Call):
            if isinstance(call.func, ast.Attribute) and call.func.attr not in _CHANGING:
                note(found.searched, call.func.value)
            if may_be(call.func, iterating):
                for one in (*call.args, *(given.value for given in call.keywords)):
                    note(found.iterated, one, _asked(one))
            if last_name(call.func) == "hasattr" and len(call.args) == 2 and isinstance(call.args[1], ast.Constant):
                found.tested[f".{call.args[1].value!s}"] += 1
        note(found.tested, *truth_tests(scope))
        for test in scope.of(ast.Compare):
            note(found.tested if any(map(_is_nothing, test.comparators)) else found.searched, test.left)
            note(found.searched, *test.comparators)
        for match in scope.of(ast.Match):
            note(found.tested, match.subject)

    def _variable(self, scope: Scope, node: Any) -> str:
        """The variable that an expression stands for; empty where it is certainly none that threads share."""
        if isinstance(node, ast.Starred):
            return self._variable(scope, node.value)
        if isinstance(node, ast.Name):
            return node.id if node.id in self._names and self._variables.home(scope, node.id) is None else ""
        if not isinstance(node, ast.Attribute) or node.attr not in self._attributes:
            return ""
        owner = self._owner(scope, node.value)
        return "" if owner is not None and node.attr in self._on_instances[owner] else f".{node.attr}"

    def _owner(self, scope: Scope, receiver: ast.expr) -> Scope | None:
        """The class of which an expression certainly is an instance: the first parameter of one of its methods."""
        method = _method_of(scope)
        if method is None or not self._is_self(receiver, method) or self._classes.may_be(receiver, scope):
            return None
        return method.parent


def _method_of(scope: Scope) -> Scope | None:
    """The method that a scope is, or is in."""
    method: Scope | None = scope
    while method is not None and not (method.parent is not None and isinstance(method.parent.node, ast.ClassDef)):
        method = method.parent
    return method if method is not None and isinstance(method.node, METHODS) else None


def _is_nothing(node: ast.expr) -> bool:
    """Whether it is ``None`` or ``False``."""
    return isinstance(node, ast.Constant) and (node.value is None or node.value is False)


def _changed(scope: Scope) -> Iterator[ast.expr]:
    """What items are set or deleted of, and methods that may change something are called of."""
    yield from (one.value for one in scope.of(ast.Subscript) if type(one.ctx) is not ast.Load)
    functions = (one.func for one in scope.of(ast.Call))
    yield from (one.value for one in functions if isinstance(one, ast.Attribute) and one.attr in _CHANGING)


def _asked(node: ast.expr) -> ast.expr | None:
    """What a method is called of."""
    return node.func.value if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None
