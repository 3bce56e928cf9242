"""CHG212 union-identity."""

from __future__ import annotations

import re

from py314_check.api import Confidence, Impact, Level, Rule, Words, cst, word_places
from py314_rules.changed._unions import (
    BLANK,
    NAME,
    before_unions,
    behind_unions,
    may_have_other_name,
    names_for_unions,
    plain,
)

_BEFORE_IS = re.compile(rb"%(blank)b[\s)]*%(blank)bis\b" % {b"blank": BLANK})
_BEHIND_IS = re.compile(rb"\bis(?:\s+not)?[\s(]*\Z")
_LEFT = re.compile(rb"(%b)[\s)]*\Z" % NAME)
_RIGHT = re.compile(rb"\s+(?:not\b)?[\s(]*(?:%(name)b\s*\.\s*)*(%(name)b)" % {b"name": NAME})
_RENAMED = re.compile(rb"=\s*(?:%(name)b\.)*(%(name)b)[ \t]*(?:[\r\n;#)]|\Z)" % {b"name": NAME})


def _may_compare(data: bytes) -> bool:
    """Whether a union stands beside `is`, or two names stand there that may be unions'."""
    if (
        any(_BEHIND_IS.search(before) for before in before_unions(data))
        or any(_BEFORE_IS.match(behind) for behind in behind_unions(data))
        or may_have_other_name(data)
    ):
        return True
    named = names_for_unions(data)
    return bool(named) and (
        any(renamed[1] in named for renamed in _RENAMED.finditer(data))
        or any(_are_names(data, start, named) for start in word_places(data, b"is"))
    )


def _are_names(data: bytes, start: int, named: frozenset[bytes]) -> bool:
    """Whether names for unions stand on both sides of the `is` at an offset."""
    return any(
        (left := _LEFT.search(text)) is not None and left[1] in named
        for text in plain(data[max(start - 100, 0) : start])
    ) and any(
        (right := _RIGHT.match(text)) is not None and right[1] in named for text in plain(data[start + 2 : start + 200])
    )


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
