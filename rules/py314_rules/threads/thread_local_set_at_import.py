"""GIL201 thread-local-set-at-import."""

from __future__ import annotations

from py314_check.api import Confidence, Context, Impact, Level, Mentions, Rule, Words, cst

_LOCAL = "threading.local"


class ThreadLocalSetAtImport(Rule):
    """An attribute of a `threading.local` that only the importing thread has, and that functions read.

    ## What it does
    Reports attributes of a `threading.local` of the module that code which runs with the module sets, that no function
    sets, and that functions read.

    Not reported: a subclass of `threading.local`, whose `__init__` runs in every thread, and objects of which the file
    does more than set and read attributes by name (`hasattr`, `getattr`, `setattr`, `__dict__`).

    ## Why it matters
    Each thread has attributes of its own. In every thread but the one that imported the module, the attribute does not
    exist, and reading it raises `AttributeError`. That is so on all builds; it shows as soon as work moves to threads.

    ## Example
    ```python
    import threading

    state = threading.local()
    state.depth = 0

    def depth():
        return state.depth
    ```

    ## Use instead
    ```python
    import threading

    class State(threading.local):
        depth = 0

    state = State()

    def depth():
        return state.depth
    ```

    ## Fix safety
    There is no fix yet: the variable needs a class, or the reads a default.

    ## References
    - [threading.local](https://docs.python.org/3/library/threading.html#thread-local-data)
    """

    code, name = "GIL201", "thread-local-set-at-import"
    level, impact, confidence = Level.WARNING, Impact.BREAKS, Confidence.HIGH
    in_tests = False
    words = (Words("threading", "local", outline=Mentions("threading", "local")),)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._locals: set[cst.CSTNode] = set()  # the calls that make one
        self._set_early: set[tuple[cst.CSTNode, str]] = set()
        self._set_later: set[tuple[cst.CSTNode, str]] = set()
        self._read: dict[tuple[cst.CSTNode, str], cst.Attribute] = {}  # the first place
        self._used_otherwise: set[cst.CSTNode] = set()

    def visit_Name(self, node: cst.Name) -> None:
        made = self.context.value(node)
        if not isinstance(made, cst.Call) or _LOCAL not in self.context.resolve(made.func):
            return
        parent, above, *_ = self.context.ancestors(node)
        if not isinstance(parent, cst.Attribute):
            if not _sets(parent, node):
                self._used_otherwise.add(made)
            return
        key = (made, parent.attr.value)
        if not self.context.runs_later(node):
            if _sets(above, parent):
                self._set_early.add(key)
        elif _sets(above, parent):
            self._set_later.add(key)
        else:
            self._read.setdefault(key, parent)

    def leave_Module(self, node: cst.Module) -> None:
        self._used_otherwise |= {made for made, attribute in self._read if attribute == "__dict__"}
        for key, read in self._read.items():
            made, attribute = key
            if key in self._set_early and key not in self._set_later and made not in self._used_otherwise:
                self.report(
                    read,
                    f"`{attribute}` is set in the thread that imports this module alone: reading it in any other"
                    " thread raises `AttributeError`.",
                    help="Give the variable a subclass of threading.local that sets the attribute in its body or its"
                    " __init__, or read it with getattr and a default.",
                    symbol=_LOCAL,
                    raises="AttributeError",
                )


def _sets(statement: cst.CSTNode, target: cst.CSTNode) -> bool:
    return isinstance(statement, cst.AssignTarget) or (
        isinstance(statement, cst.AnnAssign) and statement.target is target and statement.value is not None
    )
