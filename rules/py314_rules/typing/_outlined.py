"""Which functions of a file may tell whether an argument is of some type, told from its outline: for the word tests."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection
from functools import partial

from py314_check.api import Outline, Scope, below, expressions_in, once
from py314_rules.called import may_be, other_names

_PLAIN = ("staticmethod", "classmethod", "final")
_COMPOUND = (
    *(ast.For, ast.AsyncFor, ast.While, ast.Try, getattr(ast, "TryStar", ast.Try), ast.With, ast.AsyncWith, ast.Match),
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef),
)
_CALLS = ("isinstance", "callable", "type")


@once  # for each of the words
def may_be_type_predicate(outline: Outline) -> bool:
    """Whether a function that says no more than bool may tell exactly whether its argument is of some type."""
    return any(_may_say_bool(one) and _may_tell(outline, one) for one in outline.scopes)


def may_be_type_guard(outline: Outline) -> bool:
    """Whether a ``TypeGuard`` may tell exactly whether its argument is of some type."""
    return any(_says(outline, one, "TypeGuard") and _may_tell(outline, one) for one in outline.scopes)


def returned(form: str) -> Callable[[Outline], bool]:
    """A test: whether a function is annotated so that it returns a form."""
    return partial(_returned, form=form)


def _returned(outline: Outline, form: str) -> bool:
    return any(_says(outline, one, form) for one in outline.scopes)


def _says(outline: Outline, function: Scope, form: str) -> bool:
    """Whether a form stands in what a function is annotated to return."""
    returns = getattr(function.node, "returns", None)
    return returns is not None and _names(returns, other_names(outline, form))


def _names(annotation: ast.expr, words: Collection[str]) -> bool:
    """Whether one of some words stands in an annotation, or in a string there."""
    for node in below(annotation):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if any(word in node.value for word in words):
                return True
        elif isinstance(node, (ast.Name, ast.Attribute)) and may_be(node, words):
            return True
    return False


def _may_say_bool(function: Scope) -> bool:
    """Whether a function returns a bool by its annotation, or has none there, but for a parameter."""
    node = function.node
    if not isinstance(node, ast.FunctionDef):
        return False
    if node.returns is not None:
        return _names(node.returns, ("bool",))
    return any(one.annotation is not None for one in (*node.args.posonlyargs, *node.args.args))


def _may_tell(outline: Outline, function: Scope) -> bool:
    """Whether a function may return the outcome of a test of its argument's type, and nothing else."""
    node = function.node
    if not isinstance(node, ast.FunctionDef) or (node.name.startswith("__") and node.name.endswith("__")):
        return False
    plain = other_names(outline, *_PLAIN)
    if not all(may_be(one, plain) for one in node.decorator_list) or _may_override(outline, function.parent):
        return False
    if any(function.of(*_COMPOUND)):  # what these do is not followed
        return False
    values = [one.value for one in function.of(ast.Return) if one.value is not None]
    if not values:
        return False
    given = {one.arg for one in (*node.args.posonlyargs, *node.args.args)[:2]}  # the first may be `self`
    given -= {one.id for one in function.of(ast.Name) if isinstance(one.ctx, ast.Store)}
    tests = _Tests(given, other_names(outline, *_CALLS))
    return all(map(tests.may_be_outcome, values)) and any(map(tests.may_be, function.of(ast.Call, ast.Compare)))


def _may_override(outline: Outline, owner: Scope | None) -> bool:
    """Whether a method may override one of a class that is not in the file: then it is not proposed."""
    if owner is None or not isinstance(owner.node, ast.ClassDef) or not owner.node.bases:
        return False
    classes = (one.node.name for one in outline.scopes if isinstance(one.node, ast.ClassDef))
    known = other_names(outline, "object", "Generic", *classes)
    bases = (base.value if isinstance(base, ast.Subscript) else base for base in owner.node.bases)
    return not all(may_be(base, known) for base in bases)


class _Tests:
    """What may test the type of one of some parameters; ``calls`` are the names of the functions that do."""

    def __init__(self, given: Collection[str], calls: Collection[str]) -> None:
        self._given, self._calls = given, calls

    def may_be(self, node: ast.AST) -> bool:
        """Whether it may be ``isinstance(x, T)``, ``x is None`` or ``type(x) is T``."""
        if isinstance(node, ast.Call):
            return may_be(node.func, self._calls) and bool(node.args) and self._is_given(node.args[0])
        sides = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
        is_none = any(isinstance(one, ast.Constant) and one.value is None for one in sides)
        return any(
            (is_none and self._is_given(one)) or (isinstance(one, ast.Call) and self.may_be(one)) for one in sides
        )

    def _is_given(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id in self._given

    def may_be_outcome(self, node: ast.expr) -> bool:
        """Whether an expression may be made of tests and bools alone, or be settled by a bool."""
        if isinstance(node, ast.UnaryOp):
            return isinstance(node.op, ast.Not) and self.may_be_outcome(node.operand)
        if isinstance(node, (ast.BoolOp, ast.IfExp, ast.NamedExpr)):
            inner = expressions_in(node)
            return any(isinstance(one, ast.Constant) for one in inner) or all(map(self.may_be_outcome, inner))
        if isinstance(node, ast.Constant):
            return node.value is None or isinstance(node.value, bool)
        if isinstance(node, ast.Call) and may_be(node.func, ("bool",)):
            return all(map(self.may_be_outcome, node.args))
        return isinstance(node, ast.Name) or self.may_be(node)
