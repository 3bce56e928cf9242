"""SYN004 number-runs-into-keyword."""

from __future__ import annotations

import re

from py314_check.api import Change, Confidence, Impact, Insert, Level, Rule, Words, cst

# The field that holds the end of an expression or pattern; what is not here ends in a bracket or a name.
_ENDS = {
    "Await": "expression",
    "BinaryOperation": "right",
    "BooleanOperation": "right",
    "IfExp": "orelse",
    "Lambda": "body",
    "MatchValue": "value",
    "NamedExpr": "value",
    "UnaryOperation": "expression",
}
_TOUCHING = re.compile(
    rb"""
    [0-9](?<![\w\x80-\xff].)  # the first digit of a number: it stands first because that is found fast
    (?: (?<=0)[xX][0-9a-fA-F_]+? | (?<=0)[bBoO][0-7_]+ | [0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9_]+)?[jJ]? )
    (?:and|else|for|if|in|is|not|or)\b
    """,
    re.VERBOSE,
)
_DIGITS = bytes.maketrans(b"123456789", b"000000000")
_LIKELY = re.compile(rb"0(?:\.?[jJ]?|[xX][0-9a-fA-F_]*?)(?:and|else|for|if|in|is|not|or)\b")


def _may_touch(data: bytes) -> bool:
    """Whether a keyword stands right behind a number.

    With one digit for all, ``re`` skips to the numbers.
    """
    return _LIKELY.search(data.translate(_DIGITS)) is not None and _TOUCHING.search(data) is not None


class NumberRunsIntoKeyword(Rule):
    """A number that runs into a keyword without a space between them.

    ## What it does
    Reports numbers right behind which `and`, `else`, `for`, `if`, `in`, `is`, `not` or `or` begins: `1if x else 2`.

    ## Why it matters
    The tokenizer draws a `SyntaxWarning`, shown by default when a file is first compiled and an error under
    `-W error`; up to Python 3.10 it was a `DeprecationWarning` at most. It is to become a `SyntaxError`. It is also
    easily misread: `0xfor x` is `0xf or x`.

    ## Example
    ```python
    def sign(x):
        return 1if x > 0 else -1
    ```

    ## Use instead
    ```python
    def sign(x):
        return 1 if x > 0 else -1
    ```

    ## Fix safety
    The fix puts a space between the two, which keeps the meaning: it is safe.

    ## References
    - [What's New in Python 3.12](https://docs.python.org/3/whatsnew/3.12.html)
    - [bpo-43833: numeric literals immediately followed by keywords](https://github.com/python/cpython/issues/87999)
    """

    code, name = "SYN004", "number-runs-into-keyword"
    level, impact, confidence = Level.WARNING, Impact.WARNS, Confidence.HIGH
    since = "3.11"
    compiled = True
    words = (Words(test=_may_touch),)

    def visit_IfExp(self, node: cst.IfExp) -> None:
        self._check(node.body, node.whitespace_before_if, "if")
        self._check(node.test, node.whitespace_before_else, "else")

    def visit_BooleanOperation(self, node: cst.BooleanOperation) -> None:
        keyword = "and" if isinstance(node.operator, cst.And) else "or"
        self._check(node.left, node.operator.whitespace_before, keyword)

    def visit_Comparison(self, node: cst.Comparison) -> None:
        left = node.left
        for part in node.comparisons:
            operator = part.operator
            if isinstance(operator, (cst.In, cst.Is)):
                self._check(left, operator.whitespace_before, type(operator).__name__.lower())
            elif isinstance(operator, (cst.NotIn, cst.IsNot)):
                keyword = "not" if isinstance(operator, cst.NotIn) else "is"
                self._check(left, operator.whitespace_before, keyword)
            left = part.comparator

    def visit_GeneratorExp(self, node: cst.GeneratorExp | cst.ListComp | cst.SetComp) -> None:
        self._check_loop(node.elt, node.for_in)

    visit_ListComp = visit_SetComp = visit_GeneratorExp

    def visit_DictComp(self, node: cst.DictComp) -> None:
        self._check_loop(node.value, node.for_in)

    def visit_MatchCase(self, node: cst.MatchCase) -> None:
        if node.guard is not None:
            self._check(node.pattern, node.whitespace_before_if, "if")

    def _check_loop(self, before: cst.CSTNode, loop: cst.CompFor) -> None:
        if loop.asynchronous is None:  # a number may not run into `async`
            self._check(before, loop.whitespace_before, "for")
        before = loop.iter
        for condition in loop.ifs:
            self._check(before, condition.whitespace_before, "if")
            before = condition.test
        if loop.inner_for_in is not None:
            self._check_loop(before, loop.inner_for_in)

    def _check(self, node: cst.CSTNode, space: cst.BaseParenthesizableWhitespace, keyword: str) -> None:
        if not space.empty:
            return
        number = _last_number(node)
        if number is not None:
            self.report(
                number,
                f"The number `{number.value}` runs into the keyword `{keyword}`: Python draws a SyntaxWarning, up to"
                " 3.10 a DeprecationWarning at most.",
                help=f"Put a space before `{keyword}`.",
                symbol="number and keyword",
                part=(0, len(number.value) + len(keyword)),
                fix=Change(f"Put a space before `{keyword}`", Insert(number, " ", behind=True), safe=True, since="2.7"),
            )


def _last_number(node: cst.CSTNode) -> cst.Integer | cst.Float | cst.Imaginary | None:
    """The number that an expression or a pattern ends with, if it does."""
    while not getattr(node, "rpar", ()):
        if isinstance(node, (cst.Integer, cst.Float, cst.Imaginary)):
            return node
        if isinstance(node, cst.Comparison):
            node = node.comparisons[-1].comparator
        elif isinstance(node, cst.MatchOr):
            node = node.patterns[-1].pattern
        elif type(node).__name__ in _ENDS:
            node = getattr(node, _ENDS[type(node).__name__])
        else:
            return None
    return None
