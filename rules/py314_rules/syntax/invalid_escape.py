"""SYN003 invalid-escape."""

from __future__ import annotations

import re

from py314_check.api import Change, Confidence, Context, Impact, Insert, Level, Replace, Rule, Words, cst, pieces

_OCTAL = "[4-7][0-7][0-7]"
_BYTES = re.compile(rf"\\(?:(?P<bad>(?![\r\n\\'\"abfnrtvx0-7])[\x00-\x7f]|{_OCTAL})|.)", re.DOTALL)
_TEXT = re.compile(rf"\\(?:(?P<bad>(?![\r\n\\'\"abfnrtvx0-7NuU])[\x00-\x7f]|{_OCTAL})|.)", re.DOTALL)
# In f-strings a backslash may also stand before a brace: a doubled one, or the one that begins an expression.
_TEMPLATE = re.compile(r"\\(?P<brace>\{\{|\}\}|\Z)|(?P<doubled>\{\{|\}\})|" + _TEXT.pattern, re.DOTALL)

_MAY_BE_BAD = re.compile(rb"\\(?:[^\r\n\\'\"abfnrtvx0-7\x80-\xff]|[4-7][0-7][0-7])")
# A backslash and what it stands before; "bad" are no escapes at all, "text" are none in bytes.
_ESCAPES = re.compile(
    rb"\\(?:(?P<bad>[^\r\n\\'\"abfnrtvx0-7NuU\x80-\xff]|[4-7][0-7][0-7])|(?P<text>[NuU])|.)", re.DOTALL
)


