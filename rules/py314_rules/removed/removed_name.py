"""RMV002 removed-name."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level
from py314_rules.names import ROWS, NameRule, Row, Use, words_of


class RemovedName(NameRule):
    """A function, class or constant that its standard library module no longer has.

    ## What it does
    Reports uses of names that the target's standard library modules do not have any more: `module.name` through any
    alias, `from module import name`, `getattr(module, "name")`, and names that `mock.patch` and pytest's `monkeypatch`
    look up. Names that were never documented are reported with medium confidence.

    Not reported: uses behind a test of the version or of the name's existence, in a `try` that falls back, after the
    file has set the name itself (`--show-guarded` lists those), and names of your own modules.

    ## Why it matters
    `module.name` raises `AttributeError`, and `from module import name` raises `ImportError`: at start-up at the top of
    a module, in a function only when it is called, in an annotation only when that is read.

    ## Example
    ```python
    import ast


    def is_number(node):
        return isinstance(node, ast.Num)
    ```

    ## Use instead
    ```python
    import ast


    def is_number(node):
        return isinstance(node, ast.Constant) and isinstance(node.value, (int, float, complex))
    ```

    ## Fix safety
    There is no fix yet: few of the names have a drop-in replacement.

    ## References
    - [Python 3.14: removed](https://docs.python.org/3/whatsnew/3.14.html#removed)
    - [Python 3.13: removed](https://docs.python.org/3/whatsnew/3.13.html#new-features)
    - [Python 3.12: removed](https://docs.python.org/3/whatsnew/3.12.html#removed)
    """

    code, name = "RMV002", "removed-name"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    words = words_of({name: row for name, row in ROWS.items() if row.removed_in and not row.member})

    def check(self, use: Use) -> None:
        if self.is_own(use.row):
            self.report_gone(use, use.written)

    def is_own(self, row: Row) -> bool:
        return not row.member and row.is_gone(self.context)
