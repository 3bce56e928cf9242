"""CHG303 task-factory-signature."""

from __future__ import annotations

from py314_check.api import Confidence, Context, Impact, Level, Rule, Words, cst


class TaskFactorySignature(Rule):
    """A task factory that does not take the keyword arguments of `create_task`.

    ## What it does
    Reports functions of the same file that are given to `set_task_factory` and have neither `**kwargs` nor a parameter
    `name`. It is an error where the file creates tasks with a name.

    ## Why it matters
    Since Python 3.14 `create_task` passes all of its keyword arguments on to the factory: with `name=` the call raises
    `TypeError`. Before, the loop itself gave the task its name.

    ## Example
    ```python
    import asyncio

    def factory(loop, coro, context=None):
        return asyncio.Task(coro, loop=loop, context=context)

    async def main():
        asyncio.get_running_loop().set_task_factory(factory)
    ```

    ## Use instead
    ```python
    import asyncio

    def factory(loop, coro, **kwargs):
        return asyncio.Task(coro, loop=loop, **kwargs)

    async def main():
        asyncio.get_running_loop().set_task_factory(factory)
    ```

    ## Fix safety
    There is no fix yet: what the factory makes has to be given the arguments as well.

    ## References
    - [loop.set_task_factory](https://docs.python.org/3/library/asyncio-eventloop.html#asyncio.loop.set_task_factory)
    - [What's New in Python 3.14: asyncio](https://docs.python.org/3/whatsnew/3.14.html#asyncio)
    """

    code, name = "CHG303", "task-factory-signature"
    level, impact, confidence = Level.WARNING, Impact.BREAKS, Confidence.HIGH
    since = "3.14"
    words = (Words("set_task_factory"),)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._factories: list[tuple[cst.BaseExpression, cst.FunctionDef | cst.Lambda]] = []
        self._named = False

    def visit_Call(self, node: cst.Call) -> None:
        method = node.func.attr.value if isinstance(node.func, cst.Attribute) else ""
        if method == "create_task" and self.context.argument(node, 99, "name") is not None:
            self._named = True
        factory = self.context.argument(node, 0, "factory") if method == "set_task_factory" else None
        found = self.context.definition(factory)
        if factory is not None and isinstance(found, (cst.FunctionDef, cst.Lambda)) and not self._takes_name(found):
            self._factories.append((factory, found))

    def leave_Module(self, node: cst.Module) -> None:
        for factory, found in self._factories:
            name = f"`{found.name.value}`" if isinstance(found, cst.FunctionDef) else "this lambda"
            self.report(
                factory,
                f"Since Python 3.14 create_task(name=...) calls the task factory with `name`, which {name} does not"
                " take: TypeError; before, it did not.",
                help="Let the factory take **kwargs, and give them to asyncio.Task.",
                symbol="asyncio task factory",
                module="asyncio",
                level=Level.ERROR if self._named else Level.WARNING,
            )

    def _takes_name(self, function: cst.FunctionDef | cst.Lambda) -> bool:
        parameters = function.params
        names = {one.name.value for one in (*parameters.params, *parameters.kwonly_params)}
        decorated = isinstance(function, cst.FunctionDef) and bool(function.decorators)
        return parameters.star_kwarg is not None or "name" in names or decorated
