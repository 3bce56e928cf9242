"""Which functions of a file may tell whether an argument is of some type, told from its outline: for the word tests."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from enum import Enum
from functools import partial

from py314_check.api import Outline, Scope, below, last_name, names_set, once
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
        said = node.returns.value if isinstance(node.returns, ast.Constant) else last_name(node.returns)
        return str(said).strip().endswith("bool")
    return any(one.annotation is not None for one in (*node.args.posonlyargs, *node.args.args))


def _may_tell(outline: Outline, function: Scope) -> bool:
    """Whether a function may return the outcome of a test of its argument's type, and nothing else."""
    node = function.node
    if not isinstance(node, ast.FunctionDef) or (node.name.startswith("__") and node.name.endswith("__")):
        return False
    plain = other_names(outline, *_PLAIN)
    if not all(may_be(one, plain) for one in node.decorator_list) or _may_override(outline, function.parent):
        return False
    given = {one.arg for one in (*node.args.posonlyargs, *node.args.args)[:2]}  # the first may be `self`
    return _Outcomes(function, given, other_names(outline, *_CALLS)).may_tell(node.body)


def _may_override(outline: Outline, owner: Scope | None) -> bool:
    """Whether a method may override one of a class that is not in the file: then it is not proposed."""
    if owner is None or not isinstance(owner.node, ast.ClassDef) or not owner.node.bases:
        return False
    classes = (one.node.name for one in outline.scopes if isinstance(one.node, ast.ClassDef))
    known = other_names(outline, "object", "Generic", *classes)
    bases = (base.value if isinstance(base, ast.Subscript) else base for base in owner.node.bases)
    return not all(may_be(base, known) for base in bases)


class _Outcome(Enum):
    """What is known of the truth of an expression: how it comes out, that it comes of tests of a type, or nothing; or
    ``MAY_TELL`` where the word test does not follow. ``NEVER`` is what comes of raising an exception.
    """

    TRUE, FALSE, TEST, UNKNOWN, MAY_TELL, NEVER = range(6)


class _Outcomes:
    """What ``Truths`` finds, less the types: ``given`` are the parameters that may be tested, ``calls`` the names of
    the functions that do.
    """

    def __init__(self, function: Scope, given: Collection[str], calls: Collection[str]) -> None:
        self._given, self._calls = given, calls
        self._known: dict[str, _Outcome] = {}
        self._values: defaultdict[str, list[ast.expr]] = defaultdict(list)
        for target, value in function.assignments:
            for name in names_set(target):
                self._values[name].append(value if isinstance(target, ast.Name) else ast.Starred(value))

    def may_tell(self, body: Sequence[ast.stmt]) -> bool:
        """Whether statements may return the outcome of a test, and nothing else."""
        return self._block(body, _Outcome.UNKNOWN) in (_Outcome.TEST, _Outcome.MAY_TELL)

    def _block(self, statements: Sequence[ast.stmt], after: _Outcome) -> _Outcome:
        for statement in reversed(statements):
            if isinstance(statement, ast.Return):
                after = self._of(statement.value)
            elif isinstance(statement, ast.Raise):
                after = _Outcome.NEVER
            elif isinstance(statement, ast.If):
                body, orelse = self._block(statement.body, after), self._block(statement.orelse, after)
                after = _choice(self._of(statement.test), body, orelse)
            elif isinstance(statement, _COMPOUND):
                after = _Outcome.UNKNOWN
        return after

    def _of(self, node: ast.expr | None) -> _Outcome:
        if isinstance(node, ast.Constant) and isinstance(node.value, bool):
            return _Outcome.TRUE if node.value else _Outcome.FALSE
        if isinstance(node, ast.Starred):  # a part of something
            return _Outcome.MAY_TELL
        if isinstance(node, ast.Name):
            return self._named(node.id)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return _negation(self._of(node.operand))
        if isinstance(node, ast.BoolOp):
            first, *others = (self._of(one) for one in node.values)
            for other in others:
                first = _both(first, other) if isinstance(node.op, ast.And) else _either(first, other)
            return first
        if isinstance(node, ast.IfExp):
            return _choice(*(self._of(one) for one in (node.test, node.body, node.orelse)))
        if isinstance(node, ast.Call) and may_be(node.func, ("bool",)) and len(node.args) == 1:
            return self._of(node.args[0])
        return _Outcome.TEST if self._may_test(node) else _Outcome.UNKNOWN

    def _named(self, name: str) -> _Outcome:
        if name not in self._known:
            self._known[name] = _Outcome.UNKNOWN  # to itself
            outcomes = {self._of(one) for one in self._values[name]} or {_Outcome.UNKNOWN}
            self._known[name] = outcomes.pop() if len(outcomes) == 1 else _Outcome.MAY_TELL
        return self._known[name]

    def _may_test(self, node: ast.expr | None) -> bool:
        """Whether it may be ``isinstance(x, T)``, ``x is None`` or ``type(x) is T``."""
        if isinstance(node, ast.Call):
            return may_be(node.func, self._calls) and bool(node.args) and self._is_given(node.args[0])
        sides = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
        is_none = any(isinstance(one, ast.Constant) and one.value is None for one in sides)
        return any(
            (is_none and self._is_given(one)) or (isinstance(one, ast.Call) and self._may_test(one)) for one in sides
        )

    def _is_given(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id in self._given


def _negation(outcome: _Outcome) -> _Outcome:
    return {_Outcome.TRUE: _Outcome.FALSE, _Outcome.FALSE: _Outcome.TRUE}.get(outcome, outcome)


def _both(one: _Outcome, other: _Outcome) -> _Outcome:
    """That of ``one and other``."""
    for settles in (_Outcome.FALSE, _Outcome.MAY_TELL, _Outcome.UNKNOWN, _Outcome.TEST):
        if settles in (one, other):
            return settles
    return _Outcome.TRUE


def _either(one: _Outcome, other: _Outcome) -> _Outcome:
    """That of ``one or other``."""
    return _negation(_both(_negation(one), _negation(other)))


def _choice(test: _Outcome, body: _Outcome, orelse: _Outcome) -> _Outcome:
    """That of ``body if test else orelse``."""
    if _Outcome.NEVER in (body, orelse):
        return orelse if body is _Outcome.NEVER else body
    return _either(_both(test, body), _both(_negation(test), orelse))
