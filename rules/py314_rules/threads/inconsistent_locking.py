"""GIL102 inconsistent-locking."""

from __future__ import annotations

import re

from py314_check.api import Confidence, Impact, Level, Rule, Shared, Use, Words, cst
from py314_rules.threads.sharing import containers, declared_global, function_name, races

_TAKES = re.compile(
    rb"(?i)\n[ \t]+with[ \t][^\r\n]*(?:(?<![bc])lock|mutex|sem|cond|synchroni|critical|exclusive|cv|mu\b)"
    rb"|\n[ \t]+@[^\r\n]*(?:(?<![bc])lock|synchroni)|acquire|import[ \t]+threading|from[ \t]+threading"
)
_CLASS_SET = re.compile(rb"\n[ \t]+(?:cls|[\w.]*\b__class__|_*[A-Z]\w*)\.\w+[ \t]*(?:[-+*/|&^%@]|//|\*\*|<<|>>)?=(?!=)")


def _may_lock(data: bytes) -> bool:
    written = declared_global(data) or containers(data) or _CLASS_SET.search(data)
    return bool(written) and _TAKES.search(data) is not None


class InconsistentLocking(Rule):
    """A variable of a module or class that is written with a lock here and without one there.

    ## What it does
    Reports where a function writes a variable of the module, or of a class, without a lock, while another function
    writes it under one. A write gives a new value (through `global`) or changes a container in place; `setdefault`,
    `discard` and `pop` with a default are one step, and right without a lock. The confidence is medium for a mere new
    value, and low where that is `None` or an argument: such a write is one step, too.

    Locks are known by what makes them and by their names; `with`, `acquire` and `release`, decorators and functions of
    the file that lock count, and so do locks that all callers of a private function hold. Writes while the module is
    imported, in tests, and in functions that are named like ones that set something up or take it down are not
    reported.

    ## Why it matters
    Somebody saw that threads meet here. A lock protects only if everybody takes it: the write without it can fall in
    the middle of a locked section, whose test and change are then not one step any more. The GIL made that rare.

    ## Example
    ```python
    import threading

    _lock = threading.Lock()
    _pool = []


    def give_back(connection):
        with _lock:
            if len(_pool) < 10:
                _pool.append(connection)


    def drop(connection):
        _pool.remove(connection)
    ```

    ## Use instead
    ```python
    import threading

    _lock = threading.Lock()
    _pool = []


    def give_back(connection):
        with _lock:
            if len(_pool) < 10:
                _pool.append(connection)


    def drop(connection):
        with _lock:
            _pool.remove(connection)
    ```

    ## Fix safety
    There is no fix: a lock that is taken twice by one thread blocks it for ever.

    ## References
    - [Python support for free threading](https://docs.python.org/3/howto/free-threading-python.html#thread-safety)
    """

    code, name = "GIL102", "inconsistent-locking"
    level, impact, confidence = Level.WARNING, Impact.RACES, Confidence.HIGH
    free_threading = needs_threads = True
    words = (Words("def", test=_may_lock),)

    def visit_Module(self, node: cst.Module) -> None:
        for variable in self.context.shared:
            writes = [use for use in variable.uses if use.writes and not self._is_one_step(variable, use)]
            locked = next((use for use in writes if self.context.is_locked(use.node)), None)
            bare = next((use for use in writes if races(self.context, use.node)), None)
            if locked is None or bare is None:
                continue
            self.report(
                bare.node,
                f"`{variable.name}` is written without a lock here, and under one in"
                f" {function_name(self.context, locked.node)}.",
                help="Take the same lock here.",
                symbol=variable.name,
                confidence=self._confidence(bare),
            )

    def _confidence(self, bare: Use) -> Confidence:
        """A mere new value is one step. It is hardly wrong where it is the caller's, or none."""
        if bare.kind != "set":
            return Confidence.HIGH
        value = bare.act.value if isinstance(bare.act, cst.Assign) else None
        function = self.context.enclosing(bare.node, cst.FunctionDef)
        given = {one.name.value for one in function.params.params} if function is not None else set()
        return Confidence.LOW if self.context.dotted(value) in {"None", "True", "False", *given} else Confidence.MEDIUM

    def _is_one_step(self, variable: Shared, use: Use) -> bool:
        """Whether a use is atomic and right whatever others do; or a method of what may be no container."""
        if use.how in ("setdefault", "discard"):
            return True
        if use.how == "pop" and isinstance(use.act, cst.Call) and len(use.act.args) > 1:
            return True
        return use.kind == "change" and not variable.container and isinstance(use.act, cst.Call)
