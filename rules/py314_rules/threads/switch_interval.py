"""GIL223 switch-interval."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, Mentions, Rule, Words, cst

_NAME = "sys.setswitchinterval"


class SwitchInterval(Rule):
    """`sys.setswitchinterval`, which does nothing useful without the GIL.

    ## What it does
    Reports calls of `sys.setswitchinterval`, save those that give back what `sys.getswitchinterval` said.

    ## Why it matters
    The interval says how long a thread keeps the GIL when others ask for it. Without the GIL nobody asks: threads run
    at the same time, and neither a long interval keeps them apart nor a short one makes them take turns.

    ## Example
    ```python
    import sys

    sys.setswitchinterval(3600)  # nobody shall interrupt this
    total = sum(range(10))
    ```

    ## Use instead
    ```python
    import threading

    lock = threading.Lock()
    with lock:
        total = sum(range(10))
    ```

    ## Fix safety
    There is no fix: what the call was to achieve depends on the program.

    ## References
    - [sys.setswitchinterval](https://docs.python.org/3/library/sys.html#sys.setswitchinterval)
    - [Python support for free threading](https://docs.python.org/3/howto/free-threading-python.html)
    """

    code, name = "GIL223", "switch-interval"
    level, impact, confidence = Level.NOTE, Impact.CHANGES, Confidence.HIGH
    free_threading = True
    in_tests = False
    words = (Words("sys", "setswitchinterval", outline=Mentions("sys", "setswitchinterval")),)

    def visit_Call(self, node: cst.Call) -> None:
        if _NAME in self.context.resolve(node.func) and not self._restores(node):
            self.report(
                node.func,
                f"`{_NAME}` has no effect without the GIL: threads run at the same time, whatever the interval is.",
                help="Use a lock where threads must not interrupt one another, and drop the call where they may.",
                symbol=_NAME,
            )

    def _restores(self, node: cst.Call) -> bool:
        given = self.context.argument(node, 0, "interval")
        made = None if given is None else self.context.value(given)
        return isinstance(made, cst.Call) and "sys.getswitchinterval" in self.context.resolve(made.func)
