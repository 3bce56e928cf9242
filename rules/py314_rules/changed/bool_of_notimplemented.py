"""CHG201 bool-of-notimplemented."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from py314_check.api import Confidence, Context, Impact, Level, Outline, Rule, Words, cst, once
from py314_rules.called import calls, may_be, other_names
from py314_rules.values import reached, truth_tests

_COMPARES = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__")
_BUILTIN = {
    f"builtins.{kind}.{method}"
    for kind in ("bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple")
    for method in _COMPARES
}


def _may_ask_it(outline: Outline) -> bool:
    """Whether the truth of `NotImplemented`, or of a name for it, may be asked for."""
    names = other_names(outline, "NotImplemented")
    return any(may_be(one, names) for one in _asked(outline))


@once
def _may_ask_comparison(outline: Outline) -> bool:
    """Whether the truth of what one of the methods gives may be asked for."""
    return not outline.attributes.keys().isdisjoint(_COMPARES) and any(
        isinstance(made, ast.Call) and isinstance(made.func, ast.Attribute) and made.func.attr in _COMPARES
        for made in reached(outline, *_asked(outline))
    )


def _asked(outline: Outline) -> Iterator[ast.expr]:
    """The expressions whose truth may be asked for."""
    yield from truth_tests(outline)
    yield from (one.args[0] for one in calls(outline, "bool") if len(one.args) == 1)


class BoolOfNotimplemented(Rule):
    """The truth of `NotImplemented`, or of a comparison method that may return it.

    ## What it does
    Reports `NotImplemented` where its truth is asked for (`not`, `if`, `and`, `bool(...)`), and so calls such as
    `self.__eq__(other)`, where the method is in the same file and returns `NotImplemented`, is that of `object`, or is
    that of a built-in type.

    Not reported: functions that look at the type of the argument themselves.

    ## Why it matters
    Since Python 3.14 it raises `TypeError`. Before, `NotImplemented` was true, with a `DeprecationWarning`.

    ## Example
    ```python
    class Value:
        def __init__(self, x):
            self.x = x

        def __eq__(self, other):
            if not isinstance(other, Value):
                return NotImplemented
            return self.x == other.x

        def __ne__(self, other):
            return not self.__eq__(other)
    ```

    ## Use instead
    ```python
    class Value:
        def __init__(self, x):
            self.x = x

        def __eq__(self, other):
            if not isinstance(other, Value):
                return NotImplemented
            return self.x == other.x

        def __ne__(self, other):
            return not self == other
    ```

    ## Fix safety
    There is no fix yet: an operator also asks the other operand.

    ## References
    - [What's New in Python 3.14: removed](https://docs.python.org/3/whatsnew/3.14.html#removed)
    - [NotImplemented](https://docs.python.org/3/library/constants.html#NotImplemented)
    """

    code, name = "CHG201", "bool-of-notimplemented"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    since = "3.14"
    words = (
        Words("NotImplemented", outline=_may_ask_it),
        *(Words(method, outline=_may_ask_comparison) for method in _COMPARES),
    )

    def visit_UnaryOperation(self, node: cst.UnaryOperation) -> None:
        if isinstance(node.operator, cst.Not):
            self._test(node.expression)

    def visit_If(self, node: cst.If | cst.IfExp | cst.While | cst.Assert | cst.CompIf) -> None:
        self._test(node.test)

    visit_IfExp = visit_While = visit_Assert = visit_CompIf = visit_If

    def visit_BooleanOperation(self, node: cst.BooleanOperation) -> None:
        self._test(node.left)

    def visit_Call(self, node: cst.Call) -> None:
        if len(node.args) == 1 and "builtins.bool" in self.context.resolve(node.func):
            self._test(node.args[0].value)

    def _test(self, node: cst.BaseExpression) -> None:
        """Looks at an expression whose truth is asked for."""
        while isinstance(node, cst.BooleanOperation):
            node = node.right  # the left one is asked in any case, see above
        if isinstance(node, cst.Name) and "builtins.NotImplemented" in self.context.resolve(node):
            self._report(node, "`NotImplemented`", certain=True)
            return
        made = self.context.value(node)
        if not isinstance(made, cst.Call) or not isinstance(made.func, cst.Attribute):
            return
        if made is not node and self._knows(node):
            return
        method = made.func.attr.value
        if self._compares_anything(made):
            self._report(node, f"the `NotImplemented` that `{method}` may return", certain=False)
        elif method in _COMPARES and len(made.args) == 1 and not self._looks_at_type(made.args[0].value):
            certain = self._may_return_it(made.func)
            if certain is not None:
                self._report(node, f"the `NotImplemented` that `{method}` may return", certain=certain)

    def _compares_anything(self, call: cst.Call) -> bool:
        """Whether it is ``str.__eq__(self, other)`` or the like, where ``other`` is a name for what may be anything."""
        names = self.context.resolve(call.func) & _BUILTIN
        if not names or len(call.args) != 2:
            return False
        other = call.args[1].value
        known = self.context.types(other) or self.context.value(other) is not other
        return isinstance(other, cst.Name) and not known and not self._looks_at_type(other)

    def _report(self, node: cst.BaseExpression, what: str, *, certain: bool) -> None:
        self.report(
            node,
            f"Since Python 3.14 the truth of {what} raises TypeError; before, it was True.",
            help="Compare with an operator such as `==` or `!=`, or test `is NotImplemented` first.",
            symbol="bool(NotImplemented)",
            raises="TypeError",
            level=Level.ERROR if certain else Level.WARNING,
            confidence=Confidence.HIGH if certain else Confidence.MEDIUM,
        )

    def _may_return_it(self, method: cst.Attribute) -> bool | None:
        """Whether a method returns NotImplemented: True where it says so, False where only some types' do, or None."""
        found = self.context.definition(method)
        if isinstance(found, cst.FunctionDef):
            return True if not found.decorators and any(_is_it(one) for one in _returned(self.context, found)) else None
        member = self.context.member(method)
        if not member.certain:
            return None
        if not any(name.startswith("builtins.") for name in member.names):
            return True if not member.names and not self._has_class_decorator(method) else None
        of_own = self.context.dotted(method.value) == "self" or isinstance(method.value, cst.Call)
        return False if of_own and member.names & _BUILTIN else None

    def _has_class_decorator(self, method: cst.Attribute) -> bool:
        """Whether something may have put another method into the class."""
        owner = self.context.enclosing(method, cst.ClassDef)
        return owner is None or bool(owner.decorators)

    def _looks_at_type(self, argument: cst.BaseExpression) -> bool:
        """Whether the function around tests what the argument is."""
        function = self.context.enclosing(argument, cst.FunctionDef)
        name = self.context.dotted(argument)
        tested = {f"{test}({name}" for test in ("isinstance", "type", "issubclass", "hasattr")} | {f"{name}.__class__"}
        return function is not None and any(self._as_test(node) in tested for node in self.context.below(function))

    def _as_test(self, node: cst.CSTNode) -> str:
        if isinstance(node, cst.Call) and node.args:
            return f"{self.context.dotted(node.func)}({self.context.dotted(node.args[0].value)}"
        return self.context.dotted(node) if isinstance(node, cst.Attribute) else ""

    def _knows(self, node: cst.BaseExpression) -> bool:
        """Whether the function around compares a result with NotImplemented."""
        function = self.context.enclosing(node, cst.FunctionDef)
        return function is None or any(_is_it(one) for one in self.context.below(function))


def _is_it(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Name) and node.value == "NotImplemented"


def _returned(context: Context, function: cst.FunctionDef) -> Iterator[cst.CSTNode]:
    """The nodes of all that a function returns."""
    for node in context.below(function, own=True):
        if isinstance(node, cst.Return) and node.value is not None:
            value = node.value
            yield from (value.body, value.orelse) if isinstance(value, cst.IfExp) else (value,)
