"""CHG304 wait-on-coroutines."""

from __future__ import annotations

from collections.abc import Sequence

from py314_check.api import Confidence, Context, Impact, Level, Rule, Words, cst
from py314_rules.called import Given, may_call

_COPIES = {"builtins.list", "builtins.set", "builtins.tuple", "builtins.frozenset", "builtins.iter"}


def _waits_for_something(given: Sequence[Given]) -> bool:
    return any(one.keyword in (None, "fs") for one in given)


class WaitOnCoroutines(Rule):
    """Coroutines, not tasks, that are given to `asyncio.wait`.

    ## What it does
    Reports `asyncio.wait` of a list, set, tuple, comprehension or `map(...)` in which there is certainly a coroutine,
    also where the list was filled with `append`.

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
    words = (
        Words(
            "asyncio",
            "wait",
            outline=lambda outline: may_call(outline, "wait", _waits_for_something, "asyncio"),
        ),
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._filled: set[tuple[cst.CSTNode | None, str]] = set()  # lists that a coroutine was put into, by function

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        self._filled.discard(self._room(node.target))

    def visit_Call(self, node: cst.Call) -> None:
        if isinstance(node.func, cst.Attribute) and node.func.attr.value in ("append", "add") and len(node.args) == 1:
            if self._is_coroutine(node.args[0].value) and self._is_plain(self.context.value(node.func.value)):
                self._filled.add(self._room(node.func.value))
            return
        if "asyncio.wait" not in self.context.resolve(node.func):
            return
        waited = self.context.argument(node, 0, "fs")
        if waited is not None and (self._gives_coroutine(waited) or self._is_filled(waited)):
            self.report(
                node.func,
                "Since Python 3.11 `asyncio.wait` raises TypeError for coroutines; before, it made tasks of them.",
                help="Wrap each one in asyncio.create_task(...), or use asyncio.gather.",
                symbol="asyncio.wait",
                raises="TypeError",
                module="asyncio",
            )

    def _gives_coroutine(self, iterable: cst.BaseExpression) -> bool:
        """Whether one of the things in an iterable is certainly a coroutine."""
        made = self.context.value(iterable)
        if isinstance(made, (cst.List, cst.Set, cst.Tuple)):
            return any(
                self._gives_coroutine(one.value)
                if isinstance(one, cst.StarredElement)
                else self._is_coroutine(one.value)
                for one in made.elements
            )
        if isinstance(made, (cst.ListComp, cst.SetComp, cst.GeneratorExp)):
            return self._is_coroutine(made.elt)
        if not isinstance(made, cst.Call) or not made.args:
            return False
        names = self.context.resolve(made.func)
        if "builtins.map" in names:
            function = self.context.definition(made.args[0].value)
            return isinstance(function, cst.FunctionDef) and self._is_async(function)
        return bool(names & _COPIES) and self._gives_coroutine(made.args[0].value)

    def _is_coroutine(self, node: cst.BaseExpression) -> bool:
        return "types.CoroutineType" in self.context.types(node)

    def _is_plain(self, made: cst.BaseExpression) -> bool:
        """Whether it is a list or set, which keeps what it is given as it is."""
        is_call = isinstance(made, cst.Call) and not self.context.resolve(made.func).isdisjoint(_COPIES)
        return isinstance(made, (cst.List, cst.Set)) or is_call

    def _is_filled(self, waited: cst.BaseExpression) -> bool:
        return isinstance(waited, (cst.Name, cst.Attribute)) and self._room(waited) in self._filled

    def _room(self, name: cst.BaseExpression) -> tuple[cst.CSTNode | None, str]:
        return self.context.enclosing(name, cst.FunctionDef, cst.Lambda), self.context.dotted(name)

    def _is_async(self, function: cst.FunctionDef) -> bool:
        yields = any(isinstance(one, cst.Yield) for one in self.context.below(function, own=True))
        return function.asynchronous is not None and not function.decorators and not yields
