"""GIL101 iterated-shared-container."""

from __future__ import annotations

from collections.abc import Iterable

from py314_check.api import Confidence, Impact, Level, Outline, Rule, Shared, Use, Words, cst, once
from py314_rules.threads._outlined import shared
from py314_rules.threads.sharing import RESIZES, function_name, is_unlikely, through_instance

_SHRINKS = {"del", "clear", "insert", "pop", "remove"}


@once
def _may_loop(outline: Outline) -> bool:
    """Whether functions may change and loop over one container."""
    found = shared(outline)
    iterated = {name for one in found.uses for name in one.iterated}
    return any(not (iterated & found.containers).isdisjoint({*one.items, *one.changed}) for one in found.uses)


class IteratedSharedContainer(Rule):
    """A loop over a container of a module or class that functions change, without a lock.

    ## What it does
    Reports where a function loops over a dictionary, set, deque or list that belongs to the module or to a class, and
    another place that runs at run time adds or removes elements, if not both hold a lock. `for`, comprehensions,
    `tuple(d)`, `max(d)`, `json.dumps(d)` and the like loop; so does `.items()` in such a place. Lists count only where
    something takes elements out.

    What the documentation of free-threaded Python calls atomic is not reported: `d.copy()`, `list(d)`, `sorted(d)` and
    `dict(d)` lock the container while they read it. Neither is what runs only while the module is imported, under
    `if __name__ == "__main__":` or in tests, nor what handles the RuntimeError. The confidence is low where the change
    or the loop stands in a coroutine, or in a function that is named like one that sets something up or takes it down
    (`register_codec`), and where a container of a class is used through `self` and the file shows no threads.

    ## Why it matters
    If another thread adds or removes an element during the loop, the loop raises
    `RuntimeError: dictionary changed size during iteration`; over a list, it skips elements. With the GIL that took a
    switch of threads at the wrong moment, and short loops in C never met one. Without the GIL it happens at any time.

    ## Example
    ```python
    import threading

    _sessions = {}


    def open_session(name):
        _sessions[name] = object()


    def greet_all():
        for name, session in _sessions.items():
            print("hello", name, session)
    ```

    ## Use instead
    ```python
    import threading

    _sessions = {}


    def open_session(name):
        _sessions[name] = object()


    def greet_all():
        for name, session in _sessions.copy().items():
            print("hello", name, session)
    ```

    ## Fix safety
    There is no fix: a copy is enough where the loop may miss what is added meanwhile; else take a lock at both places.

    ## References
    - [Thread safety guarantees](https://docs.python.org/3/library/threadsafety.html#thread-safety-for-dict-objects)
    """

    code, name = "GIL101", "iterated-shared-container"
    level, impact, confidence = Level.WARNING, Impact.RACES, Confidence.HIGH
    free_threading = needs_threads = True
    in_tests = False
    words = (Words("def", outline=_may_loop), Words("lambda", outline=_may_loop))

    def visit_Module(self, node: cst.Module) -> None:
        for variable in self.context.shared:
            if variable.container:
                self._check(variable)

    def _check(self, variable: Shared) -> None:
        context = self.context
        resizing = _SHRINKS if variable.container == "list" else RESIZES
        changes = self._running(use for use in variable.uses if use.how in resizing)
        bare = [use for use in changes if not context.is_locked(use.node)]
        loops = self._running(use for use in variable.uses if use.kind == "iterate")
        pairs = [(loop, others[0]) for loop in loops if (others := bare if context.is_locked(loop.node) else changes)]
        if not pairs:
            return
        loop, change = min(pairs, key=lambda pair: any(map(self._is_unlikely, pair)))
        unlikely = self._is_unlikely(loop) or self._is_unlikely(change)
        harm = "skips elements" if variable.container == "list" else "raises RuntimeError"
        self.report(
            loop.node,
            f"This loop over `{variable.name}` {harm} if another thread changes it meanwhile, as"
            f" {function_name(context, change.node)} does.",
            help="Loop over a copy (`.copy()`), or hold one lock here and wherever it is changed.",
            symbol=variable.name,
            raises=None if variable.container == "list" else "RuntimeError",
            confidence=Confidence.LOW if unlikely else Confidence.MEDIUM if variable.container == "list" else None,
        )

    def _running(self, uses: Iterable[Use]) -> list[Use]:
        """Those that run at run time, be it under a lock; the likely ones first."""
        context = self.context
        running = (use for use in uses if context.is_locked(use.node) or not context.is_serialised(use.node))
        return sorted(running, key=self._is_unlikely)

    def _is_unlikely(self, use: Use) -> bool:
        return is_unlikely(self.context, use.node) or through_instance(self.context, use.node)
