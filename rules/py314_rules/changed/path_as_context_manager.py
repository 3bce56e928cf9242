"""CHG404 path-as-context-manager."""

from __future__ import annotations

import re

from py314_check.api import Confidence, Impact, Level, Rule, Words, cst

# A name, an attribute, or what may make a path, as a whole item.
_WITH_PATH = re.compile(
    rb"^[ \t\f]*with\b[ \t(]*(?:[\w.]+|[\w.]*[Pp]ath\([^\r\n]*\)|[^\r\n]*/[^\r\n]*)\s*(?:as\b|,|:|/)|\bPath\s+as\b",
    re.MULTILINE,
)


class PathAsContextManager(Rule):
    """A `pathlib.Path` in a `with` statement.

    ## What it does
    Reports `with` statements whose context manager is certainly a `pathlib.Path`.

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
    # A statement, which begins its line; not the word in prose.
    words = (Words("pathlib", "with", test=_WITH_PATH.search),)

    def visit_WithItem(self, node: cst.WithItem) -> None:
        if "pathlib.Path" not in self.context.types(node.item):
            return
        entered = self.context.member(cst.Attribute(node.item, cst.Name("__enter__")))
        if entered.certain and "pathlib.Path.__enter__" in entered.names:
            self.report(
                node.item,
                "Since Python 3.13 a `with` statement on a `pathlib.Path` raises TypeError"
                f"{self.context.fails_when(node)}; before, it did nothing.",
                help="Use the path without `with`, or open it: `with path.open()`.",
                symbol="pathlib.Path.__enter__",
                raises="TypeError",
                module="pathlib",
            )
