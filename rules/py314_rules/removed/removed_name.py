"""RMV002 removed-name."""

from __future__ import annotations

from py314_check.api import Change, Confidence, Impact, Level
from py314_rules.ast_constants import constant_form
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


    def is_text(node):
        return isinstance(node, ast.Str)
    ```

    ## Use instead
    ```python
    import ast


    def is_text(node):
        return isinstance(node, ast.Constant) and isinstance(node.value, str)
    ```

    ## Fix safety
    Names that have a drop-in are replaced, with the import that this takes: `collections.Mapping` by
    `collections.abc.Mapping`. That is safe where the two mean the same on every Python that the project supports, and
    unsafe where they differ (`time.clock`, `fractions.gcd`). Tests for `ast.Str` and the like become tests of
    `ast.Constant` and its value, and their calls become calls of `ast.Constant`, which is what they were since Python
    3.8. A name in a string is left alone.

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

    def fix(self, use: Use) -> Change | None:
        return super().fix(use) or constant_form(self.context, use.node, use.name)

    def is_own(self, row: Row) -> bool:
        return not row.member and row.is_gone(self.context)
