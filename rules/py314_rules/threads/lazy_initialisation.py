"""GIL103 lazy-initialisation."""

from __future__ import annotations

import re

from py314_check.api import Confidence, Impact, Level, Outline, Rule, Shared, Use, Words, cst
from py314_rules.threads._outlined import shared
from py314_rules.threads.sharing import is_resource, is_stateful, is_unlikely

_TELLS = re.compile(r"(?i)warn|log|print|debug|info|deprecat|error|shown|told|emit|seen")


def _may_fill(outline: Outline) -> bool:
    """Whether a function may fill what it, or one around it, has found empty."""
    return any(
        not outer.tested.keys().isdisjoint(one.filled) for one in shared(outline).uses for outer in one.with_outer
    )


_NOTHING = ("None", "False")


class LazyInitialisation(Rule):
    """A variable of a module or class that the first call fills, without a lock.

    ## What it does
    Reports `if X is None: X = make()` and its like (`if not X`, `X = X or make()`, an early `return X`,
    `if not hasattr(cls, "X")`) where `X` is a variable of the module or of a class and no lock is held when it is set.
    A second test under a lock is fine. How sure the finding is depends on what may go wrong:

    * high where other threads see something unfinished: the container is set first and filled afterwards, or the flag
      is set before the other variables that it stands for;
    * high where something is made of which there must not be two: a thread, a process, a connection, a file, a lock;
    * medium where the object is of a class of the file whose methods change it, or a `WeakValueDictionary`: what one
      caller puts there, another does not find;
    * low for everything else, such as a value that is computed twice and comes out equal.

    What runs only while the module is imported, under `if __name__ == "__main__":` or in tests is not reported. In
    functions that are named like ones that set something up or take it down, and in coroutines, the confidence is low.

    ## Why it matters
    Two threads that call at the same time both find the variable empty, and both fill it. With the GIL that took a
    switch of threads between the test and the assignment. Without the GIL it is to be expected where several threads
    start with the same call.

    ## Example
    ```python
    import threading

    _worker = None


    def worker():
        global _worker
        if _worker is None:
            _worker = threading.Thread(target=print)
            _worker.start()
        return _worker
    ```

    ## Use instead
    ```python
    import threading

    _worker = None
    _lock = threading.Lock()


    def worker():
        global _worker
        with _lock:
            if _worker is None:
                _worker = threading.Thread(target=print)
                _worker.start()
        return _worker
    ```

    ## Fix safety
    There is no fix: it may be as good to fill the variable when the module is imported.

    ## References
    - [Python support for free threading](https://docs.python.org/3/howto/free-threading-python.html#thread-safety)
    """

    code, name = "GIL103", "lazy-initialisation"
    level, impact, confidence = Level.WARNING, Impact.RACES, Confidence.HIGH
    free_threading = needs_threads = True
    in_tests = False
    words = (Words("def", outline=_may_fill),)

    def visit_Module(self, node: cst.Module) -> None:
        for variable in self.context.shared:
            told: set[cst.CSTNode | None] = set()
            nodes = {one.node for one in variable.uses}
            for use in variable.uses:
                function = self.context.enclosing(use.node, cst.FunctionDef)
                if function in told or not self._fills(use, nodes) or self.context.is_serialised(use.node):
                    continue
                told.add(function)
                self._tell(variable, use)

    def _fills(self, use: Use, nodes: set[cst.BaseExpression]) -> bool:
        """Whether a variable gets a value where it was found empty."""
        value = _value(use)
        if value is None:
            return False
        if isinstance(value, cst.BooleanOperation) and isinstance(value.operator, cst.Or) and value.left in nodes:
            return True
        return any(_is_empty(test, outcome, nodes) for test, outcome in self.context.conditions(use.node))

    def _tell(self, variable: Shared, use: Use) -> None:
        confidence, what = self._harm(variable, use)
        self.report(
            use.node,
            f"`{variable.name}` is filled on first use without a lock: {what}.",
            help="Hold a lock around the test and the assignment, or fill it when the module is imported.",
            symbol=variable.name,
            confidence=Confidence.LOW if is_unlikely(self.context, use.node) else confidence,
        )

    def _harm(self, variable: Shared, use: Use) -> tuple[Confidence, str]:
        twice = "two threads that find it empty both do it"
        value = _value(use)
        if value is None:
            return Confidence.LOW, twice
        if isinstance(value, cst.BooleanOperation):
            value = value.right
        later = self._later(use)
        if self.context.dotted(value) == "True":
            works = any(isinstance(one, cst.Call) and not _TELLS.search(self.context.dotted(one.func)) for one in later)
            if not works or _TELLS.search(variable.name) or self._is_reset(variable, use):
                return Confidence.LOW, twice
            others = (one for shared in self.context.shared for one in shared.uses if one.writes and one.node in later)
            return Confidence.HIGH if any(others) else Confidence.LOW, "it is set before the work is done"
        if any(one.writes and one.node is not use.node and one.node in later for one in variable.uses):
            return Confidence.HIGH, "other threads see it before it is finished"
        if is_resource(self.context, value):
            return Confidence.HIGH, "two threads that find it empty each make one"
        if is_stateful(self.context, value):
            return Confidence.MEDIUM, "two threads that find it empty each make one"
        return Confidence.LOW, twice

    def _is_reset(self, variable: Shared, use: Use) -> bool:
        """Whether the function sets the variable again: then it keeps itself from being called again meanwhile."""
        function = self.context.enclosing(use.node, cst.FunctionDef)
        return any(
            one is not use and one.kind == "set" and self.context.enclosing(one.node, cst.FunctionDef) is function
            for one in variable.uses
        )

    def _later(self, use: Use) -> set[cst.CSTNode]:
        """What stands in the block of a use behind its statement."""
        ancestors = self.context.ancestors(use.node)
        line = next((one for one in ancestors if isinstance(one, cst.SimpleStatementLine)), None)
        if line is None:
            return set()  # on the line of its `if`
        block = next(ancestors)
        statements = list(getattr(block, "body", ()))
        return {one for statement in statements[statements.index(line) + 1 :] for one in self.context.below(statement)}


def _value(use: Use) -> cst.BaseExpression | None:
    """What a variable is filled with: anything but nothing."""
    if use.kind != "set" or not isinstance(use.act, (cst.Assign, cst.AnnAssign)):
        return None
    value = use.act.value
    return None if isinstance(value, cst.Name) and value.value in _NOTHING else value


def _is_empty(test: cst.BaseExpression, outcome: bool, nodes: set[cst.BaseExpression]) -> bool:
    """Whether a test with this outcome says that a variable, which stands at some nodes, is empty."""
    if test in nodes:
        return not outcome
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        return _is_empty(test.expression, not outcome, nodes)
    if isinstance(test, cst.BooleanOperation):
        return _is_empty(test.left, outcome, nodes) or _is_empty(test.right, outcome, nodes)
    if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1 or test.left not in nodes:
        return False
    comparison = test.comparisons[0]
    is_nothing = isinstance(comparison.comparator, cst.Name) and comparison.comparator.value in _NOTHING
    return is_nothing and isinstance(comparison.operator, (cst.Is, cst.Equal) if outcome else (cst.IsNot, cst.NotEqual))
