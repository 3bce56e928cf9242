"""DPR003 deprecated-usage."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, cst, parse_version
from py314_rules.calls import CallRule, Match, words_of
from py314_rules.schedule import schedule


class DeprecatedUsage(CallRule):
    """A call with arguments that still work, and that a later version refuses.

    ## What it does
    Reports calls of standard library functions with deprecated arguments: parameters that are to go, values that are to
    be refused, arguments that will have to be given by keyword, or by position. Methods are reported where the class of
    the object is certain.

    ## Why it matters
    Most of these calls warn: with `-W error`, as many test suites run, that is a failure today. The version that
    refuses them is named, so they are work that can be planned.

    ## Example
    ```python
    import re

    print(re.sub("a", "b", "banana", 1))
    ```

    ## Use instead
    ```python
    import re

    print(re.sub("a", "b", "banana", count=1))
    ```

    ## Fix safety
    There is a fix where the argument can go, or be passed in another way: by keyword (`count=` of `re.sub`) or by
    position. It is safe where the call means the same on every Python that the project supports.

    ## References
    - [Pending removals](https://docs.python.org/3.14/deprecations/index.html)
    - [What's New in Python 3.13: deprecated](https://docs.python.org/3/whatsnew/3.13.html#deprecated)
    """

    code, name = "DPR003", "deprecated-usage"
    level, impact, confidence = Level.NOTE, Impact.WARNS, Confidence.HIGH
    verdict = "deprecated"
    words = words_of(verdict)

    def check(self, node: cst.Call, match: Match) -> None:
        row = match.row
        warns = row.warns_in is not None and parse_version(row.warns_in) <= self.context.target.version
        when = f"and changes in Python {row.changed_in}" if row.changed_in else schedule(row.removed_in or row.goes_in)
        self.report(
            node.func,
            f"{match.fill(row.what)} is deprecated since Python {row.deprecated_in} {when}.",
            help=match.help,
            symbol=match.symbol,
            removed_in=row.removed_in or (row.goes_in if row.goes_in != "future" else None),
            module=match.module,
            impact=Impact.WARNS if warns else Impact.OPPORTUNITY,
            confidence=match.confidence,
            fix=self.fix(node, match),
        )
