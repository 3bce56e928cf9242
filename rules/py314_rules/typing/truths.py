"""What the truth of an expression, or of all that a function returns, says of the class of one parameter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from py314_check.api import Context, cst
from py314_rules.typing.forms import CALLABLE, NONE, Form, are_apart, is_class, is_final, is_within, read


@dataclass(frozen=True)
class Truth:
    """True where the parameter is an instance of one of some classes, or ``is_negated``: where it is of none of them.

    If ``is_exact``, then there and nowhere else; otherwise it may be false there, too. None of no classes is always.
    """

    forms: tuple[Form, ...] = ()
    is_negated: bool = False
    is_exact: bool = True


TRUE, FALSE = Truth(is_negated=True), Truth()
_NEVER = Truth()
"""What is never returned, because the function raises an exception instead; known by its identity."""


def negation(truth: Truth | None) -> Truth | None:
    """``not a``."""
    return replace(truth, is_negated=not truth.is_negated) if truth is not None and truth.is_exact else None


def conjunction(one: Truth | None, other: Truth | None) -> Truth | None:
    """``a and b``; None is any condition of which nothing is known."""
    known = one or other
    if one is None or other is None:
        return None if known is None or known == TRUE else replace(known, is_exact=known == FALSE)
    is_exact = one.is_exact and other.is_exact
    if one.is_negated and other.is_negated:
        return Truth(_together(one, other), True, is_exact)
    if one.is_negated:
        one, other = other, one
    if not other.is_negated:
        return _intersection(one, other, is_exact)
    rest = tuple(form for form in one.forms if form.name not in _names(other))
    left_out = [(form, kind) for form in rest for kind in other.forms if not are_apart(form, kind)]
    if left_out and all(is_within(kind, form) is False for form, kind in left_out):
        return None  # who would leave out what is not there? Both may be bases of one class
    return Truth(rest, is_exact=is_exact and not left_out)


def _intersection(one: Truth, other: Truth, is_exact: bool) -> Truth | None:
    for fewer, more in ((one, other), (other, one)):
        if all(any(is_within(form, wider) for wider in more.forms) for form in fewer.forms):
            return replace(fewer, is_exact=is_exact)
    return None


def disjunction(one: Truth | None, other: Truth | None) -> Truth | None:
    """``a or b``."""
    if TRUE in (one, other):
        return TRUE
    if one is None or other is None:
        return None
    if not one.is_negated and not other.is_negated:
        return Truth(_together(one, other), is_exact=one.is_exact and other.is_exact)
    return negation(conjunction(negation(one), negation(other)))


def choice(test: Truth | None, body: Truth | None, orelse: Truth | None) -> Truth | None:
    """``body if test else orelse``."""
    if body is _NEVER or orelse is _NEVER:
        return orelse if body is _NEVER else body
    if body == TRUE:
        return disjunction(test, orelse)
    if orelse == FALSE:
        return conjunction(test, body)
    if body == FALSE:
        return conjunction(negation(test), orelse)
    if orelse == TRUE:
        return disjunction(negation(test), body)
    return disjunction(conjunction(test, body), conjunction(negation(test), orelse))


def _names(truth: Truth) -> set[object]:
    return {form.name for form in truth.forms}


def _together(one: Truth, other: Truth) -> tuple[Form, ...]:
    """The classes of both, each once."""
    return tuple({form.name: form for form in (*one.forms, *other.forms)}.values())


class Truths:
    """The truth of what stands in one function, about its parameter ``name``."""

    def __init__(self, context: Context, function: cst.FunctionDef, name: str) -> None:
        self._context = context
        self._function = function
        self._name = name

    def returned(self) -> Truth | None:
        """What the function returns; None where nothing is known of it, or it may return what is no bool."""
        truth = self._block(self._function.body.body, None)
        return None if truth is _NEVER else truth

    # Statements, from the last to the first: `after` is what is returned behind them.

    def _block(self, statements: Sequence[cst.CSTNode], after: Truth | None) -> Truth | None:
        for statement in reversed(statements):
            after = self._statement(statement, after)
        return after

    def _statement(self, node: cst.CSTNode, after: Truth | None) -> Truth | None:
        match node:
            case cst.SimpleStatementLine():
                return self._block(node.body, after)
            case cst.Return():
                return self.of(node.value)
            case cst.Raise():
                return _NEVER
            case cst.If():
                orelse = after
                if isinstance(node.orelse, cst.Else):
                    orelse = self._block(node.orelse.body.body, after)
                elif node.orelse is not None:
                    orelse = self._statement(node.orelse, after)
                return choice(self.of(node.test), self._block(node.body.body, after), orelse)
            case cst.BaseCompoundStatement():
                return None
        return after

    # Expressions.

    def of(self, node: cst.BaseExpression | None) -> Truth | None:
        """The truth of an expression."""
        match node:
            case cst.Name(value="True" | "False"):
                return TRUE if node.value == "True" else FALSE
            case cst.Name():
                value = self._context.value(node)
                here = value is not node and self._context.enclosing(value, cst.FunctionDef) is self._function
                return self.of(value) if here else None
            case cst.UnaryOperation(operator=cst.Not()):
                return negation(self.of(node.expression))
            case cst.BooleanOperation(operator=cst.And()):
                return conjunction(self.of(node.left), self.of(node.right))
            case cst.BooleanOperation():
                return disjunction(self.of(node.left), self.of(node.right))
            case cst.IfExp():
                return choice(self.of(node.test), self.of(node.body), self.of(node.orelse))
            case cst.Comparison():
                return self._comparison(node)
            case cst.Call(func=cst.Name()):
                return self._call(node)
        return None

    def _call(self, node: cst.Call) -> Truth | None:
        given = [arg.value for arg in node.args if not arg.star and arg.keyword is None]
        names = self._context.resolve(node.func)
        if len(given) != len(node.args) or not given:
            return None
        if names == {"builtins.bool"} and len(given) == 1:
            return self.of(given[0])
        if names == {"builtins.callable"} and len(given) == 1 and self._is_value(given[0]):
            return Truth((Form(None, CALLABLE, (CALLABLE,)),))
        if names == {"builtins.isinstance"} and len(given) == 2 and self._is_value(given[0]):
            forms = self._classes(given[1])
            return None if forms is None else Truth(tuple({form.name: form for form in forms}.values()))
        return None

    def _comparison(self, node: cst.Comparison) -> Truth | None:
        if len(node.comparisons) != 1:
            return None
        left, operator, right = node.left, node.comparisons[0].operator, node.comparisons[0].comparator
        if self._is_value(right):
            left, right = right, left
        truth: Truth | None = None
        if self._is_value(left) and isinstance(operator, (cst.Is, cst.IsNot)):
            if isinstance(right, cst.Name) and right.value == "None":
                truth = Truth((Form(right, NONE, (NONE,)),))
        elif isinstance(operator, (cst.Is, cst.IsNot, cst.Equal, cst.NotEqual)):
            truth = self._has_type(left, right) or self._has_type(right, left)
        return truth if isinstance(operator, (cst.Is, cst.Equal)) else negation(truth)

    def _has_type(self, given: cst.BaseExpression, wanted: cst.BaseExpression) -> Truth | None:
        """``type(x) is T``: it leaves out all that derive from T. Of what another file defines, that is not known."""
        if not isinstance(given, cst.Call) or len(given.args) != 1 or not self._is_value(given.args[0].value):
            return None
        if self._context.resolve(given.func) != {"builtins.type"}:
            return None
        forms = self._classes(wanted)
        if forms is None or len(forms) != 1 or not forms[0].order:
            return None
        return Truth(tuple(forms), is_exact=is_final(self._context, forms[0]))

    def _is_value(self, node: cst.BaseExpression) -> bool:
        return isinstance(node, cst.Name) and node.value == self._name

    def _classes(self, node: cst.BaseExpression) -> list[Form] | None:
        """The classes that ``isinstance`` is given; None where one of them cannot be told, or not be written so."""
        if isinstance(node, cst.Tuple):
            found = [self._classes(element.value) for element in node.elements if isinstance(element, cst.Element)]
            return (
                None
                if None in found or len(found) != len(node.elements)
                else [form for one in found for form in one or ()]
            )
        if isinstance(node, cst.Call):
            is_none = [self._context.dotted(arg.value) for arg in node.args] == ["None"]
            is_none = is_none and self._context.resolve(node.func) == {"builtins.type"}
            return [Form(cst.Name("None"), NONE, (NONE,))] if is_none else None
        if not isinstance(node, (cst.Name, cst.Attribute, cst.BinaryOperation)):
            return None
        forms = [
            replace(form, node=cst.Name("None")) if form.name == NONE else form for form in read(self._context, node)
        ]
        visible = all(form.name == NONE or self._is_visible(form.node) for form in forms)
        return forms if visible and all(is_class(self._context, form) for form in forms) else None

    def _is_visible(self, node: cst.CSTNode | None) -> bool:
        """Whether a name means the same class in the function's annotations, and always does."""
        while isinstance(node, cst.Attribute):
            node = node.value
        if not isinstance(node, cst.Name):
            return False
        bound = self._context.bound(node.value, node)
        return (
            bound == self._context.bound(node.value, self._function)
            and len(bound) <= 1
            and not any(isinstance(one, cst.Param) for one in bound)
        )
