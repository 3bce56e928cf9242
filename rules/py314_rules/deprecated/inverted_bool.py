"""DPR006 inverted-bool."""

from __future__ import annotations

import re

from py314_check.api import Change, Confidence, Impact, Insert, Level, Replace, Rule, Words, cst
from py314_rules.deprecated._bools import may_invert_bool

_BINDING = ("BinaryOperation", "UnaryOperation", "Comparison", "ComparisonTarget", "Await")


class InvertedBool(Rule):
    """The operator `~` on a bool, which inverts the bits of the number 0 or 1.

    ## What it does
    Reports `~` on what is certainly a `bool`: a literal, `not`, `is` and `in` tests, comparisons of numbers and
    strings, calls of functions such as `isinstance` and `os.path.exists`, and names that hold one.

    Not reported: `~` on arrays, series and whatever else is not certainly a plain `bool`.

    ## Why it matters
    `~True` is -2 and `~False` is -1, which are both true: the code seldom does what it says. Since Python 3.12 it is
    deprecated; Python 3.16 will raise `TypeError`.

    ## Example
    ```python
    found = "x" in "xyz"
    if ~found:
        print("there is no x")
    ```

    ## Use instead
    ```python
    found = "x" in "xyz"
    if not found:
        print("there is no x")
    ```

    ## Fix safety
    The fix writes `not` and is unsafe: that gives another value than `~` did, the one that was meant most of the time.

    ## References
    - [What's New in Python 3.12: deprecated](https://docs.python.org/3/whatsnew/3.12.html#deprecated)
    - [Pending removal in Python 3.16](https://docs.python.org/3/deprecations/index.html)
    """

    code, name = "DPR006", "inverted-bool"
    level, impact, confidence = Level.WARNING, Impact.WARNS, Confidence.HIGH
    since = "3.12"
    words = (Words(test=re.compile(b"~").search, outline=may_invert_bool),)

    def visit_UnaryOperation(self, node: cst.UnaryOperation) -> None:
        if isinstance(node.operator, cst.BitInvert) and "builtins.bool" in self.context.types(node.expression):
            self.report(
                node,
                "Since Python 3.12 `~` on a bool is deprecated (an error in 3.16): it gives -1 or -2, both true.",
                help="Write `not x`, or `~int(x)` where the number is meant.",
                symbol="~bool",
                fix=self._fix(node),
            )

    def _fix(self, node: cst.UnaryOperation) -> Change:
        """``not`` binds less than ``~``: parentheses keep together what was."""
        spaced = isinstance(node.operator, cst.BitInvert) and not node.operator.whitespace_after.empty
        edits: list[Replace | Insert] = [Replace(node, "not" if spaced else "not ", part=(0, 1))]
        parent = next(self.context.ancestors(node))
        if not node.lpar and type(parent).__name__ in _BINDING:
            edits += [Insert(node, "("), Insert(node, ")", behind=True)]
        return Change("Use `not`", *edits, safe=False, since="2.7")
