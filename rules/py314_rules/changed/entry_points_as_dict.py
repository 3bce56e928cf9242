"""CHG410 entry-points-as-dict."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, Rule, Words, cst
from py314_rules.changed._entry_points import may_have_entry_points

_FUNCTION = "importlib.metadata.entry_points"
_RESULT = "importlib.metadata.EntryPoints"
_METHODS = {"get", "items", "keys", "values", "setdefault", "pop", "copy"}
_BY_GROUP = 'Use entry_points(group="..."), which gives the entry points of one group.'
_GROUPS = {"console_scripts", "gui_scripts"}


class EntryPointsAsDict(Rule):
    """The result of `importlib.metadata.entry_points()` used as the dict or list it was.

    ## What it does
    Reports the dict methods `get`, `items`, `keys` and `values` on the result of `entry_points()`, a subscript of it
    with the name of a group, an integer as subscript of `entry_points(group="x")`, and `"group" in entry_points()`.

    Not reported: `entry_points(group="x")["name"]`, which looks one entry point up by its name, and the result of the
    `importlib_metadata` backport.

    ## Why it matters
    Since Python 3.12 the result is a tuple of all entry points, with `select` to choose among them: dict methods raise
    `AttributeError`, and a subscript with a group or a number raises `KeyError`. Before, `entry_points()` gave a dict
    of groups.

    ## Example
    ```python
    from importlib.metadata import entry_points

    scripts = entry_points().get("console_scripts", [])
    ```

    ## Use instead
    ```python
    from importlib.metadata import entry_points

    scripts = entry_points(group="console_scripts")
    ```

    ## Fix safety
    There is no fix yet: `entry_points(group=...)` needs Python 3.10.

    ## References
    - [importlib.metadata: entry points](https://docs.python.org/3/library/importlib.metadata.html#entry-points)
    - [What's New in Python 3.12: importlib.metadata](https://docs.python.org/3/whatsnew/3.12.html)
    """

    code, name = "CHG410", "entry-points-as-dict"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    since = "3.12"
    words = tuple(
        Words("importlib", "metadata", word, outline=may_have_entry_points) for word in ("entry_points", "EntryPoints")
    )

    def visit_Attribute(self, node: cst.Attribute) -> None:
        if node.attr.value in _METHODS and self._is_result(node.value):
            self._report(node, f"has no `{node.attr.value}`: it raises AttributeError", raises="AttributeError")

    def visit_Subscript(self, node: cst.Subscript) -> None:
        index = node.slice[0].slice
        if len(node.slice) != 1 or not isinstance(index, cst.Index):
            return
        group = self.context.string(index.value)
        if group is not None and self._is_call(node.value, bare=True) and self._is_group(node, group):
            self._report(node, "has no groups to look up: it raises KeyError")
        elif self._is_call(node.value, bare=True):
            return  # a dict of groups had no positions either
        elif "builtins.int" in self.context.types(index.value) and self._is_result(node.value):
            self._report(node, "is looked up by name: a number raises KeyError", was="it was a list")

    def visit_Comparison(self, node: cst.Comparison) -> None:
        last = node.comparisons[-1]
        if not isinstance(last.operator, (cst.In, cst.NotIn)) or self.context.string(node.left) is None:
            return
        if self._is_call(last.comparator, bare=True):
            self._report(node, "has no groups to look for: it raises AttributeError", raises="AttributeError")

    def _is_result(self, node: cst.BaseExpression) -> bool:
        return self._is_call(node) or _RESULT in self.context.types(node)

    def _is_call(self, node: cst.BaseExpression, *, bare: bool = False) -> bool:
        """Whether an expression is what a call of ``entry_points`` gave; ``bare``: a call without arguments."""
        call = self.context.value(node)
        if not isinstance(call, cst.Call) or (bare and call.args):
            return False
        return _FUNCTION in self.context.resolve(call.func) and "builtins.dict" not in self.context.types(node)

    def _is_group(self, node: cst.Subscript, name: str) -> bool:
        """Whether the subscript means a group: by its name, or as several entry points are made of it."""
        if name in _GROUPS or "." in name or ":" in name:
            return True
        parent = next(self.context.ancestors(node))
        return isinstance(parent, (cst.For, cst.CompFor)) and parent.iter is node

    def _report(
        self, node: cst.CSTNode, what: str, *, raises: str | None = None, was: str = "it was a dict of groups"
    ) -> None:
        self.report(
            node,
            f"Since Python 3.12 the result of `importlib.metadata.entry_points()` is a tuple and {what}; before,"
            f" {was}.",
            help="Make a list of it: list(entry_points(...))." if "list" in was else _BY_GROUP,
            symbol="importlib.metadata.entry_points dict",
            raises=raises,
            module="importlib",
        )
