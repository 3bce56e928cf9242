"""GIL203 lock-acquired-without-with."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from py314_check.api import Confidence, Impact, Level, Outline, Rule, Words, cst

_LOCKS = {"threading.Lock", "threading.RLock", "threading.Condition"}
# What may raise between the two, or leave the block; of what is called, not what hardly ever raises.
_HARMLESS = {
    *("append", "appendleft", "add", "discard", "clear", "release", "notify", "notify_all", "notifyAll", "wait", "set"),
    *("is_set", "len", "time", "monotonic", "items", "keys", "values"),
}


def _may_stay_locked(outline: Outline) -> bool:
    """Whether ``acquire()`` is a statement."""
    calls = (one.value for one in outline.of(ast.Expr) if isinstance(one.value, ast.Call))
    return any(isinstance(one.func, ast.Attribute) and one.func.attr == "acquire" and not one.args for one in calls)


class LockAcquiredWithoutWith(Rule):
    """A lock that stays locked when what runs under it raises, or leaves early.

    ## What it does
    Reports `lock.acquire()` where the same block goes on to `lock.release()`, with something between the two that may
    raise or leave, and no handler or `finally` of the function releases the lock.

    Not reported: an acquire whose result is used or that has arguments, and locks that another function releases.

    ## Why it matters
    An exception between the two leaves the lock locked, and every thread that comes for it waits for ever. With more
    threads at the same time, more of them come.

    ## Example
    ```python
    import threading

    lock = threading.Lock()

    def add(table, key):
        lock.acquire()
        table[key] += 1
        lock.release()
    ```

    ## Use instead
    ```python
    import threading

    lock = threading.Lock()

    def add(table, key):
        with lock:
            table[key] += 1
    ```

    ## Fix safety
    There is no fix yet.

    ## References
    - [threading: using locks in the with statement](https://docs.python.org/3/library/threading.html#using-locks-conditions-and-semaphores-in-the-with-statement)
    """

    code, name = "GIL203", "lock-acquired-without-with"
    level, impact, confidence = Level.WARNING, Impact.RACES, Confidence.HIGH
    free_threading = True
    in_tests = False
    words = (Words("acquire", "release", outline=_may_stay_locked),)

    def visit_Call(self, node: cst.Call) -> None:
        if not isinstance(node.func, cst.Attribute) or node.func.attr.value != "acquire" or node.args:
            return
        expression, line, block, *_ = [*self.context.ancestors(node), None, None]
        if not isinstance(expression, cst.Expr) or not isinstance(block, (cst.IndentedBlock, cst.Module)):
            return
        lock = self.context.dotted(node.func.value)
        home: cst.CSTNode = self.context.home(node) or block
        if not lock or self.context.types(node.func.value).isdisjoint(_LOCKS) or self._is_signal(node.func.value, home):
            return
        loop = self.context.enclosing(node, cst.For, cst.While)
        under = [one for part in self._until_released(line, block, lock) for one in self.context.below(part, own=True)]
        if not any(self._may_leave(one, lock, loop) for one in under):
            return
        if not any(self._is_on_the_way_out(one, lock) for one in self.context.below(home)):
            self.report(
                node,
                f"If something raises or leaves before `{lock}.release()`, `{lock}` stays locked for ever.",
                help=f"Write `with {lock}:`, or release it in a finally clause.",
                symbol="threading.Lock.acquire",
            )

    def _is_signal(self, lock: cst.BaseExpression, home: cst.CSTNode) -> bool:
        """Whether a function makes the lock itself: then it is one that a thread takes and another one gives back."""
        made = self.context.value(lock)
        return made is not lock and self.context.home(made) is home

    def _may_leave(self, node: cst.CSTNode, lock: str, loop: cst.CSTNode | None) -> bool:
        """Whether a node may raise, or leaves the block without a release before it."""
        if isinstance(node, cst.Call):
            called = node.func.attr if isinstance(node.func, cst.Attribute) else node.func
            return not isinstance(called, cst.Name) or called.value not in _HARMLESS
        if isinstance(node, cst.Subscript):
            is_set = isinstance(next(self.context.ancestors(node)), cst.AssignTarget)
            return not is_set and not isinstance(getattr(node.slice[0].slice, "value", None), cst.Integer)
        if isinstance(node, (cst.Break, cst.Continue)) and self.context.enclosing(node, cst.For, cst.While) is not loop:
            return False
        if isinstance(node, (cst.Return, cst.Break, cst.Continue)):
            _, block, *_ = self.context.ancestors(node)
            return not any(self._releases(one, lock) for one in self.context.below(block, own=True))
        return isinstance(node, (cst.Await, cst.Yield, cst.For, cst.Assert, cst.Raise, cst.Import, cst.ImportFrom))

    def _until_released(
        self, line: cst.CSTNode | None, block: cst.IndentedBlock | cst.Module, lock: str
    ) -> Sequence[cst.CSTNode]:
        """The statements of a block from a line to the one that releases the lock; none where none does."""
        statements = list(block.body)
        start = next(index for index, one in enumerate(statements) if one is line) + 1
        for index, statement in enumerate(statements[start:], start):
            is_line = isinstance(statement, cst.SimpleStatementLine)
            if is_line and any(self._releases(one, lock) for one in self.context.below(statement)):
                return statements[start:index]
        return ()

    def _releases(self, node: cst.CSTNode, lock: str) -> bool:
        return isinstance(node, cst.Call) and self.context.dotted(node.func) == f"{lock}.release"

    def _is_on_the_way_out(self, node: cst.CSTNode, lock: str) -> bool:
        return self._releases(node, lock) and self.context.enclosing(node, cst.Finally, cst.ExceptHandler) is not None
