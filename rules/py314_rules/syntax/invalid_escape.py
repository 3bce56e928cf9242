"""SYN003 invalid-escape."""

from __future__ import annotations

import re

from py314_check.api import Confidence, Context, Impact, Level, Rule, Words, cst
from py314_rules.word_tests import may_hold_invalid_escape

_OCTAL = "[4-7][0-7][0-7]"
_BYTES = re.compile(rf"\\(?:(?P<bad>[^\r\n\\'\"abfnrtvx0-7\u0080-\U0010ffff]|{_OCTAL})|.)", re.DOTALL)
_TEXT = re.compile(rf"\\(?:(?P<bad>[^\r\n\\'\"abfnrtvx0-7NuU\u0080-\U0010ffff]|{_OCTAL})|.)", re.DOTALL)
# In f-strings a backslash may also stand before a brace: a doubled one, or the one that begins an expression.
_TEMPLATE = re.compile(r"\\(?P<brace>\{\{|\}\}|\Z)|(?P<doubled>\{\{|\}\})|" + _TEXT.pattern, re.DOTALL)


class InvalidEscape(Rule):
    r"""A backslash in a string that begins no escape sequence.

    ## What it does
    Reports the places that the compiler warns of: a backslash before a character that makes no escape sequence with
    it, and octal escapes above `\377`, in text, bytes, f-strings and t-strings that are not raw. Like the compiler, it
    names only the first in each literal, or in each part of an f-string between its braces.

    ## Why it matters
    Since Python 3.12 each is a `SyntaxWarning`, shown by default when a file is first compiled and an error under
    `-W error`; before, it was a `DeprecationWarning` that nobody saw. It is to become a `SyntaxError`.

    ## Example
    ```python
    import re

    NUMBER = re.compile("\d+")
    ```

    ## Use instead
    ```python
    import re

    NUMBER = re.compile(r"\d+")
    ```

    ## Fix safety
    There is no fix yet. Doubling the backslash always keeps the value; the prefix `r` keeps it only where the literal
    has no valid escape sequence.

    ## References
    - [What's New in Python 3.12](https://docs.python.org/3/whatsnew/3.12.html#other-language-changes)
    - [Escape sequences](https://docs.python.org/3/reference/lexical_analysis.html#escape-sequences)
    """

    code, name = "SYN003", "invalid-escape"
    level, impact, confidence = Level.WARNING, Impact.WARNS, Confidence.HIGH
    since = "3.12"
    compiled = True
    words = (Words(test=may_hold_invalid_escape, remarks=True),)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._raw: list[bool] = []  # for each f-string around the node, whether it is raw

    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        if "\\" not in node.value or "r" in node.prefix:
            return
        escapes = _BYTES if "b" in node.prefix else _TEXT
        start, end = len(node.prefix) + len(node.quote), len(node.value) - len(node.quote)
        for match in escapes.finditer(node.value, start, end):
            if match["bad"]:
                self._found(node, match[0], match.start())
                return

    def visit_FormattedString(self, node: cst.FormattedString | cst.TemplatedString) -> None:
        self._raw.append("r" in node.prefix)

    def leave_FormattedString(self, _: cst.FormattedString | cst.TemplatedString) -> None:
        self._raw.pop()

    def visit_FormattedStringText(self, node: cst.FormattedStringText | cst.TemplatedStringText) -> None:
        if self._raw[-1]:
            return
        named = False  # whether this token, which a doubled brace ends, has its warning
        for match in _TEMPLATE.finditer(node.value):
            if match["brace"] is not None:
                self._found(node, "\\" + (match["brace"][:1] or "{"), match.start())
                named = False
            elif match["doubled"]:
                named = False
            elif match["bad"] and not named:
                self._found(node, match[0], match.start())
                named = True

    visit_TemplatedString, leave_TemplatedString = visit_FormattedString, leave_FormattedString
    visit_TemplatedStringText = visit_FormattedStringText

    def _found(self, node: cst.CSTNode, escape: str, start: int) -> None:
        shown = escape if escape.isprintable() else repr(escape)[1:-1].replace("\\\\", "\\", 1)
        if escape[1:].isdecimal() and len(escape) == 4:
            what = f"The octal escape `{shown}` is above `\\377`"
            advice = f"Write `chr({int(escape[1:], 8)})`, or the escape of the byte that is meant."
        else:
            what = f"`{shown}` is no escape sequence"
            advice = "Double the backslash, or make the string raw (prefix `r`) if it has no valid escape sequence."
        self.report(
            node,
            f"{what}: a SyntaxWarning since Python 3.12, before that a DeprecationWarning which nobody saw.",
            help=advice,
            symbol="invalid escape",
            part=(start, start + len(escape)),
        )
