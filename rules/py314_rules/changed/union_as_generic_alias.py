"""CHG213 union-as-generic-alias."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from py314_check.api import Confidence, Impact, Level, Outline, Rule, Words, cst, once
from py314_rules.changed._unions import knows_more, may_be_union

_ALIASES = {"typing._GenericAlias", "typing._UnionGenericAlias"}
_UNIONS = {"typing.Union", "typing.Optional"}


@once
def _may_set(outline: Outline) -> bool:
    """Whether an attribute of a union may be set."""
    targets = (one for one in outline.of(ast.Attribute) if isinstance(one.ctx, ast.Store))
    return may_be_union(outline, *(one.value for one in targets if re.fullmatch("__.+__", one.attr)))


class UnionAsGenericAlias(Rule):
    """A `typing.Union[...]` that is taken for the private `typing._GenericAlias` it was.

    ## What it does
    Reports `isinstance(x, typing._GenericAlias)` where the code goes on to ask whether `x.__origin__` is `Union`, and
    assignments to dunder attributes of a union, such as `Json.__doc__ = "..."`.

    Not reported: functions that know `types.UnionType` as well, and tests that do not mean unions.

    ## Why it matters
    Since Python 3.14 `Union[int, str]` is an instance of `typing.Union`, which is also `types.UnionType`: the test is
    false, and its attributes cannot be set.

    ## Example
    ```python
    import typing

    def is_union(kind):
        return isinstance(kind, typing._GenericAlias) and kind.__origin__ is typing.Union
    ```

    ## Use instead
    ```python
    import typing

    def is_union(kind):
        return typing.get_origin(kind) is typing.Union
    ```

    ## Fix safety
    There is no fix yet.

    ## References
    - [What's New in Python 3.14: typing](https://docs.python.org/3/whatsnew/3.14.html#typing)
    - [typing.get_origin](https://docs.python.org/3/library/typing.html#typing.get_origin)
    """

    code, name = "CHG213", "union-as-generic-alias"
    level, impact, confidence = Level.WARNING, Impact.CHANGES, Confidence.HIGH
    since = "3.14"
    words = (
        Words("__origin__", "Union", "_GenericAlias"),
        Words("__origin__", "Union", "_UnionGenericAlias"),
        Words("typing", "Union", outline=_may_set),
        Words("typing", "Optional", outline=_may_set),
    )

    def visit_Comparison(self, node: cst.Comparison) -> None:
        origin, other = node.left, node.comparisons[0].comparator
        if not isinstance(origin, cst.Attribute) or origin.attr.value != "__origin__" or len(node.comparisons) != 1:
            return
        is_equal = isinstance(node.comparisons[0].operator, (cst.Is, cst.Equal))
        if is_equal and "typing.Union" in self.context.resolve(other):
            for test in self._passed(node):
                if self._is_alias_test(test, self.context.dotted(origin.value)):
                    self._tell(test, "is no `typing._GenericAlias`, so that this is false; before, it was one")

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        target = node.target
        if not isinstance(target, cst.Attribute) or not re.fullmatch("__.+__", target.attr.value):
            return
        made = self.context.value(target.value)
        if isinstance(made, cst.Subscript) and self._is_union(made):
            self._tell(
                target, "takes no attributes: this raises AttributeError; before, they could be set", "AttributeError"
            )

    def _passed(self, node: cst.CSTNode) -> Iterator[cst.BaseExpression]:
        """The tests that must have held for a node to run, as ``and`` and ``if`` make them."""
        child = node
        for parent in self.context.ancestors(node):
            if isinstance(parent, (cst.FunctionDef, cst.ClassDef, cst.Lambda)):
                return
            if isinstance(parent, cst.BooleanOperation) and isinstance(parent.operator, cst.And):
                yield from _conjuncts(parent.left) if child is parent.right else ()
            elif isinstance(parent, (cst.If, cst.IfExp)) and child is parent.body:
                yield from _conjuncts(parent.test)
            child = parent

    def _is_alias_test(self, test: cst.BaseExpression, name: str) -> bool:
        if not isinstance(test, cst.Call) or len(test.args) != 2 or not name:
            return False
        if "builtins.isinstance" not in self.context.resolve(test.func):
            return False
        asked, kinds = test.args[0].value, self.context.value(test.args[1].value)
        each = [one.value for one in kinds.elements] if isinstance(kinds, cst.Tuple) else [kinds]
        resolved = [self.context.resolve(one) for one in each]
        is_alias = any(names & _ALIASES for names in resolved)
        return self.context.dotted(asked) == name and is_alias and all(n & _ALIASES or _is_other(n) for n in resolved)

    def _is_union(self, made: cst.Subscript) -> bool:
        names = self.context.resolve(made.value)
        return bool(names) and names <= _UNIONS and ("typing.Optional" in names or len(made.slice) > 1)

    def _tell(self, node: cst.CSTNode, what: str, raises: str | None = None) -> None:
        self.report(
            node,
            f"Since Python 3.14 a `typing.Union[...]` {what}.",
            help="Use typing.get_origin(x) is typing.Union." if raises is None else "Describe it in a comment.",
            symbol="Union as _GenericAlias",
            module="typing",
            raises=raises,
            level=Level.ERROR if raises else None,
            impact=Impact.BREAKS if raises else None,
            copes=raises is None and knows_more(self.context, node),
        )


def _conjuncts(test: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    if isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.And):
        yield from _conjuncts(test.left)
        yield from _conjuncts(test.right)
    else:
        yield test


def _is_other(names: frozenset[str]) -> bool:
    """Whether a class is known, and none that unions are instances of."""
    return bool(names) and not any(name.endswith(("UnionType", "Union")) for name in names)
