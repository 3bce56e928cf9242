"""Which names are variables of functions, and which expressions may be classes of the file: for the word tests."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from py314_check.api import Outline, Scope, arguments, expressions_in, last_name, targets_in
from py314_rules.called import may_be, other_names

METHODS = (ast.FunctionDef, ast.AsyncFunctionDef)
GIVEN_CLASS = ("__new__", "__init_subclass__", "__class_getitem__")
"""The methods whose first argument is the class, without a decorator that says so."""


class Variables:
    """Which names are variables of functions, and of classes in them."""

    def __init__(self) -> None:
        self._own: dict[Scope, frozenset[str]] = {}

    def home(self, scope: Scope, name: str) -> Scope | None:
        """The function, or the class in one, whose variable a name is; None where it is the module's, or none's."""
        place: Scope | None = scope
        while place is not None and place.runs_later:
            if (place is scope or place.is_function) and name in self._own_of(place):
                return place
            if any(name in node.names for node in place.of(ast.Global)):
                return None
            place = place.parent
        return None

    def _own_of(self, scope: Scope) -> frozenset[str]:
        if scope not in self._own:
            declared = {name for node in scope.of(ast.Global, ast.Nonlocal) for name in node.names}
            given = [one.arg for one in arguments(scope.node.args)] if scope.is_function else []
            self._own[scope] = frozenset({*stored(scope), *given} - declared)
        return self._own[scope]


def stored(scope: Scope) -> set[str]:
    """The names that statements of a scope set; a comprehension has its own."""
    inside = {id(node) for one in scope.of(ast.comprehension) for node in ast.walk(one.target)}
    return {node.id for node in scope.of(ast.Name) if type(node.ctx) is ast.Store and id(node) not in inside}


def assigned(scope: Scope) -> Iterator[tuple[ast.expr, ast.expr]]:
    """The targets of a scope's assignments, each with a value that it may be given."""
    for target, value in scope.assignments:
        yield target, value
        if isinstance(value, (ast.Tuple, ast.List)):
            yield from ((target, one) for one in value.elts)


_Key = tuple[Scope | None, str]


class Classes:
    """Which expressions may be a class of the file."""

    def __init__(self, outline: Outline, variables: Variables) -> None:
        self._variables = variables
        self._marks = other_names(outline, "classmethod")
        self._found: set[_Key] = {(None, ".__class__")}
        """Those that may be one: variables, with their functions; attributes and functions, by their names."""
        given: list[tuple[list[_Key], ast.expr, Scope]] = []
        for scope in outline.scopes:
            self._found.update(self._said(scope))
            given += [([*self._keys(target, scope)], value, scope) for target, value in assigned(scope)]
            if isinstance(scope.node, METHODS):
                returned = (one.value for one in scope.of(ast.Return) if one.value is not None)
                given += [([(None, f"{scope.node.name}()")], value, scope) for value in returned]
        known = 0
        while known < len(self._found):
            known, left = len(self._found), []
            for keys, value, scope in given:
                if self.may_be(value, scope):
                    self._found.update(keys)
                else:
                    left.append((keys, value, scope))
            given = left

    def _said(self, scope: Scope) -> Iterator[_Key]:
        """What is a class by its definition, by its annotation, or as the first argument of a class's method."""
        node = scope.node
        for one in scope.of(ast.AnnAssign):
            if _says_class(one.annotation):
                yield from self._keys(one.target, scope)
        if isinstance(node, ast.ClassDef):
            yield self._variables.home(scope.parent or scope, node.name), node.name
            yield None, f".{node.name}"
        elif isinstance(node, METHODS):
            if node.returns is not None and _says_class(node.returns):
                yield None, f"{node.name}()"
            parameters = arguments(node.args)
            yield from ((scope, one.arg) for one in parameters if one.annotation and _says_class(one.annotation))
            is_method = scope.parent is not None and isinstance(scope.parent.node, ast.ClassDef)
            if is_method and (node.name in GIVEN_CLASS or any(may_be(one, self._marks) for one in node.decorator_list)):
                yield from ((scope, one.arg) for one in parameters[:1])

    def _keys(self, target: ast.expr, scope: Scope) -> Iterator[_Key]:
        """What an assignment to a target sets."""
        for one in targets_in(target):
            if isinstance(one, ast.Name):
                yield self._variables.home(scope, one.id), one.id
                if isinstance(scope.node, ast.ClassDef):
                    yield None, f".{one.id}"
            elif isinstance(one, ast.Attribute):
                yield None, f".{one.attr}"

    def may_be(self, node: ast.expr, scope: Scope) -> bool:
        """Whether an expression may be a class of the file."""
        func = node.func if isinstance(node, ast.Call) else node
        if not isinstance(func, (ast.Name, ast.Attribute)):
            return isinstance(node, ast.Call) or any(self.may_be(one, scope) for one in expressions_in(node))
        name = last_name(func)
        if name == "type":
            return func is not node and isinstance(func, ast.Name)
        if (None, f"{name}()") in self._found:  # of a property, too
            return True
        if func is not node:
            return False
        home = self._variables.home(scope, name) if isinstance(func, ast.Name) else None
        return (home, name if isinstance(func, ast.Name) else f".{name}") in self._found


def _says_class(annotation: ast.expr) -> bool:
    """Whether ``type[...]`` stands in an annotation, or in a string that is one."""
    for node in ast.walk(annotation):
        if isinstance(node, ast.Subscript) and may_be(node.value, ("type", "Type")):
            return True
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "ype[" in node.value:
            return True
    return False
