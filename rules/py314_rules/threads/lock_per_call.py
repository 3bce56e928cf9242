"""GIL202 lock-per-call."""

from __future__ import annotations

import ast
from functools import partial

from py314_check.api import Confidence, Impact, Level, Outline, Rule, Scope, Words, cst
from py314_rules.called import calls

_LOCKS = {"threading.Lock", "threading.RLock", "threading.Semaphore", "threading.BoundedSemaphore"}
_METHODS = {"acquire", "release"}


def _may_make(outline: Outline, name: str) -> bool:
    """Whether a function may make a lock where it enters it, or for a variable of its own."""
    made = {id(one) for one in calls(outline, name, "threading")}
    if made and any(id(one.context_expr) in made for one in outline.of(ast.withitem)):
        return True
    return any(
        id(value) in made and isinstance(target, ast.Name) and _is_only_locked(target.id, scope)
        for scope in (outline.scopes if made else ())
        if scope.is_function
        for target, value in scope.assignments
    )


def _is_only_locked(name: str, function: Scope) -> bool:
    """Whether a function does nothing else with a variable than what is done with a lock."""
    locked = [one.context_expr for one in function.of(ast.withitem)]
    locked += [one.value for one in function.of(ast.Attribute) if one.attr in _METHODS]
    uses = {id(one) for one in function.of(ast.Name) if one.id == name and isinstance(one.ctx, ast.Load)}
    return bool(uses) and uses <= {id(one) for one in locked}


class LockPerCall(Rule):
    """A lock that is made anew by each call, and so locks nothing.

    ## What it does
    Reports `with threading.Lock():`, and locks of a local variable that the function only enters and leaves itself. So
    for `RLock` and semaphores.

    Not reported: locks that are returned, stored, passed on, or used by a function inside the function.

    ## Why it matters
    A lock keeps apart those who use the same one. A lock that only one call has is always free: the code under it runs
    in as many threads as come, at the same time on a free-threaded build.

    ## Example
    ```python
    import threading

    counts = {}

    def count(word):
        with threading.Lock():
            counts[word] = counts.get(word, 0) + 1
    ```

    ## Use instead
    ```python
    import threading

    counts = {}
    counts_lock = threading.Lock()

    def count(word):
        with counts_lock:
            counts[word] = counts.get(word, 0) + 1
    ```

    ## Fix safety
    There is no fix yet: what shares the data must share the lock.

    ## References
    - [threading: Lock objects](https://docs.python.org/3/library/threading.html#lock-objects)
    """

    code, name = "GIL202", "lock-per-call"
    level, impact, confidence = Level.WARNING, Impact.RACES, Confidence.HIGH
    free_threading = True
    in_tests = False
    words = tuple(
        Words("threading", name, outline=partial(_may_make, name=name))
        for name in sorted(lock.rpartition(".")[2] for lock in _LOCKS)
    )

    def visit_WithItem(self, node: cst.WithItem) -> None:
        if isinstance(node.item, cst.Call) and self.context.runs_later(node):
            self._check(node.item)

    def visit_Assign(self, node: cst.Assign) -> None:
        target = node.targets[0].target
        home = self.context.home(node)
        if len(node.targets) != 1 or not isinstance(target, cst.Name) or not isinstance(node.value, cst.Call):
            return
        if isinstance(home, cst.FunctionDef) and self._is_used_only_in(home, target):
            self._check(node.value)

    def _check(self, made: cst.Call) -> None:
        for symbol in self.context.resolve(made.func) & _LOCKS:
            self.report(
                made,
                f"Each call makes a `{symbol}` of its own, so this keeps no other thread out.",
                help="Make the lock once, where what it protects is made, and enter that one here.",
                symbol=symbol,
            )

    def _is_used_only_in(self, function: cst.FunctionDef, target: cst.Name) -> bool:
        """Whether a variable is entered, or acquired and released, by a function itself, and nothing else."""
        is_entered = False
        for name in self.context.below(function.body):
            if not isinstance(name, cst.Name) or name.value != target.value or name is target:
                continue
            parent, above, *_ = self.context.ancestors(name)
            enters = isinstance(parent, cst.WithItem) and parent.item is name
            if isinstance(parent, cst.Attribute) and parent.attr is name:
                continue
            acquires = (
                isinstance(parent, cst.Attribute) and parent.attr.value in _METHODS and isinstance(above, cst.Call)
            )
            if not (enters or acquires) or self.context.home(name) is not function:
                return False
            is_entered = True
        return is_entered
