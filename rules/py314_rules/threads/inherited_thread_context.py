"""GIL212 inherited-thread-context."""

from __future__ import annotations

from collections import defaultdict

from py314_check.api import Confidence, Context, Function, Impact, Level, Rule, Words, cst
from py314_rules.threads._words import STARTS_THREADS

_DECIMAL = {"decimal.getcontext", "decimal.localcontext"}
_SETS_DECIMAL = {"decimal.setcontext"}


class InheritedThreadContext(Rule):
    """A context variable, or the context of `decimal`, that a thread reads and another one has set.

    ## What it does
    Reports `variable.get()`, `decimal.getcontext()` and `decimal.localcontext()` in functions that the file runs in
    threads, where code that runs outside these sets the variable, or changes the context of `decimal`.

    Not reported: threads that are given a context: by `context=`, by `copy_context().run`, by `asyncio.to_thread`.

    ## Why it matters
    With the GIL, a thread starts with an empty context: variables have their defaults, and `decimal` has the precision
    of `DefaultContext`. On free-threaded builds, a thread starts with a copy of the context of the one that calls
    `start()` (`sys.flags.thread_inherit_context`). So the same code sees other values, and a thread of a pool those of
    whoever made the pool start it.

    ## Example
    ```python
    import contextvars
    import threading

    user = contextvars.ContextVar("user", default="nobody")

    def work():
        print(user.get())

    def run():
        user.set("me")
        threading.Thread(target=work).start()
    ```

    ## Use instead
    ```python
    import contextvars
    import threading

    user = contextvars.ContextVar("user", default="nobody")

    def work():
        print(user.get())

    def run():
        user.set("me")
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(work,)).start()
    ```

    ## Fix safety
    There is no fix: which of the two is meant depends on the program.

    ## References
    - [threading.Thread](https://docs.python.org/3/library/threading.html#threading.Thread)
    - [-X thread_inherit_context](https://docs.python.org/3/using/cmdline.html#cmdoption-X)
    - [Python support for free threading: context variables](https://docs.python.org/3/howto/free-threading-python.html#context-variables)
    """

    code, name = "GIL212", "inherited-thread-context"
    level, impact, confidence = Level.NOTE, Impact.CHANGES, Confidence.MEDIUM
    since = "3.14"
    free_threading = True
    in_tests = False
    words = tuple(
        Words(*start, *what)
        for start in STARTS_THREADS
        for what in (("decimal", "getcontext"), ("decimal", "localcontext"), ("ContextVar",))
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._reads: list[tuple[cst.Call, str, cst.CSTNode | None]] = []
        self._sets: defaultdict[cst.CSTNode | None, set[Function | None]] = defaultdict(set)

    def visit_Call(self, node: cst.Call) -> None:
        names = self.context.resolve(node.func)
        if names & _DECIMAL:
            self._reads += [(node, name, None) for name in sorted(names & _DECIMAL)]
            parent = next(self.context.ancestors(node))
            if isinstance(parent, cst.Attribute) and isinstance(next(self.context.ancestors(parent)), cst.AssignTarget):
                self._sets[None].add(self.context.home(node))
        elif names & _SETS_DECIMAL:
            self._sets[None].add(self.context.home(node))
        elif isinstance(node.func, cst.Attribute) and node.func.attr.value in ("get", "set"):
            variable = self.context.value(node.func.value)
            if "contextvars.ContextVar" not in self.context.types(variable):
                return
            if node.func.attr.value == "set":
                self._sets[variable].add(self.context.home(node))
            else:
                self._reads.append((node, "contextvars.ContextVar.get", variable))

    def leave_Module(self, node: cst.Module) -> None:
        for call, symbol, variable in self._reads:
            use = self.context.in_threads(call)
            homes = self._sets[variable]
            if use is None or use.in_context or self.context.home(call) in homes or not homes:
                continue
            if all(home is not None and self.context.in_threads(home.body) is not None for home in homes):
                continue  # the threads themselves set it
            what = self.context.dotted(call.func) or symbol
            self.report(
                call.func,
                f"`{what}` runs in a thread here: on free-threaded builds it sees the context of the thread's starter,"
                " with the GIL an empty one.",
                help="Give the thread its context: Thread(context=...) or copy_context().run.",
                symbol=symbol,
            )
