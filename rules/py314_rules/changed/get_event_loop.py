"""CHG301 get-event-loop."""

from __future__ import annotations

import re

from py314_check.api import Confidence, Context, Impact, Level, Mentions, Rule, Words, cst
from py314_rules.changed._event_loops import GETTERS, EventLoops

_RUNS = {"run_until_complete", "run_forever"}
_SETS_NONE = "Run the program with asyncio.run(), or make the loop with asyncio.new_event_loop() and set it."
_DEPENDS = "In coroutines use asyncio.get_running_loop(); elsewhere make the loop with asyncio.new_event_loop()."


class GetEventLoop(Rule):
    """A call of `asyncio.get_event_loop()` that relies on it to make an event loop.

    ## What it does
    Reports `asyncio.get_event_loop()`, also that of an event loop policy, where no event loop is running or set:
    certainly so in code that runs with the module, and in functions that go on to run the loop themselves; other
    functions, which may be called from a running loop, are reported as a warning.

    Not reported: calls in coroutines, in callbacks and in functions that only coroutines of the file call, and calls
    behind `asyncio.set_event_loop(...)`.

    ## Why it matters
    Since Python 3.14 it raises `RuntimeError` when there is no event loop. Before, it made one in the main thread.

    ## Example
    ```python
    import asyncio

    async def main():
        await asyncio.sleep(0)

    loop = asyncio.get_event_loop()
    loop.run_until_complete(main())
    ```

    ## Use instead
    ```python
    import asyncio

    async def main():
        await asyncio.sleep(0)

    asyncio.run(main())
    ```

    ## Fix safety
    There is no fix yet: where the loop should come from depends on the program.

    ## References
    - [asyncio.get_event_loop](https://docs.python.org/3/library/asyncio-eventloop.html#asyncio.get_event_loop)
    - [What's New in Python 3.14: asyncio](https://docs.python.org/3/whatsnew/3.14.html#asyncio)
    """

    code, name = "CHG301", "get-event-loop"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    since = "3.14"
    words = (
        Words("asyncio", "get_event_loop", test=Mentions("asyncio", "get_event_loop")),
        Words("asyncio", "get_event_loop", test=re.compile(rb"[Pp]olicy").search),
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._loops = EventLoops(context)
        self._gets: list[tuple[cst.Call | cst.Arg, cst.BaseExpression]] = []
        self._run: list[cst.Attribute] = []

    def visit_Call(self, node: cst.Call) -> None:
        self._loops.see(node)
        if self._loops.gets(node):
            self._gets.append((node, node.func))

    def visit_Arg(self, node: cst.Arg) -> None:
        is_factory = node.keyword is not None and node.keyword.value == "default_factory"
        if is_factory and self.context.resolve(node.value) & GETTERS:
            self._gets.append((node, node.value))

    def visit_Attribute(self, node: cst.Attribute) -> None:
        if node.attr.value in _RUNS:
            self._run.append(node)

    def leave_Module(self, node: cst.Module) -> None:
        for call, place in self._gets:
            home = self.context.home(call)
            if self._loops.runs_inside(home) or self._loops.is_set(call):
                continue
            certain = isinstance(call, cst.Call) and (home is None or self._is_run(call))
            self.report(
                place,
                "Since Python 3.14 `asyncio.get_event_loop()` raises RuntimeError where no event loop is running or"
                " set; before, it made one.",
                help=_SETS_NONE if certain else _DEPENDS,
                symbol="asyncio.get_event_loop",
                raises="RuntimeError",
                module="asyncio",
                level=Level.ERROR if certain else Level.WARNING,
                confidence=Confidence.HIGH if certain else Confidence.MEDIUM,
            )

    def _is_run(self, call: cst.Call) -> bool:
        """Whether the function itself runs the loop, which a running one would not allow."""
        for parent in self.context.ancestors(call):
            if isinstance(parent, cst.Attribute) and parent in self._run:
                return True
            if isinstance(parent, (cst.Assign, cst.AnnAssign)):
                targets = [one.target for one in parent.targets] if isinstance(parent, cst.Assign) else [parent.target]
                names = {self.context.dotted(target) for target in targets} - {""}
                return any(
                    self.context.dotted(run.value) in names and self._same_room(run, call, run.value)
                    for run in self._run
                )
            if not isinstance(parent, (cst.BooleanOperation, cst.IfExp, cst.NamedExpr)):
                return False
        return False

    def _same_room(self, run: cst.Attribute, call: cst.Call, loop: cst.BaseExpression) -> bool:
        kind = cst.FunctionDef if isinstance(loop, cst.Name) else cst.ClassDef
        return self.context.enclosing(run, kind) is self.context.enclosing(call, kind)