def _may_hold_bad_escape(data: bytes) -> bool:
    """Whether a string that is not raw may hold a backslash that begins no escape sequence."""
    if _MAY_BE_BAD.search(data) is None:
        return False
    found = [(match.start(), match.lastgroup) for match in _ESCAPES.finditer(data) if match.lastgroup is not None]
    if not found:
        return False
    index = 0
    for piece in pieces(data):
        start, end, prefix = piece
        depth, last = 0, start  # how many braces are open at the backslash before, which matters in f-strings
        while index < len(found) and found[index][0] < end:
            at, kind = found[index]
            index += 1
            if at < start:
                return True  # a backslash in code: not what it seems, such as a string in an f-string
            if prefix == b"#" or (kind == "text" and b"b" not in prefix):
                continue
            depth += data.count(b"{", last, at) - data.count(b"}", last, at)
            last = at
            if b"r" not in prefix or (piece.is_template and depth > 0):
                return True
        if index == len(found):
            return False
        if piece.is_cut(data):
            return True
    return True


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
    The fix makes the literal raw where it has no escape sequence at all, and else doubles the backslashes; octal
    escapes above `\377` become the escape of what they stand for. The value stays what it was: it is safe.

    ## References
    - [What's New in Python 3.12](https://docs.python.org/3/whatsnew/3.12.html#other-language-changes)
    - [Escape sequences](https://docs.python.org/3/reference/lexical_analysis.html#escape-sequences)
    """

    code, name = "SYN003", "invalid-escape"
    level, impact, confidence = Level.WARNING, Impact.WARNS, Confidence.HIGH
    since = "3.12"
    compiled = True
    words = (Words(test=_may_hold_bad_escape, remarks=True),)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._around: list[cst.FormattedString | cst.TemplatedString] = []  # the f-strings around the node

    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        if "\\" not in node.value or "r" in node.prefix:
            return
        escapes = _BYTES if "b" in node.prefix else _TEXT
        start, end = len(node.prefix) + len(node.quote), len(node.value) - len(node.quote)
        matches = list(escapes.finditer(node.value, start, end))
        bad = [match for match in matches if match["bad"]]
        if bad:
            raw = len(bad) == len(matches) and _may_be_raw(node.prefix, bad)
            edits: list[Replace | Insert] = [_doubled(node, match) for match in bad]
            if raw:
                edits = [Insert(node, "r")]
            self._found(node, bad[0][0], bad[0].start(), edits)

    def visit_FormattedString(self, node: cst.FormattedString | cst.TemplatedString) -> None:
        self._around.append(node)

    def leave_FormattedString(self, _: cst.FormattedString | cst.TemplatedString) -> None:
        self._around.pop()

    def visit_FormattedStringText(self, node: cst.FormattedStringText | cst.TemplatedStringText) -> None:
        whole = self._around[-1]
        if "r" in whole.prefix:
            return
        named = False  # whether this token, which a doubled brace ends, has its warning
        edits: list[Replace | Insert] | None = None
        for match in _TEMPLATE.finditer(node.value):
            if match["brace"] is not None or (match["bad"] and not named):
                edits = edits or self._edits(whole, node)
                escape = match[0] if match["brace"] is None else "\\" + (match["brace"][:1] or "{")
                self._found(node, escape, match.start(), edits)
            named = (named or bool(match["bad"])) and not match["brace"] and not match["doubled"]

    visit_TemplatedString, leave_TemplatedString = visit_FormattedString, leave_FormattedString
    visit_TemplatedStringText = visit_FormattedStringText

    def _edits(
        self, whole: cst.FormattedString | cst.TemplatedString, text: cst.FormattedStringText | cst.TemplatedStringText
    ) -> list[Replace | Insert]:
        """Makes a whole f-string raw where it has no escape sequence, or else doubles the backslashes of this part."""
        kinds = (cst.FormattedStringText, cst.TemplatedStringText)
        parts = [
            part for part in self.context.below(whole) if isinstance(part, kinds) and self._string_of(part) is whole
        ]
        found = [match for part in parts for match in _TEMPLATE.finditer(part.value) if match[0].startswith("\\")]
        if all(_is_bad(match) for match in found) and _may_be_raw(whole.prefix, found):
            return [Insert(whole, "r")]
        return [_doubled(text, match) for match in _TEMPLATE.finditer(text.value) if _is_bad(match)]

    def _string_of(self, part: cst.CSTNode) -> cst.CSTNode | None:
        kinds = (cst.FormattedString, cst.TemplatedString)
        return next((parent for parent in self.context.ancestors(part) if isinstance(parent, kinds)), None)

    def _found(self, node: cst.CSTNode, escape: str, start: int, edits: list[Replace | Insert]) -> None:
        shown = escape if escape.isprintable() else repr(escape)[1:-1].replace("\\\\", "\\", 1)
        if escape[1:].isdecimal() and len(escape) == 4:
            what = f"The octal escape `{shown}` is above `\\377`"
            advice = f"Write `chr({int(escape[1:], 8)})`, or the escape of the byte that is meant."
        else:
            what = f"`{shown}` is no escape sequence"
            advice = "Double the backslash, or make the string raw (prefix `r`) if it has no valid escape sequence."
        what_to_do = "Make the string raw" if isinstance(edits[0], Insert) else "Double the backslash"
        self.report(
            node,
            f"{what}: a SyntaxWarning since Python 3.12, before that a DeprecationWarning which nobody saw.",
            help=advice,
            symbol="invalid escape",
            part=(start, start + len(escape)),
            fix=Change(what_to_do, *edits, safe=True),
        )


def _is_bad(match: re.Match[str]) -> bool:
    return match["brace"] is not None or bool(match["bad"])


def _may_be_raw(prefix: str, bad: list[re.Match[str]]) -> bool:
    """Whether the prefix ``r`` keeps the value of a literal without escape sequences: ``u`` allows none beside it."""
    return "u" not in prefix.lower() and not any(match[0][1:].isdecimal() for match in bad)


def _doubled(node: cst.CSTNode, match: re.Match[str]) -> Replace:
    """Doubles a backslash; an octal escape above ``\377`` becomes the one that it is, which bytes cut to eight bits."""
    if match["bad"] and len(match["bad"]) == 3:
        number = int(match["bad"], 8)
        is_bytes = isinstance(node, cst.SimpleString) and "b" in node.prefix
        escape = f"\\x{number & 255:02x}" if is_bytes else f"\\u{number:04x}"
        return Replace(node, escape, part=match.span())
    return Replace(node, "\\\\", part=(match.start(), match.start() + 1))
