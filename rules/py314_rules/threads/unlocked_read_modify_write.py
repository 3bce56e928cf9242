"""GIL105 unlocked-read-modify-write."""

from __future__ import annotations

import re

from py314_check.api import Confidence, Impact, Level, Outline, Rule, Shared, Use, Words, cst
from py314_rules.threads._outlined import shared
from py314_rules.threads.sharing import is_unlikely

_HARMLESS = re.compile(r"(?i)debug|indent|creation|creat\w+_(?:count|order)|instance_count|(?:^|_)order(?:_|$)")
"""Numbers for debugging; and those by which objects are sorted as they were made, which those of a thread still are."""


def _may_add(outline: Outline) -> bool:
    return any(one.added for one in shared(outline).uses)


class UnlockedReadModifyWrite(Rule):
    """A counter or the like of a module or class that is changed by `+=` without a lock.

    ## What it does
    Reports `n += 1`, `n = n + 1` and other such operators where `n` is a variable of the module (through `global`), a
    variable of a class (`cls.n`, `Class.n`, `type(self).n`), or an element of a container of the module or of a class
    (`counts[key] += 1`), in a function that no lock protects: once for each variable and function.

    The confidence is high for a number that is counted up and used in the same function, such as the next identity,
    and medium for others where the file itself imports what makes threads or locks them. For others elsewhere, and for
    what is named like something for debugging or for the order in which objects are made, it is low.

    What runs only while the module is imported, under `if __name__ == "__main__":` or in tests is not reported. In
    functions that are named like ones that set something up or take it down, and in coroutines, the confidence is low.

    ## Why it matters
    The operator reads, adds and writes: three steps. Two threads that read the same value both write the same
    result, so one change is lost, and numbers that were to be unique are given out twice. With the GIL a switch between
    the steps was rare. Without it, it is common.

    ## Example
    ```python
    import threading

    _requests = 0


    def handle(request):
        global _requests
        _requests += 1
    ```

    ## Use instead
    ```python
    import threading

    _requests = 0
    _lock = threading.Lock()


    def handle(request):
        global _requests
        with _lock:
            _requests += 1
    ```

    For numbers that only have to be unique, `next(itertools.count())` of one shared counter needs no lock in CPython.

    ## Fix safety
    There is no fix: which lock protects the variable is a matter of design.

    ## References
    - [Thread safety guarantees](https://docs.python.org/3/library/threadsafety.html)
    - [Python support for free threading](https://docs.python.org/3/howto/free-threading-python.html#thread-safety)
    """

    code, name = "GIL105", "unlocked-read-modify-write"
    level, impact, confidence = Level.WARNING, Impact.RACES, Confidence.HIGH
    free_threading = needs_threads = True
    in_tests = False
    words = (Words("def", outline=_may_add),)

    def visit_Module(self, node: cst.Module) -> None:
        for variable in self.context.shared:
            told: set[cst.CSTNode | None] = set()
            for use in variable.uses:
                function = self.context.enclosing(use.node, cst.FunctionDef)
                if function not in told and self._adds(use) and not self.context.is_serialised(use.node):
                    told.add(function)
                    self._tell(variable, use)

    def _adds(self, use: Use) -> bool:
        """Whether a use computes the new value from the old."""
        if use.kind == "add" or use.how == "[]+=":
            return True
        if (
            use.kind != "set"
            or not isinstance(use.act, cst.Assign)
            or not isinstance(use.act.value, cst.BinaryOperation)
        ):
            return False
        written = self.context.dotted(use.node)
        operation = use.act.value
        return bool(written) and written in (self.context.dotted(operation.left), self.context.dotted(operation.right))

    def _confidence(self, variable: Shared, use: Use) -> Confidence:
        if is_unlikely(self.context, use.node) or _HARMLESS.search(variable.name):
            return Confidence.LOW
        if isinstance(use.act, (cst.Assign, cst.AugAssign)) and self._is_used_here(variable, use):
            value = use.act.value
            added = value.right if isinstance(value, cst.BinaryOperation) else value
            if isinstance(added, cst.Integer):
                return Confidence.HIGH
        return Confidence.MEDIUM if self.context.handles_threads else Confidence.LOW

    def _is_used_here(self, variable: Shared, use: Use) -> bool:
        """Whether the function also reads the variable: where it gets the value that it wrote, or one before."""
        function = self.context.enclosing(use.node, cst.FunctionDef)
        own = {*self.context.below(use.act)}
        return any(
            not one.writes and one.node not in own and self.context.enclosing(one.node, cst.FunctionDef) is function
            for one in variable.uses
        )

    def _tell(self, variable: Shared, use: Use) -> None:
        self.report(
            use.node,
            f"This reads {'an element of ' if use.how == '[]+=' else ''}`{variable.name}`, computes and writes it back"
            " without a lock: a change by another thread in between is lost.",
            help="Hold a lock, or count in each thread and add up.",
            symbol=variable.name,
            confidence=self._confidence(variable, use),
        )
