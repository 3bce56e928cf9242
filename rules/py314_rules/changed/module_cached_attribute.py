"""CHG417 module-cached-attribute."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, Rule, Words, cst

_WORD = "__cached__"


class ModuleCachedAttribute(Rule):
    """The attribute `__cached__` of a module, which modules do not have any more.

    ## What it does
    Reports the name `__cached__`, `module.__cached__` and `getattr(module, "__cached__")`.

    Not reported: a `__cached__` that the code sets itself, `getattr` with a default, and `__cached__` in classes.

    ## Why it matters
    Since Python 3.15 the import system does not set it: the name raises `NameError`, the attribute `AttributeError`.

    ## Example
    ```python
    import json

    print(json.__cached__)
    ```

    ## Use instead
    ```python
    import json

    print(json.__spec__.cached)
    ```

    ## Fix safety
    There is no fix yet: `__spec__` is None in a script.

    ## References
    - [What's New in Python 3.15](https://docs.python.org/3.15/whatsnew/3.15.html)
    """

    code, name = "CHG417", "module-cached-attribute"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    since = "3.15"
    words = (Words(_WORD),)

    def visit_Name(self, node: cst.Name) -> None:
        if node.value != _WORD or self.context.resolve(node) != {f"builtins.{_WORD}"}:
            return
        parent = next(self.context.ancestors(node))
        # What is no use of the name: `x.__cached__`, `f(__cached__=1)`, `def f(__cached__)`, `global __cached__`.
        labels = (getattr(parent, field, None) for field in ("attr", "keyword", "name"))
        if all(label is not node for label in labels):
            self._report(node, "NameError")

    def visit_Attribute(self, node: cst.Attribute) -> None:
        if node.attr.value != _WORD or not self.context.resolve(node.value):
            return
        parent = next(self.context.ancestors(node))
        if not isinstance(parent, cst.AssignTarget) and getattr(parent, "target", None) is not node:
            self._report(node, "AttributeError")

    def visit_Call(self, node: cst.Call) -> None:
        if len(node.args) != 2 or self.context.string(node.args[1].value) != _WORD:
            return
        if "builtins.getattr" in self.context.resolve(node.func) and self.context.resolve(node.args[0].value):
            self._report(node, "AttributeError")

    def _report(self, node: cst.CSTNode, raises: str) -> None:
        self.report(
            node,
            f"Since Python 3.15 modules have no `__cached__`{self.context.fails_when(node)}.",
            help="Use `__spec__.cached`.",
            symbol=_WORD,
            raises=raises,
        )
