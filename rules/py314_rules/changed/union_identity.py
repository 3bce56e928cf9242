"""CHG212 union-identity."""

from __future__ import annotations

import ast

from py314_check.api import Confidence, Impact, Level, Outline, Rule, Words, cst
from py314_rules.changed._unions import may_be_union


def _may_compare(outline: Outline) -> bool:
    """Whether a union may stand beside `is`."""
    tests = [one for one in outline.of(ast.Compare) if any(isinstance(op, (ast.Is, ast.IsNot)) for op in one.ops)]
    sides = (side for one in tests for side in (one.left, *one.comparators) if not isinstance(side, ast.Constant))
    return may_be_union(outline, *sides)


class UnionIdentity(Rule):
    """A `typing.Union` that is compared with `is`.

    ## What it does
    Reports `is` and `is not` where one side is `Union[...]` with several types, or where both are names for such unions
    that were made separately.

    Not reported: `Optional[...]`, which is still kept for later use.

    ## Why it matters
    Since Python 3.14 every `Union[...]` makes a new object, so that `is` gives False. Before, equal
    unions were one object.

    ## Example
    ```python
    from typing import Union

    print(Union[int, str] is Union[int, str])
    ```

    ## Use instead
    ```python
    from typing import Union

    print(Union[int, str] == Union[int, str])
    ```

    ## Fix safety
    There is no fix yet; `==` is safe.

    ## References
    - [What's New in Python 3.14: typing](https://docs.python.org/3/whatsnew/3.14.html#typing)
    """

    code, name = "CHG212", "union-identity"
    level, impact, confidence = Level.WARNING, Impact.CHANGES, Confidence.HIGH
    since = "3.14"
    words = (Words("Union", "is", outline=_may_compare),)

    def visit_Comparison(self, node: cst.Comparison) -> None:
        left = node.left
        for part in node.comparisons:
            right = part.comparator
            if isinstance(part.operator, (cst.Is, cst.IsNot)) and self._are_separate(left, right):
                self.report(
                    node,
                    "Since Python 3.14 every `Union[...]` is a new object, so this comparison by identity never holds;"
                    " before, equal unions were one object.",
                    help="Use `==` or `!=`.",
                    symbol="Union identity",
                    module="typing",
                )
            left = right

    def _are_separate(self, left: cst.BaseExpression, right: cst.BaseExpression) -> bool:
        if any(isinstance(side, cst.Name) and side.value == "None" for side in (left, right)):
            return False
        if self._is_union(left) or self._is_union(right):
            return True
        one, other = self.context.value(left), self.context.value(right)
        return one is not other and self._is_union(one) and one.deep_equals(other)

    def _is_union(self, node: cst.BaseExpression) -> bool:
        return (
            isinstance(node, cst.Subscript)
            and len(node.slice) > 1
            and "typing.Union" in self.context.resolve(node.value)
        )
