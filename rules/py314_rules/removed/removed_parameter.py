"""RMV005 removed-parameter."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, cst
from py314_rules.calls import CallRule, Match, words_of


class RemovedParameter(CallRule):
    """A call with an argument that the function no longer takes, or without one that it now needs.

    ## What it does
    Reports calls of standard library functions, methods and classes with parameters that the target's version does not
    have any more, that were renamed, or that are now by keyword only or by position only. Methods are reported where
    the class of the object is certain.

    Not reported: arguments in `*args` and `**kwargs`, and calls that a version test or a handler of the exception
    takes care of.

    ## Why it matters
    The call raises `TypeError`, or `ValueError` where only a value is refused: when it is made, not when the module is
    imported.

    ## Example
    ```python
    import random

    cards = [1, 2, 3]
    random.shuffle(cards, random.random)
    ```

    ## Use instead
    ```python
    import random

    cards = [1, 2, 3]
    random.shuffle(cards)
    ```

    ## Fix safety
    There is a fix where the argument can go, or be passed in another way. It is safe where the call means the same on
    every Python that the project supports, and unsafe otherwise: without its own source of random numbers,
    `random.shuffle` gives another order, and what is left out may have made a call.

    ## References
    - [What's New in Python 3.14: removed](https://docs.python.org/3/whatsnew/3.14.html#removed)
    - [What's New in Python 3.13: removed](https://docs.python.org/3/whatsnew/3.13.html#removed)
    """

    code, name = "RMV005", "removed-parameter"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    verdict = "removed"
    words = words_of(verdict)

    def check(self, node: cst.Call, match: Match) -> None:
        row = match.row
        self.report(
            node.func,
            f"Since Python {row.removed_in}, {match.fill(row.now)}; before, {match.fill(row.was)}.",
            help=match.help,
            symbol=match.symbol,
            removed_in=row.removed_in,
            raises=row.raises if row.handled else None,
            module=match.module,
            confidence=match.confidence,
            fix=self.fix(node, match),
        )
