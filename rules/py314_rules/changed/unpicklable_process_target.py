"""CHG306 unpicklable-process-target."""

from __future__ import annotations

from collections.abc import Iterator

from py314_check.api import Confidence, Context, Impact, Level, Rule, cst
from py314_rules.changed._processes import EXECUTOR, POOL, PROCESS, WORDS, Processes

# Argument: its position, for each kind of call.
_FUNCTIONS = {PROCESS: (1, "target"), POOL: (1, "initializer"), EXECUTOR: (9, "initializer")}
_ARGUMENTS = {PROCESS: (3, "args"), POOL: (2, "initargs"), EXECUTOR: (9, "initargs")}
_UNPICKLABLE = {"types.GeneratorType": "a generator", "types.CoroutineType": "a coroutine"}
# By what made it: a manager's proxies pass for instances of some of these, and can be pickled.
_MAKES_UNPICKLABLE = {
    "builtins.open": "an open file",
    "queue.Queue": "a queue of threads",
    "sqlite3.connect": "a connection",
    "ssl.create_default_context": "an SSL context",
    "threading.Condition": "a lock",
    "threading.Event": "an event",
    "threading.Lock": "a lock",
    "threading.RLock": "a lock",
    "threading.Semaphore": "a semaphore",
}


class UnpicklableProcessTarget(Rule):
    """A worker process that is given what cannot be pickled.

    ## What it does
    Reports lambdas and functions defined inside other functions as the target of a `multiprocessing.Process` or as the
    initializer of a process pool, and arguments for them that cannot be pickled: such functions, generators, locks,
    open files.

    Not reported: files that choose a start method with `set_start_method`, processes made from a context, and
    `Pool.map(lambda ...)`, which never worked.

    ## Why it matters
    Since Python 3.14 the default on Linux is `forkserver`, which pickles all that a process is given: starting it
    raises an exception. With `fork`, the default before, nothing was pickled.

    ## Example
    ```python
    import multiprocessing

    if __name__ == "__main__":
        process = multiprocessing.Process(target=lambda: print("working"))
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
    There is no fix yet: a function that moves to the module's level loses the variables around it.

    ## References
    - [What's New in Python 3.14: multiprocessing](https://docs.python.org/3/whatsnew/3.14.html#multiprocessing)
    - [Programming guidelines: spawn and forkserver](https://docs.python.org/3/library/multiprocessing.html#the-spawn-and-forkserver-start-methods)
    """

    code, name = "CHG306", "unpicklable-process-target"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    since = "3.14"
    words = WORDS

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._processes = Processes(context)
        self._made: list[tuple[str, cst.Call]] = []

    def visit_Call(self, node: cst.Call) -> None:
        self._processes.see(node)
        kind = self._processes.makes(node)
        if kind in _FUNCTIONS and not self._has_own_init(node):
            self._made.append((kind, node))

    def leave_Module(self, node: cst.Module) -> None:
        for kind, call in [] if self._processes.chosen else self._made:
            if kind == EXECUTOR and self._processes.executors_chosen(call):
                continue
            function = self.context.argument(call, *_FUNCTIONS[kind])
            found = self._unpicklable_function(self.context.unwrapped(function))
            if function is not None and found:
                self._report(function, found, f"multiprocessing {found.removesuffix(' function').split()[-1]} target")
                continue
            for argument in self._arguments(call, kind):
                found = self._unpicklable_function(argument) or self._unpicklable(argument)
                if found:
                    self._report(argument, found, "multiprocessing unpicklable argument")
                    break

    def _report(self, node: cst.BaseExpression, found: str, symbol: str) -> None:
        self.report(
            node,
            f"Since Python 3.14 a new process on Linux is given its target and arguments by pickling, which fails for"
            f" {found}; before, it was forked.",
            help="Use functions of the module's level and plain data, or processes of"
            ' multiprocessing.get_context("fork").',
            symbol=symbol,
            module="multiprocessing",
        )

    def _has_own_init(self, node: cst.Call) -> bool:
        """Whether a subclass of Process has parameters of its own."""
        owner = self.context.definition(node.func)
        return isinstance(owner, cst.ClassDef) and any(
            isinstance(one, cst.FunctionDef) and one.name.value == "__init__" for one in owner.body.body
        )

    def _unpicklable_function(self, node: cst.BaseExpression | None) -> str:
        found = self.context.definition(node)
        if isinstance(found, cst.Lambda):
            return "a lambda"
        outer = self.context.enclosing(found, cst.FunctionDef, cst.ClassDef) if found is not None else None
        if not isinstance(found, cst.FunctionDef) or not isinstance(outer, cst.FunctionDef) or found.decorators:
            return ""
        return "a local function"

    def _arguments(self, call: cst.Call, kind: str) -> Iterator[cst.BaseExpression]:
        arguments = self.context.argument(call, *_ARGUMENTS[kind])
        if isinstance(arguments, (cst.Tuple, cst.List)):
            yield from (element.value for element in arguments.elements)
        mapping = self.context.argument(call, 4, "kwargs") if kind == PROCESS else None
        if isinstance(mapping, cst.Dict):
            yield from (element.value for element in mapping.elements)

    def _unpicklable(self, node: cst.BaseExpression) -> str:
        made = self.context.value(node)
        names = self.context.resolve(made.func) if isinstance(made, cst.Call) else frozenset()
        found = [_MAKES_UNPICKLABLE[one] for one in sorted(names & _MAKES_UNPICKLABLE.keys())]
        found += [_UNPICKLABLE[one] for one in sorted(self.context.types(node) & _UNPICKLABLE.keys())]
        return found[0] if found else ""
