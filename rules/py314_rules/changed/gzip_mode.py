"""CHG413 gzip-mode."""

from __future__ import annotations

import ast

from py314_check.api import Confidence, Impact, Level, Outline, Rule, Words, cst, once


@once
def _may_compare(outline: Outline) -> bool:
    """Whether a ``mode`` is compared with something."""
    sides = (side for one in outline.of(ast.Compare) for side in (one.left, *one.comparators))
    return any(isinstance(one, ast.Attribute) and one.attr == "mode" for one in sides)


class GzipMode(Rule):
    """A comparison of the mode of a gzip file with the number that it was.

    ## What it does
    Reports comparisons of `mode` of a `gzip.GzipFile` with the integers 1 and 2, and of `mode` of a file in a zip
    archive (`zipfile.ZipExtFile`) with `"r"`.

    Not reported: comparisons with `gzip.READ` and `gzip.WRITE`, which have changed too.

    ## Why it matters
    Since Python 3.13 the mode is `"rb"` or `"wb"`, where it was 1 or 2 for gzip and `"r"` for zip: the comparison is
    never true.

    ## Example
    ```python
    import gzip

    file = gzip.GzipFile("data.gz")
    if file.mode == 1:
        print("open for reading")
    ```

    ## Use instead
    ```python
    import gzip

    file = gzip.GzipFile("data.gz")
    if file.readable():
        print("open for reading")
    ```

    ## Fix safety
    There is no fix yet: no single value is right on all versions.

    ## References
    - [What's New in Python 3.13: changes in the Python API](https://docs.python.org/3/whatsnew/3.13.html#changes-in-the-python-api)
    """

    code, name = "CHG413", "gzip-mode"
    level, impact, confidence = Level.WARNING, Impact.CHANGES, Confidence.HIGH
    since = "3.13"
    words = tuple(Words(module, "mode", outline=_may_compare) for module in ("gzip", "zipfile"))

    def visit_Comparison(self, node: cst.Comparison) -> None:
        if len(node.comparisons) != 1 or not isinstance(
            node.comparisons[0].operator, (cst.Equal, cst.NotEqual, cst.In, cst.NotIn)
        ):
            return
        sides = (node.left, node.comparisons[0].comparator)
        for mode, other in (sides, sides[::-1]):
            if not isinstance(mode, cst.Attribute) or mode.attr.value != "mode":
                continue
            types = self.context.types(mode.value)
            if "gzip.GzipFile" in types and self._holds(other, ("1", "2")):
                self._report(mode, "gzip.GzipFile", "1 or 2")
            elif "zipfile.ZipExtFile" in types and self._holds(other, ("r",)):
                self._report(mode, "zipfile.ZipExtFile", '"r"')

    def _holds(self, node: cst.BaseExpression, values: tuple[str, ...]) -> bool:
        """Whether an expression is one of some values, or a tuple of nothing else."""
        node = self.context.value(node)
        if isinstance(node, (cst.Tuple, cst.List, cst.Set)):
            return all(self._holds(element.value, values) for element in node.elements)
        return (node.value if isinstance(node, cst.Integer) else self.context.string(node)) in values

    def _report(self, node: cst.Attribute, kind: str, before: str) -> None:
        self.report(
            node,
            f'Since Python 3.13 the mode of a `{kind}` is "rb" or "wb"; before, it was {before}.',
            help="Ask readable() or writable(), which are right on all versions.",
            symbol=f"{kind}.mode",
            module=kind.partition(".")[0],
        )
