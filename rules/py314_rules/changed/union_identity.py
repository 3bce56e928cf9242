"""CHG212 union-identity."""

from __future__ import annotations

import re

from py314_check.api import Confidence, Impact, Level, Rule, Words, cst, word_places
from py314_rules.changed._unions import before_unions, names_for_unions

_IS = re.compile(rb"\bis\b").search
_SUBSCRIPT_IS = re.compile(rb"\]\s*is\b")
_LEFT = re.compile(rb"(\w+)[\s)\\]*\Z")
_RIGHT = re.compile(rb"[\s\\]+(?:not\b)?[\s(\\]*(?:\w+\.)*(\w+)")
_RENAMED = re.compile(rb"=\s*(?:\w+\.)*(\w+)[ \t]*(?:[\r\n;#)]|\Z)")
_BEHIND = 500  # bytes of a line that are read


def _may_compare(data: bytes) -> bool:
    """Whether a union stands beside `is`, or two names stand there that may be unions'."""
    if any(_IS(before.replace(b"\r", b"\n").rpartition(b"\n")[2]) for before in before_unions(data)):
        return True
    for found in _SUBSCRIPT_IS.finditer(data):
        line = max(data.rfind(end, max(found.start() - _BEHIND, 0), found.start()) for end in (b"\n", b"\r"))
        if data.find(b"Union", max(line, found.start() - _BEHIND, 0), found.start()) >= 0:
            return True
    named = names_for_unions(data)
    return bool(named) and (
        any(renamed[1] in named for renamed in _RENAMED.finditer(data))
        or any(_are_names(data, start, named) for start in word_places(data, b"is"))
    )


def _are_names(data: bytes, start: int, named: frozenset[bytes]) -> bool:
    """Whether names for unions stand on both sides of the `is` at an offset."""
    left, right = _LEFT.search(data[max(start - 100, 0) : start]), _RIGHT.match(data, start + 2)
    return left is not None and right is not None and left[1] in named and right[1] in named


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
    words = (Words("Union", "is", test=_may_compare),)

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
