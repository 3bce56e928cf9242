"""DPR002 deprecated-name."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, parse_version
from py314_rules.names import ROWS, NameRule, Row, Use, words_of
from py314_rules.schedule import schedule


class DeprecatedName(NameRule):
    """A name or member of the standard library that is still there, and is to go.

    ## What it does
    Reports functions, classes, constants, methods and attributes that the target still has and that a later version
    removes, with that version. Methods and attributes are reported where the class of the object is certain. What is
    only discouraged, without any plan to remove it (`typing.List`, `os.popen`), is left alone.

    ## Why it matters
    Most of them warn when they are used: with `-W error`, as many test suites run, that is a failure today. The others
    fail on the version that is named, so they are work that can be planned.

    ## Example
    ```python
    import datetime

    print(datetime.datetime.utcnow())
    ```

    ## Use instead
    ```python
    import datetime

    print(datetime.datetime.now(datetime.timezone.utc))
    ```

    ## Fix safety
    Names that have a drop-in are replaced, with the import that this takes. That is safe where the two mean the same
    on every Python that the project supports (`logging.warn`, `Thread.setDaemon`), and unsafe where they differ: what
    takes the place of `utcnow` is aware of its time zone.

    ## References
    - [Pending removals](https://docs.python.org/3.14/deprecations/index.html)
    - [Python 3.14: deprecated](https://docs.python.org/3/whatsnew/3.14.html#deprecated)
    """

    code, name = "DPR002", "deprecated-name"
    level, impact, confidence = Level.NOTE, Impact.WARNS, Confidence.HIGH
    words = words_of({name: row for name, row in ROWS.items() if row.may_be_deprecated})

    def check(self, use: Use) -> None:
        row = use.row
        if not self.is_own(row):
            return
        warns = row.warns_in is not None and parse_version(row.warns_in) <= self.context.target.version
        self.report(
            use.node,
            f"`{use.name if row.member else use.written}` is deprecated since Python {row.deprecated_in}, "
            f"{schedule(row.removed_in or row.goes_in)}.",
            help=f"{row.instead} See {row.url}.",
            symbol=use.symbol,
            removed_in=row.removed_in or (row.goes_in if row.goes_in != "future" else None),
            module=use.written.partition(".")[0],
            part=use.part,
            impact=Impact.WARNS if warns else Impact.OPPORTUNITY,
            confidence=use.confidence,
            fix=self.fix(use),
        )

    def is_own(self, row: Row) -> bool:
        return row.is_deprecated(self.context)
