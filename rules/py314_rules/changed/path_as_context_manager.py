"""CHG404 path-as-context-manager."""

from __future__ import annotations

import ast

from py314_check.api import Confidence, Impact, Level, Outline, Rule, Words, cst, once
from py314_rules.called import derived, may_be, other_names
from py314_rules.values import reached

_MAKE_PATHS = (
    *("Path", "PosixPath", "WindowsPath", "FileReader", "absolute", "cwd", "expanduser", "files", "from_uri", "glob"),
    *("home", "iterdir", "joinpath", "parent", "path", "readlink", "relative_to", "rename", "replace", "resolve"),
    *("rglob", "with_name", "with_segments", "with_stem", "with_suffix"),
)


@once
def _may_enter(outline: Outline) -> bool:
    """Whether what may be a path is entered."""
    entered = [one.context_expr for one in outline.of(ast.withitem)]
    entered += [one.args[0] for one in outline.of(ast.Call) if one.args and may_be(one.func, ("enter_context",))]
    if next(derived(outline, "Path", "PosixPath", "WindowsPath"), None) and entered:  # `with self`
        return True
    makers = other_names(outline, *_MAKE_PATHS)
    made = (one.func if isinstance(one, ast.Call) else one for one in reached(outline, *entered, annotated=True))
    return any(may_be(one, makers) for one in made)


_ENTERS = "contextlib._BaseExitStack.enter_context"


class PathAsContextManager(Rule):
    """A `pathlib.Path` in a `with` statement.

    ## What it does
    Reports `with` statements whose context manager is certainly a `pathlib.Path`, and such paths given to
    `ExitStack.enter_context`.

    Not reported: `with path.open()`, and classes of your own that derive from `Path` and define `__enter__`.

    ## Why it matters
    Since Python 3.13 paths are no context managers: the statement raises `TypeError`. Before, it did nothing.

    ## Example
    ```python
    from pathlib import Path

    with Path("data") as path:
        print(path.name)
    ```

    ## Use instead
    ```python
    from pathlib import Path

    path = Path("data")
    print(path.name)
    ```

    ## Fix safety
    There is no fix yet: the block would have to be taken out of the statement.

    ## References
    - [What's New in Python 3.13: pathlib](https://docs.python.org/3/whatsnew/3.13.html#pathlib)
    """

    code, name = "CHG404", "path-as-context-manager"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    since = "3.13"
    words = tuple(Words("pathlib", word, outline=_may_enter) for word in ("with", "enter_context"))

    def visit_WithItem(self, node: cst.WithItem) -> None:
        self._check(node.item)

    def visit_Call(self, node: cst.Call) -> None:
        if isinstance(node.func, cst.Attribute) and node.func.attr.value == "enter_context":
            manager = self.context.argument(node, 0, "cm")
            if manager is not None and _ENTERS in self.context.member(node.func).names:
                self._check(manager)

    def _check(self, manager: cst.BaseExpression) -> None:
        if "pathlib.Path" not in self.context.types(manager):
            return
        entered = self.context.member(cst.Attribute(manager, cst.Name("__enter__")))
        if entered.certain and "pathlib.Path.__enter__" in entered.names:
            self.report(
                manager,
                "Since Python 3.13 a `with` statement on a `pathlib.Path` raises TypeError"
                f"{self.context.fails_when(manager)}; before, it did nothing.",
                help="Use the path without `with`, or open it: `with path.open()`.",
                symbol="pathlib.Path.__enter__",
                raises="TypeError",
                module="pathlib",
            )
