"""CHG103 annotations-name."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, Rule, Words, cst
from py314_rules.changed._annotations import may_read_name

_KEY = "__annotations__"
_OF_MODULE = "Read the attribute of the module: sys.modules[__name__].__annotations__."
_COMPLETE = "Name the fields yourself, or read the annotations when the module or class is complete."


class AnnotationsName(Rule):
    """The name `__annotations__`, read in a module or class as if it were a variable.

    ## What it does
    Reports reads of the bare name `__annotations__` where nothing in the file assigns it, and of the key
    `"__annotations__"` of `globals()`, `locals()` and `vars()`. Files with `from __future__ import annotations` are
    left alone: there, it is still set.

    ## Why it matters
    Up to Python 3.13 the body of a module or class filled this dictionary while it ran. Python 3.14 computes
    annotations when they are asked for, so the name is not defined and reading it raises `NameError`.

    ## Example
    ```python
    class Point:
        x: int
        y: int
        __slots__ = tuple(__annotations__)
    ```

    ## Use instead
    ```python
    class Point:
        x: int
        y: int
        __slots__ = ("x", "y")
    ```

    ## Fix safety
    There is no fix: what takes its place can run only when the module or class is complete.

    ## References
    - [PEP 749: implementing PEP 649](https://peps.python.org/pep-0749/)
    - [Annotations best practices](https://docs.python.org/3/howto/annotations.html)
    """

    code, name = "CHG103", "annotations-name"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    since = "3.14"
    words = (Words(_KEY, outline=may_read_name),)

    def visit_Name(self, node: cst.Name) -> None:
        if node.value != _KEY or self.context.resolve(node) != {f"builtins.{_KEY}"}:
            return
        match next(self.context.ancestors(node)):
            case cst.Attribute(attr=name) | cst.Arg(keyword=name) | cst.AnnAssign(target=name) | cst.Param(name=name):
                reads = name is not node
            case parent:
                reads = not isinstance(parent, cst.NameItem)
        if reads:
            self._tell(node, "reading it raises NameError", raises="NameError")

    def visit_Subscript(self, node: cst.Subscript) -> None:
        index = node.slice[0].slice
        if isinstance(index, cst.Index) and self.context.string(index.value) == _KEY and self._is_scope(node.value):
            parent = next(self.context.ancestors(node))
            if not isinstance(parent, (cst.AssignTarget, cst.AnnAssign)):
                self._tell(node, "this raises KeyError", raises="KeyError")

    def visit_Call(self, node: cst.Call) -> None:
        method = node.func
        if isinstance(method, cst.Attribute) and method.attr.value in ("get", "setdefault") and node.args:
            self._check_search(node, node.args[0].value, method.value)

    def visit_Comparison(self, node: cst.Comparison) -> None:
        first = node.comparisons[0]
        if isinstance(first.operator, (cst.In, cst.NotIn)):
            self._check_search(node, node.left, first.comparator)

    def _check_search(self, node: cst.CSTNode, key: cst.BaseExpression, mapping: cst.BaseExpression) -> None:
        if self.context.string(key) == _KEY and self._is_scope(mapping):
            self._tell(node, "this finds nothing, silently")

    def _is_scope(self, node: cst.BaseExpression) -> bool:
        """Whether an expression is the namespace of the module, or of the class whose body this is."""
        if not isinstance(node, cst.Call) or node.args:
            return False
        functions = self.context.resolve(node.func)
        own = not self.context.runs_later(node) and bool(functions & {"builtins.locals", "builtins.vars"})
        return own or "builtins.globals" in functions

    def _tell(self, node: cst.CSTNode, effect: str, raises: str | None = None) -> None:
        if self.context.has_future("annotations"):
            return
        place = self.context.enclosing(node, cst.FunctionDef, cst.Lambda, cst.ClassDef)
        later = isinstance(place, (cst.FunctionDef, cst.Lambda))
        where = "is no variable of a module" if later else "is not set while a module or class runs"
        held = "the annotations" if later else "the annotations so far"
        self.report(
            node,
            f"Since Python 3.14 `__annotations__` {where}: {effect}; before, it held {held}.",
            help=_OF_MODULE if later else _COMPLETE,
            symbol=_KEY,
            raises=raises,
            level=None if raises else Level.WARNING,
            impact=None if raises else Impact.CHANGES,
        )
