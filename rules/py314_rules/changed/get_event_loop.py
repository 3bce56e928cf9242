"""CHG301 get-event-loop."""

from __future__ import annotations

from py314_check.api import (
    Change,
    Confidence,
    Context,
    Impact,
    Imported,
    Level,
    Mentions,
    Remove,
    Replace,
    Rule,
    Words,
    cst,
)
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
    Where the loop only runs one coroutine of the file, as in the example, the fix calls `asyncio.run` instead. It is
    unsafe: that makes a loop of its own, cancels what is left of other tasks, and closes the loop. Elsewhere there is
    none: where the loop should come from depends on the program.

    ## References
    - [asyncio.get_event_loop](https://docs.python.org/3/library/asyncio-eventloop.html#asyncio.get_event_loop)
    - [What's New in Python 3.14: asyncio](https://docs.python.org/3/whatsnew/3.14.html#asyncio)
    """

    code, name = "CHG301", "get-event-loop"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    since = "3.14"
    words = (
        Words("asyncio", "get_event_loop", outline=Mentions("asyncio", "get_event_loop")),
        Words("asyncio", "get_event_loop", outline=lambda outline: any(b"olicy" in word for word in outline.words)),
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
                fix=self._fix(call) if certain and isinstance(call, cst.Call) else None,
            )

    def _fix(self, call: cst.Call) -> Change | None:
        """``asyncio.run``, where the loop has no other use than to run one coroutine of the file until it is done."""
        holder = next(self.context.ancestors(call))
        if isinstance(holder, cst.Attribute):
            return self._runs(holder)
        match holder:
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name() as target)]):
                room = self.context.enclosing(call, cst.FunctionDef, cst.ClassDef, cst.Module) or holder
                variable = self.context.bound(target.value, call)
                names = (one for one in self.context.below(room) if isinstance(one, cst.Name) and one is not target)
                uses = [one for one in names if one.value == target.value and self._is_of(one, variable)]
                runs = [one for one in self._run if one.value in uses]
                return self._runs(runs[0], Remove(holder)) if len(variable) == len(uses) == len(runs) == 1 else None
        return None

    def _is_of(self, name: cst.Name, variable: tuple[cst.CSTNode, ...]) -> bool:
        """Whether a name is looked up as this variable: not as a parameter, which stands where its function does."""
        is_parameter = isinstance(next(self.context.ancestors(name)), cst.Param)
        return not is_parameter and self.context.bound(name.value, name) == variable

    def _runs(self, method: cst.Attribute, *more: Remove) -> Change | None:
        match next(self.context.ancestors(method)):
            case cst.Call(func=func, args=[cst.Arg(keyword=None, star="", value=cst.Call() as coroutine)]) if (
                func is method and method.attr.value == "run_until_complete"
            ):
                made = self.context.definition(coroutine.func)
                if isinstance(made, cst.FunctionDef) and made.asynchronous is not None:
                    edits: list[Replace | Remove] = [Replace(method, Imported("asyncio.run")), *more]
                    return Change("Use `asyncio.run`", *edits, safe=False, since="3.7")
        return None

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
