"""CHG407 pathname2url-with-scheme."""

from __future__ import annotations

import re

from py314_check.api import Confidence, Impact, Level, Rule, Words, cst

_FUNCTIONS = {"urllib.request.pathname2url", "six.moves.urllib.request.pathname2url"}
_JOINERS = {"urllib.parse.urlunparse", "urllib.parse.urlunsplit"}
_SCHEME = re.compile(r"\bfile://[\w.:-]*/*\Z", re.IGNORECASE)
_FIELD = re.compile(r"%(?:\([^)]*\))?[sr]|\{[^{}]*\}")


class Pathname2urlWithScheme(Rule):
    """The result of `pathname2url` put behind `file://`.

    ## What it does
    Reports URLs made of `file://` and the result of `urllib.request.pathname2url`: by `+`, `%`, `str.format`,
    f-strings, and `urlunparse` and `urlunsplit` with the scheme `file`.

    Not reported: `"file:" + pathname2url(path)` and `urljoin("file:", pathname2url(path))`, which are right before and
    after, and paths that are certainly relative.

    ## Why it matters
    Since Python 3.14 `pathname2url` begins an absolute path with the empty authority: `///etc/hosts`, where it was
    `/etc/hosts` before. With `file://` before it the URL has five slashes.

    ## Example
    ```python
    from urllib.request import pathname2url

    url = "file://" + pathname2url("/etc/hosts")
    ```

    ## Use instead
    ```python
    from pathlib import Path

    url = Path("/etc/hosts").as_uri()
    ```

    ## Fix safety
    There is no fix yet: `pathname2url(path, add_scheme=True)` needs Python 3.14, and `as_uri` an absolute path.

    ## References
    - [urllib.request.pathname2url](https://docs.python.org/3/library/urllib.request.html#urllib.request.pathname2url)
    - [What's New in Python 3.14: urllib](https://docs.python.org/3/whatsnew/3.14.html#urllib)
    """

    code, name = "CHG407", "pathname2url-with-scheme"
    level, impact, confidence = Level.WARNING, Impact.CHANGES, Confidence.HIGH
    since = "3.14"
    words = (Words("pathname2url"),)

    def visit_BinaryOperation(self, node: cst.BinaryOperation) -> None:
        if isinstance(node.operator, cst.Add):
            self._check(_last(node.left), _first(node.right))
        elif isinstance(node.operator, cst.Modulo):
            values = [element.value for element in node.right.elements] if isinstance(node.right, cst.Tuple) else None
            self._check_format(node.left, values or [node.right])

    def visit_FormattedString(self, node: cst.FormattedString) -> None:
        for before, part in zip(node.parts, node.parts[1:], strict=False):
            if isinstance(part, cst.FormattedStringExpression):
                self._check(before, part.expression)

    def visit_Call(self, node: cst.Call) -> None:
        if isinstance(node.func, cst.Attribute) and node.func.attr.value == "format":
            if not any(arg.keyword or arg.star for arg in node.args):
                self._check_format(node.func.value, [arg.value for arg in node.args])
        elif node.args and self.context.resolve(node.func) & _JOINERS:
            parts = self.context.value(node.args[0].value)
            if isinstance(parts, (cst.Tuple, cst.List)) and len(parts.elements) > 2:
                scheme, _, path = (element.value for element in parts.elements[:3])
                if self.context.string(scheme) == "file" and self._is_path(path):
                    self._report(path)

    def _check_format(self, template: cst.BaseExpression, values: list[cst.BaseExpression]) -> None:
        """A template whose fields take the values one by one."""
        text = self.context.string(template) or ""
        fields = list(_FIELD.finditer(text))
        for field, value in zip(fields, values, strict=False):
            if len(fields) == len(values) and _SCHEME.search(text[: field.start()]) and self._is_path(value):
                self._report(value)

    def _check(self, before: cst.CSTNode, after: cst.BaseExpression) -> None:
        if isinstance(before, cst.FormattedStringText):
            text = before.value
        else:
            text = (
                self.context.string(before.expression if isinstance(before, cst.FormattedStringExpression) else before)
                or ""
            )
        if _SCHEME.search(text) and self._is_path(after):
            self._report(after)

    def _is_path(self, node: cst.BaseExpression) -> bool:
        """Whether an expression is what ``pathname2url`` gave for a path that may be absolute."""
        call = self.context.value(node)
        if not isinstance(call, cst.Call) or len(call.args) != 1 or not self.context.resolve(call.func) & _FUNCTIONS:
            return False
        path = self.context.string(call.args[0].value)
        return path is None or path.startswith("/")

    def _report(self, node: cst.BaseExpression) -> None:
        self.report(
            node,
            "Since Python 3.14 `pathname2url` gives `///path` for an absolute path, where it gave `/path` before: "
            "behind `file://` the URL has five slashes.",
            help='Use Path(path).as_uri(), or write "file:" in place of "file://".',
            symbol="urllib.request.pathname2url",
            module="urllib",
        )


def _last(node: cst.BaseExpression) -> cst.BaseExpression:
    """What the text of a sum ends with."""
    while isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add):
        node = node.right
    return node


def _first(node: cst.BaseExpression) -> cst.BaseExpression:
    """What the text of a sum begins with."""
    while isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add):
        node = node.left
    return node
