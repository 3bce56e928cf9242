"""GIL205 cached-property-side-effects."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, Mentions, Outline, Rule, Words, cst
from py314_rules.called import calls

_CACHED = "functools.cached_property"
# Of what there should be one for each object: it keeps threads apart, or has to be closed.
_MADE = {
    *(f"threading.{name}" for name in ("Lock", "RLock", "Condition", "Semaphore", "BoundedSemaphore", "Event")),
    *("threading.Thread", "threading.Timer", "threading.local", "queue.Queue", "queue.SimpleQueue"),
    *("concurrent.futures.ThreadPoolExecutor", "concurrent.futures.ProcessPoolExecutor"),
    *("multiprocessing.pool.ThreadPool", "multiprocessing.Pool", "multiprocessing.Process", "subprocess.Popen"),
    *("builtins.open", "io.open", "socket.socket", "socket.create_connection", "sqlite3.connect"),
    *("tempfile.mkdtemp", "tempfile.mkstemp", "tempfile.TemporaryDirectory", "tempfile.NamedTemporaryFile"),
    *("tempfile.TemporaryFile", "weakref.WeakKeyDictionary", "weakref.WeakValueDictionary"),
}


def _may_give(outline: Outline) -> bool:
    """Whether something is made of which there should be one, in a file that may cache a property."""
    if not Mentions("functools", "cached_property")(outline):
        return False
    parts = (name.removeprefix("builtins.").rpartition(".") for name in _MADE)
    return any(next(calls(outline, last, module or None), None) is not None for module, _, last in parts)


class CachedPropertySideEffects(Rule):
    """A `functools.cached_property` whose getter makes what there must be one of.

    ## What it does
    Reports getters of `functools.cached_property` that give a lock, a thread, a pool, a process, a queue, an open file,
    a socket, a connection or a temporary directory that they make.

    Not reported: what the getter itself closes (`with`), and getters that hold a lock.

    ## Why it matters
    Up to Python 3.11 a lock made sure that the getter ran once. Since 3.12 there is none: two threads that ask at the
    same time both run it, one result replaces the other, and whoever has the first one goes on with that. Two threads
    that hold different locks keep nobody out; a connection that nobody has any more stays open.

    ## Example
    ```python
    import functools
    import threading

    class Account:
        @functools.cached_property
        def lock(self):
            return threading.Lock()
    ```

    ## Use instead
    ```python
    import threading

    class Account:
        def __init__(self):
            self.lock = threading.Lock()
    ```

    ## Fix safety
    There is no fix: where it should be made depends on the program.

    ## References
    - [functools.cached_property](https://docs.python.org/3/library/functools.html#functools.cached_property)
    - [What's New in Python 3.12](https://docs.python.org/3/whatsnew/3.12.html)
    """

    code, name = "GIL205", "cached-property-side-effects"
    level, impact, confidence = Level.WARNING, Impact.RACES, Confidence.MEDIUM
    since = "3.12"
    free_threading = True
    in_tests = False
    words = (Words("functools", "cached_property", outline=_may_give),)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        if not any(_CACHED in self.context.resolve(one.decorator) for one in node.decorators):
            return
        for one in self.context.below(node.body, own=True):
            if isinstance(one, cst.Return) and one.value is not None:
                made = self.context.value(one.value)
                names = self.context.resolve(made.func) & _MADE if isinstance(made, cst.Call) else frozenset()
                for symbol in sorted(names):
                    self.report(
                        made,
                        f"Two threads that ask for `{node.name.value}` first may each get a `{symbol}` of their own:"
                        " nothing locks a `functools.cached_property` since Python 3.12.",
                        help="Make it in __init__, or under a lock.",
                        symbol=_CACHED,
                    )
