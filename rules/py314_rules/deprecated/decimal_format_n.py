"""DPR007 decimal-format-n."""

from __future__ import annotations

import re
from collections.abc import Iterator

from py314_check.api import Confidence, Impact, Level, Outline, Rule, Words, cst

_DECIMAL = "decimal.Decimal"
_SPEC = re.compile(r"(?:.?[<>=^])?[-+ ]?0?\d*(?:\.\d+)?N", re.DOTALL)
_FIELDS = re.compile(r"\{\{|\}\}|\{(\d*)(?:![rsa])?(?::([^{}]*))?\}")
_MAY_END = re.compile(r":[^{}:]*N\}")


def _may_format(outline: Outline) -> bool:
    """Whether a format may end with N."""
    return any(_SPEC.fullmatch(text) or _MAY_END.search(text) for text in outline.strings if "N" in text)


class DecimalFormatN(Rule):
    """The format `N` of a `decimal.Decimal`, which is deprecated.

    ## What it does
    Reports `format(x, "N")`, `f"{x:N}"`, `"{:N}".format(x)` and `x.__format__("N")`, also with width and precision,
    where `x` is certainly a `Decimal`.

    ## Why it matters
    `N` was never documented: it means what `n` means. Since Python 3.13 it gives a `DeprecationWarning`; Python 3.18
    is to remove it.

    ## Example
    ```python
    from decimal import Decimal

    print(f"{Decimal('12.5'):N}")
    ```

    ## Use instead
    ```python
    from decimal import Decimal

    print(f"{Decimal('12.5'):n}")
    ```

    ## Fix safety
    There is no fix yet.

    ## References
    - [Pending removal in Python 3.18](https://docs.python.org/3/deprecations/index.html)
    - [What's New in Python 3.13](https://docs.python.org/3/whatsnew/3.13.html)
    """

    code, name = "DPR007", "decimal-format-n"
    level, impact, confidence = Level.NOTE, Impact.WARNS, Confidence.HIGH
    since = "3.13"
    words = (Words("decimal", imported=True, outline=_may_format),)

    def visit_FormattedStringExpression(self, node: cst.FormattedStringExpression) -> None:
        spec = node.format_spec or ()
        text = "".join(part.value for part in spec if isinstance(part, cst.FormattedStringText))
        if len(spec) == 1 and node.conversion is None:
            self._check(node.expression, node.expression, text)

    def visit_Call(self, node: cst.Call) -> None:
        if "builtins.format" in self.context.resolve(node.func) and len(node.args) == 2:
            self._check(node, node.args[0].value, self.context.string(node.args[1].value))
        elif isinstance(node.func, cst.Attribute) and node.func.attr.value == "__format__" and len(node.args) == 1:
            self._check(node, node.func.value, self.context.string(node.args[0].value))
        elif isinstance(node.func, cst.Attribute) and node.func.attr.value == "format":
            for value, spec in self._filled(self.context.string(node.func.value), node):
                self._check(value, value, spec)

    def _filled(self, template: str | None, call: cst.Call) -> Iterator[tuple[cst.BaseExpression, str]]:
        """The arguments that plain fields of a template show, and how."""
        if any(one.star or one.keyword is not None for one in call.args):
            return
        fields = [found for found in _FIELDS.finditer(template or "") if found[0] not in ("{{", "}}")]
        for place, found in enumerate(fields):
            index = int(found[1] or place)
            if index < len(call.args) and "!" not in found[0].partition(":")[0]:
                yield call.args[index].value, found[2] or ""

    def _check(self, node: cst.CSTNode, value: cst.BaseExpression, spec: str | None) -> None:
        if spec is not None and _SPEC.fullmatch(spec) and _DECIMAL in self.context.types(value):
            self.report(
                node,
                "Since Python 3.13 the format `N` of a Decimal is deprecated; it will be removed in Python 3.18.",
                help="Write `n`, which means the same.",
                symbol="decimal.Decimal format N",
                module="decimal",
            )
