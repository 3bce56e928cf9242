"""GIL102 inconsistent-locking."""

from __future__ import annotations

import ast
import re
from collections import Counter

from py314_check.api import (
    Confidence,
    Impact,
    Level,
    Outline,
    Rule,
    Scope,
    Shared,
    Use,
    Words,
    below,
    cst,
    last_name,
    once,
)
from py314_rules.called import other_names
from py314_rules.threads._outlined import shared
from py314_rules.threads.sharing import function_name, races
from py314_rules.values import reached

_LOCK_WORDS = b"_cv _mu acquire cond critical exclusive mutex sem synchroni threading".split()
_LOCK_STARTS = re.compile(rb"lock(?<![bc]lock)|cv(?<!\wcv)|mu(?<!\wmu)")
_NAMED = re.compile(
    r"(?i)(?<![bc])lock(?!s?tep|down|file)|mutex|semaphore|condition|synchroni[sz]e|critical_?section|exclusive"
    r"|(?:^|_)(?:sem|cond|cv|mu)(?:_|$)"
)
_MAKERS = ("Lock", "RLock", "Condition", "Semaphore", "BoundedSemaphore", "allocate_lock")


def _may_name_lock(data: bytes) -> bool:
    """Whether something that looks like a lock is named: without, nothing in a file is one."""
    text = data.lower()
    return any(word in text for word in _LOCK_WORDS) or _LOCK_STARTS.search(text) is not None


@once
def _may_lock(outline: Outline) -> bool:
    """Whether functions may write one variable twice, once under a lock."""
    found = shared(outline)
    written = {one.scope: one.set + one.added + one.items + one.changed for one in found.uses}
    for one in found.uses:  # a method of what is no container changes nothing
        for name in one.changed.keys() - found.containers:
            written[one.scope][name] -= one.changed[name]
    places = Counter(name for names in written.values() for name in names.elements())
    locks = _Locks(outline)
    return any(
        places[name] > 1
        for one in found.uses
        for name in +written[one.scope]
        if any(locks.may_hold(each.scope) for each in one.with_outer)
    )


class _Locks:
    """Which functions of a file may hold a lock: ``Context.is_locked`` without certainty."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._own = {one.node.name for one in outline.scopes if hasattr(one.node, "name")}
        """The functions and classes of the file, which may take one."""
        self._makers = other_names(outline, *_MAKERS)
        self._known: dict[Scope, bool] = {}

    def may_hold(self, function: Scope) -> bool:
        if function not in self._known:
            self._known[function] = self._may_hold(function)
        return self._known[function]

    def _may_hold(self, function: Scope) -> bool:
        node = function.node
        called = (last_name(one.func).lower() for one in function.of(ast.Call))
        if any("acquire" in name or name == "__enter__" for name in called) or _says_so(node):
            return True
        entered = [item.context_expr for one in function.of(ast.With) for item in one.items]
        return any(map(self._may_lock, (*entered, *getattr(node, "decorator_list", ()))))

    def _may_lock(self, node: ast.expr) -> bool:
        """Whether what is entered, or decorates a function, may be a lock, or take one."""
        for one in reached(self._outline, node, annotated=True):
            name = last_name(one.func if isinstance(one, ast.Call) else one)
            if name in self._own or name in self._makers or any(map(_is_named_so, below(one))):
                return True
        return False


def _is_named_so(node: ast.AST) -> bool:
    return _NAMED.search(last_name(node)) is not None


def _says_so(node: ast.AST) -> bool:
    """Whether a function's name or documentation may say that its callers hold a lock."""
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    return re.search("(?i)lock|mutex|synchroni", f"{node.name} {ast.get_docstring(node, clean=False)}") is not None


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
    in_tests = False
    words = tuple(Words(word, test=_may_name_lock, outline=_may_lock) for word in ("def", "lambda"))

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
