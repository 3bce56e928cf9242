"""DPR001 deprecated-module."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, parse_version
from py314_rules.modules import MODULES, ModuleRule, Use, words_of
from py314_rules.schedule import schedule


class DeprecatedModule(ModuleRule):
    """An import of a standard library module that is still there, and is to go.

    ## What it does
    Reports imports, in every form, of modules that the target still has and that a later version removes, with that
    version. What is only discouraged (`optparse`, `getopt`) is left alone.

    ## Why it matters
    The import warns: with `-W error` that is a failure today. On the version that is named it fails.

    ## Example
    ```python
    import sre_constants

    print(sre_constants.MAXREPEAT)
    ```

    ## Use instead
    ```python
    import re

    print(re.error)
    ```

    ## Fix safety
    There is a fix where all that a file uses of the module has a drop-in elsewhere, which is true of
    `sre_constants.error`. It is safe.

    ## References
    - [Pending removals](https://docs.python.org/3.14/deprecations/index.html)
    """

    code, name = "DPR001", "deprecated-module"
    level, impact, confidence = Level.NOTE, Impact.WARNS, Confidence.HIGH
    words = words_of({name: row for name, row in MODULES.items() if row.warns_in})

    def check(self, use: Use) -> bool:
        row = use.row
        if not row.warns_in or parse_version(row.warns_in) > self.context.target.version:
            return False
        if not row.is_deprecated(self.context):
            return False
        self.report(
            use.node,
            f"`{use.name}` is deprecated since Python {row.deprecated_in}, {schedule(row.removed_in or row.goes_in)}.",
            help=f"{row.instead} See {row.url}.",
            symbol=use.name,
            removed_in=row.removed_in or (row.goes_in if row.goes_in != "future" else None),
            module=use.name.partition(".")[0],
            part=use.part,
            confidence=use.confidence,
            fix=self.fix(use),
        )
        return True
