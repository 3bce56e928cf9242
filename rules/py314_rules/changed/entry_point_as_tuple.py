"""CHG411 entry-point-as-tuple."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, Rule, Words, cst
from py314_rules.changed._entry_points import may_have_entry_points

_POINT, _POINTS = "importlib.metadata.EntryPoint", "importlib.metadata.EntryPoints"


class EntryPointAsTuple(Rule):
    """An `importlib.metadata.EntryPoint` used as the tuple it was.

    ## What it does
    Reports subscripts of what is certainly an `EntryPoint`, assignments and loops that take one apart, and
    `dict(entry_points(...))`.

    ## Why it matters
    Since Python 3.13 an entry point is no tuple: both raise `TypeError`.

    ## Example
    ```python
    from importlib.metadata import EntryPoint

    point = EntryPoint("name", "package:function", "group")
    print(point[0])
    ```

    ## Use instead
    ```python
    from importlib.metadata import EntryPoint

    point = EntryPoint("name", "package:function", "group")
    print(point.name)
    ```

    ## Fix safety
    There is no fix yet.

    ## References
    - [What's New in Python 3.13: importlib](https://docs.python.org/3/whatsnew/3.13.html#importlib)
    """

    code, name = "CHG411", "entry-point-as-tuple"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    since = "3.13"
    words = tuple(
        Words("importlib", "metadata", word, outline=may_have_entry_points)
        for word in ("EntryPoint", "EntryPoints", "entry_points")
    )

    def visit_Subscript(self, node: cst.Subscript) -> None:
        if _POINT in self.context.types(node.value):
            self._report(node, "takes no subscript", "Read its attributes: name, value, group.")

    def visit_Assign(self, node: cst.Assign) -> None:
        apart = any(isinstance(target.target, (cst.Tuple, cst.List)) for target in node.targets)
        if apart and _POINT in self.context.types(node.value):
            self._report(node.value, "cannot be taken apart", "Read its attributes: name, value, group.")

    def visit_Call(self, node: cst.Call) -> None:
        is_dict = len(node.args) == 1 and "builtins.dict" in self.context.resolve(node.func)
        if is_dict and not node.args[0].star and _POINTS in self.context.types(node.args[0].value):
            self._report(node, "cannot be taken apart", "Write {point.name: point for point in ...}.")

    def visit_CompFor(self, node: cst.CompFor) -> None:
        if isinstance(node.target, (cst.Tuple, cst.List)) and _POINTS in self.context.types(node.iter):
            self._report(node.iter, "cannot be taken apart", "Read its attributes: name, value, group.")

    def visit_For(self, node: cst.For) -> None:
        if isinstance(node.target, (cst.Tuple, cst.List)) and _POINTS in self.context.types(node.iter):
            self._report(node.iter, "cannot be taken apart", "Read its attributes: name, value, group.")
        elif not isinstance(node.iter, cst.Subscript) and _POINT in self.context.types(node.iter):
            self._report(node.iter, "cannot be iterated over", "Read its attributes: name, value, group.")

    def _report(self, node: cst.CSTNode, what: str, help: str) -> None:
        self.report(
            node,
            f"Since Python 3.13 an `importlib.metadata.EntryPoint` is no tuple and {what}: it raises TypeError.",
            help=help,
            symbol=_POINT,
            raises="TypeError",
            module="importlib",
        )
