"""CHG302 future-without-loop."""

from __future__ import annotations

from functools import partial

from py314_check.api import Confidence, Context, Function, Impact, Level, Outline, Rule, Words, cst
from py314_rules.called import calls
from py314_rules.changed._event_loops import EventLoops, may_run_with_module

_NEEDS_LOOP = ("ensure_future", "gather", "shield", "as_completed", "wrap_future", "Future", "Task")
_NAMES = {f"asyncio.{name}" for name in _NEEDS_LOOP} | {"asyncio.StreamReader", "asyncio.StreamReaderProtocol"}
_OF_FUTURES = {"asyncio.ensure_future", "asyncio.gather", "asyncio.shield", "asyncio.as_completed"}


def _may_lack_loop(outline: Outline, function: str) -> bool:
    """Whether a function may be called without ``loop`` in code that runs with the module."""
    return any(
        all(one.arg != "loop" for one in call.keywords) and may_run_with_module(outline, call)
        for call in calls(outline, function, "asyncio")
    )


class FutureWithoutLoop(Rule):
    """A future or task that is made where there is no event loop.

    ## What it does
    Reports `asyncio.ensure_future(...)`, `asyncio.gather(...)`, `asyncio.Future()` and the like in code that runs with
    the module, where no event loop has been set; also in functions that only such code of the file calls.

    Not reported: calls in other functions, with `loop=`, or of what may be futures already, and calls behind
    `asyncio.set_event_loop(...)` or `asyncio.get_event_loop()`.

    ## Why it matters
    Since Python 3.14 they raise `RuntimeError`. Before, they made an event loop.

    ## Example
    ```python
    import asyncio

    async def job():
        return 1

    task = asyncio.ensure_future(job())
    ```

    ## Use instead
    ```python
    import asyncio

    async def job():
        return 1

    async def main():
        task = asyncio.create_task(job())
        return await task

    asyncio.run(main())
    ```

    ## Fix safety
    There is no fix yet: the call has to move into a coroutine.

    ## References
    - [asyncio.ensure_future](https://docs.python.org/3/library/asyncio-future.html#asyncio.ensure_future)
    - [What's New in Python 3.14: asyncio](https://docs.python.org/3/whatsnew/3.14.html#asyncio)
    """

    code, name = "CHG302", "future-without-loop"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    since = "3.14"
    words = tuple(
        Words("asyncio", last, outline=partial(_may_lack_loop, function=last))
        for last in sorted(name.removeprefix("asyncio.") for name in _NAMES)
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._loops = EventLoops(context)
        self._asking: set[Function | None] = set()  # where the loop is asked for, which is reported there
        self._found: list[tuple[str, cst.Call]] = []

    def visit_Call(self, node: cst.Call) -> None:
        self._loops.see(node)
        home = self.context.home(node)
        if self._loops.gets(node):
            self._asking.add(home)
        if home in self._asking:
            return
        for name in sorted(self.context.resolve(node.func) & _NAMES):
            if self._is_made_here(name, node):
                self._found.append((name, node))
                return

    def leave_Module(self, node: cst.Module) -> None:
        for name, call in self._found:
            home = self.context.home(call)
            if home is not None and (self._asking or not self._loops.runs_with_module(home)):
                continue
            if not self._loops.is_set(call):
                self.report(
                    call.func,
                    f"Since Python 3.14 `{name}` raises RuntimeError where no event loop is running or set; before, it"
                    " made one.",
                    help="Call it in a coroutine that asyncio.run() runs.",
                    symbol=name,
                    raises="RuntimeError",
                    module="asyncio",
                )

    def _is_made_here(self, name: str, node: cst.Call) -> bool:
        """Whether the call needs a loop of its own: it is given none, and no future that has one."""
        if any(one.keyword is not None and one.keyword.value == "loop" for one in node.args):
            return False
        if name not in _OF_FUTURES:
            return not any(one.star for one in node.args)
        values = [one.value for one in node.args if one.keyword is None]
        if name == "asyncio.as_completed" and values and isinstance(values[0], (cst.List, cst.Set, cst.Tuple)):
            values = [element.value for element in values[0].elements]
        return bool(values) and all("types.CoroutineType" in self.context.types(self._item(one)) for one in values)

    def _item(self, node: cst.BaseExpression) -> cst.BaseExpression:
        """What a comprehension gives, where one is unpacked."""
        made = self.context.value(node)
        return made.elt if isinstance(made, (cst.ListComp, cst.GeneratorExp, cst.SetComp)) else node
