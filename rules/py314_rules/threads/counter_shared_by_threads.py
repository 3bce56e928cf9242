"""GIL207 counter-shared-by-threads."""

from __future__ import annotations

from py314_check.api import Confidence, Context, Impact, Level, Rule, Words, cst
from py314_rules.threads._words import STARTS_THREADS
from py314_rules.threads.sharing import is_shared


class CounterSharedByThreads(Rule):
    """A variable of an enclosing function that several threads count up without a lock.

    ## What it does
    Reports `n += 1` and `n = n + 1` for a `nonlocal` variable, in functions that the file runs in several threads of
    one call of the enclosing function, where no lock is held.

    ## Why it matters
    Reading, adding and writing back are three steps. Two threads that read the same value write the same one, and a
    count is lost. With the GIL a thread is hardly ever stopped between them; without it, they run side by side.

    ## Example
    ```python
    import threading

    def run(jobs):
        done = 0

        def work():
            nonlocal done
            done += 1

        threads = [threading.Thread(target=work) for _ in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return done
    ```

    ## Use instead
    ```python
    import threading

    def run(jobs):
        done = 0
        done_lock = threading.Lock()

        def work():
            nonlocal done
            with done_lock:
                done += 1

        threads = [threading.Thread(target=work) for _ in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return done
    ```

    ## Fix safety
    There is no fix yet: a lock has to be made where the variable is.

    ## References
    - [Python support for free threading](https://docs.python.org/3/howto/free-threading-python.html)
    - [Thread safety guarantees](https://docs.python.org/3/library/threadsafety.html)
    """

    code, name = "GIL207", "counter-shared-by-threads"
    level, impact, confidence = Level.WARNING, Impact.RACES, Confidence.HIGH
    free_threading = True
    in_tests = False
    words = tuple(Words("nonlocal", *start) for start in STARTS_THREADS)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._declared: set[tuple[cst.CSTNode | None, str]] = set()

    def visit_Nonlocal(self, node: cst.Nonlocal) -> None:
        self._declared |= {(self.context.home(node), item.name.value) for item in node.names}

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        self._check(node, node.target)

    def visit_Assign(self, node: cst.Assign) -> None:
        if isinstance(node.value, cst.BinaryOperation):
            names = {one.value for one in self.context.below(node.value) if isinstance(one, cst.Name)}
            for target in node.targets:
                if isinstance(target.target, cst.Name) and target.target.value in names:
                    self._check(node, target.target)

    def _check(self, node: cst.CSTNode, target: cst.BaseExpression) -> None:
        home = self.context.home(node)
        if home is None or not isinstance(target, cst.Name) or (home, target.value) not in self._declared:
            return
        use = self.context.in_threads(node)
        owner = self.context.enclosing(home, cst.FunctionDef)
        if use is not None and is_shared(self.context, use, owner) and not self.context.is_locked(node):
            self.report(
                node,
                f"Several threads count up `{target.value}` at the same time without a lock, so counts may be lost.",
                help=f"Hold a lock while `{target.value}` changes.",
                symbol="nonlocal",
            )
