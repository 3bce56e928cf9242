"""CHG305 process-without-main-guard."""

from __future__ import annotations

from py314_check.api import Confidence, Context, Function, Impact, Level, Mentions, Rule, Words, cst
from py314_rules.changed._processes import EXECUTOR, MANAGER, POOL, PROCESS, WORDS, Processes

_TELLS_WORKERS = {"__name__", "current_process", "parent_process"}


class ProcessWithoutMainGuard(Rule):
    """A process that is started whenever the module is imported.

    ## What it does
    Reports the first place in a file where a worker process of `multiprocessing` or `concurrent.futures` is started
    outside of any `if __name__ == "__main__"`: by the module itself, or in a function that it calls.

    Not reported: files that choose a start method with `set_start_method`, and processes made from a context.

    ## Why it matters
    Since Python 3.14 the default on Linux is `forkserver`: workers import the main module, would start processes
    themselves, and fail with `RuntimeError`. With `fork`, the default before, they did not import it.

    ## Example
    ```python
    import multiprocessing

    def work():
        print("working")

    process = multiprocessing.Process(target=work)
    process.start()
    ```

    ## Use instead
    ```python
    import multiprocessing

    def work():
        print("working")

    if __name__ == "__main__":
        process = multiprocessing.Process(target=work)
        process.start()
    ```

    ## Fix safety
    There is no fix yet: which part of the module belongs below the guard is for a person to say.

    ## References
    - [What's New in Python 3.14: multiprocessing](https://docs.python.org/3/whatsnew/3.14.html#multiprocessing)
    - [Safe importing of main module](https://docs.python.org/3/library/multiprocessing.html#the-spawn-and-forkserver-start-methods)
    """

    code, name = "CHG305", "process-without-main-guard"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    since = "3.14"
    words = (*WORDS, Words("multiprocessing", "Manager", outline=Mentions("multiprocessing", "Manager")))

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._processes = Processes(context)
        self._starts: list[tuple[Function | None, cst.Call]] = []
        self._calls: list[tuple[Function | None, cst.Call, cst.CSTNode]] = []

    def visit_Call(self, node: cst.Call) -> None:
        self._processes.see(node)
        home = self.context.home(node)
        if self._starts_one(node):
            self._starts.append((home, node))
            return
        called = self.context.definition(node.func)
        if isinstance(called, cst.FunctionDef):
            self._calls.append((home, node, called))

    def leave_Module(self, node: cst.Module) -> None:
        if self._processes.chosen:
            return
        starting = {home for home, _ in self._starts if home is not None}
        for _ in self._calls:  # through functions that call such functions
            more = {home for home, _, called in self._calls if called in starting and home is not None} - starting
            if not more:
                break
            starting |= more
        direct = [start for home, start in self._starts if home is None]
        through = [call for home, call, called in self._calls if home is None and called in starting]
        for call in [*direct, *through]:
            if not self._is_guarded(call):
                self.report(
                    call.func,
                    "Since Python 3.14 worker processes on Linux import the main module, and fail with RuntimeError"
                    " because this starts processes again; before, they were forked.",
                    help='Start processes below `if __name__ == "__main__":` only.',
                    symbol="multiprocessing without main guard",
                    module="multiprocessing",
                )
                return

    def _starts_one(self, node: cst.Call) -> bool:
        if isinstance(node.func, cst.Attribute) and node.func.attr.value == "start" and not node.args:
            receiver = node.func.value
            return self._is_process(receiver) or self._is_one_of_many(receiver)
        kind = self._processes.makes(node)
        if kind in (POOL, MANAGER):
            return kind == POOL or "multiprocessing.Manager" in self.context.resolve(node.func)
        return self._processes.hands_over(node) == EXECUTOR

    def _is_process(self, node: cst.BaseExpression) -> bool:
        made = self.context.value(node)
        if isinstance(made, cst.Call):
            return self._processes.makes(made) == PROCESS
        return PROCESS in self.context.types(node)

    def _is_one_of_many(self, node: cst.BaseExpression) -> bool:
        """Whether it is the variable of a loop over a list of processes."""
        for loop in self.context.ancestors(node):
            if isinstance(loop, cst.For) and self.context.dotted(loop.target) == self.context.dotted(node) != "":
                items = self.context.value(loop.iter)
                if isinstance(items, cst.List) and not items.elements:
                    return self._is_filled_with_processes(loop, self.context.dotted(loop.iter))
                return isinstance(items, (cst.List, cst.ListComp)) and any(
                    isinstance(one, cst.Call) and self._processes.makes(one) == PROCESS
                    for one in self.context.below(items)
                )
        return False

    def _is_filled_with_processes(self, loop: cst.For, name: str) -> bool:
        *_, root = self.context.ancestors(loop)
        return any(
            isinstance(one, cst.Call)
            and self.context.dotted(one.func) == f"{name}.append"
            and len(one.args) == 1
            and self._is_process(one.args[0].value)
            for one in self.context.below(root)
        )

    def _is_guarded(self, node: cst.CSTNode) -> bool:
        tests = (one.test for one in self.context.ancestors(node) if isinstance(one, (cst.If, cst.IfExp)))
        parts = (part for test in tests for part in self.context.below(test))
        return any(isinstance(part, cst.Name) and part.value in _TELLS_WORKERS for part in parts)
