"""CHG304 wait-on-coroutines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from py314_check.api import Confidence, Impact, Level, Rule, Words, cst

_WAITS = re.compile(rb"\bwait\s*\(|\bwait\s+as\b|=\s*(?:asyncio\s*\.\s*)?wait\s*$", re.MULTILINE)

_COLLECT = {"builtins.list", "builtins.set", "builtins.tuple", "builtins.frozenset"}


class WaitOnCoroutines(Rule):
    """Coroutines, not tasks, that are given to `asyncio.wait`.

    ## What it does
    Reports `asyncio.wait` of a list, set, tuple or comprehension in which there is certainly a coroutine.

    ## Why it matters
    Since Python 3.11 it raises `TypeError`. Before, it made tasks of them, which was deprecated.

    ## Example
    ```python
    import asyncio

    async def job():
        return 1

    async def main():
        await asyncio.wait([job(), job()])
    ```

    ## Use instead
    ```python
    import asyncio

    async def job():
        return 1

    async def main():
        await asyncio.wait([asyncio.create_task(job()), asyncio.create_task(job())])
    ```

    ## Fix safety
    There is no fix yet: `asyncio.gather` is often what is meant.

    ## References
    - [asyncio.wait](https://docs.python.org/3/library/asyncio-task.html#asyncio.wait)
    - [What's New in Python 3.11: removed](https://docs.python.org/3/whatsnew/3.11.html#removed)
    """

    code, name = "CHG304", "wait-on-coroutines"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    since = "3.11"
    words = (Words("asyncio", "wait", "async", test=_WAITS.search),)

    def visit_Call(self, node: cst.Call) -> None:
        if "asyncio.wait" not in self.context.resolve(node.func):
            return
        waited = self.context.argument(node, 0, "fs")
        for one in self._items(waited) if waited is not None else ():
            if "types.CoroutineType" in self.context.types(one):
                self.report(
                    node.func,
                    "Since Python 3.11 `asyncio.wait` raises TypeError for coroutines; before, it made tasks of them.",
                    help="Wrap each one in asyncio.create_task(...), or use asyncio.gather.",
                    symbol="asyncio.wait",
                    raises="TypeError",
                    module="asyncio",
                )
                return

    def _items(self, waited: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
        made = self.context.value(waited)
        if isinstance(made, (cst.List, cst.Set, cst.Tuple)):
            for element in made.elements:
                if isinstance(element, cst.StarredElement):
                    yield from self._items(element.value)
                else:
                    yield element.value
        elif isinstance(made, (cst.ListComp, cst.SetComp, cst.GeneratorExp)):
            yield made.elt
        elif isinstance(made, cst.Call) and len(made.args) == 1 and self.context.resolve(made.func) & _COLLECT:
            yield from self._items(made.args[0].value)
