"""EXT210 c-gil-as-lock."""

from __future__ import annotations

import re

from py314_check.api import Confidence, Impact, Level, NativeRule, Node, Words

_ENSURE, _RELEASE, _CHECK = "PyGILState_Ensure", "PyGILState_Release", "PyGILState_Check"
_PYTHON = re.compile(r"\b_?Py(?!GILState_(?:Ensure|Release|STATE)\b)\w*|\bpy(?:bind11)?::|\bnb::")
_NO_PYTHON = re.compile(
    r"(?:std::)?(?:mem(?:cpy|move|set|cmp)|str(?:len|cmp|n?cpy|n?cat|dup)|malloc|calloc|realloc|free|abs|min|max|move"
    r"|f?printf|snprintf|fflush|push_back|emplace_back|pop_back|push|pop|insert|erase|clear|size|empty|begin|end|front|back)"
)
"""Functions of C, and methods of C++ containers of anything but objects: they do not call Python."""
_FIELD = re.compile(r"->\s*\w+(?:\s*\[[^\[\]]*\])?\s*(?:[-+*/|&^]?=(?!=)|\+\+|--)|(?:\+\+|--)\s*\w+->")
_TESTED = re.compile(rf"\(*\s*(?P<negated>!?)\s*{_CHECK}\s*\(\s*\)\s*\)*")


class CGilAsLock(NativeRule):
    """The GIL used as a lock for data that is no object of Python's.

    ## What it does
    Reports `PyGILState_Ensure` where nothing up to `PyGILState_Release` has to do with Python, but something writes to
    a variable that threads share, or to a field: the GIL was taken as a lock. And reports an `if` with
    `PyGILState_Check()` where a lock is taken only if the thread does not hold the GIL.

    A pair that calls Python, or a function that may, is not reported, nor is one under a lock. `PyGILState_Ensure` is
    as right as ever for threads that Python did not start.

    ## Why it matters
    On a free-threaded build, `PyGILState_Ensure` waits for nobody: any number of threads can be between it and
    `PyGILState_Release` at a time, and `PyGILState_Check` is true for all of them. What the GIL protected is then
    protected by nothing.

    ## Example
    ```c
    #include <Python.h>

    static long calls;

    void
    on_event(void)
    {
        PyGILState_STATE state = PyGILState_Ensure();
        calls++;
        PyGILState_Release(state);
    }
    ```

    ## Use instead
    ```c
    #include <Python.h>

    static long calls;
    static PyMutex mutex;

    void
    on_event(void)
    {
        PyMutex_Lock(&mutex);
        calls++;
        PyMutex_Unlock(&mutex);
    }
    ```

    ## Fix safety
    There is no fix: all other code that uses the data has to take the same lock.

    ## References
    - [Thread states and locks on free-threaded builds](https://docs.python.org/3/howto/free-threading-extensions.html#thread-state-and-gil-apis)
    - [PyGILState_Check](https://docs.python.org/3/c-api/init.html#c.PyGILState_Check)
    """

    code, name = "EXT210", "c-gil-as-lock"
    level, impact, confidence = Level.WARNING, Impact.RACES, Confidence.MEDIUM
    free_threading = True
    words = (Words(_ENSURE), Words(_CHECK))

    def visit_call_expression(self, node: Node) -> None:
        if self.context.name(node) != _ENSURE or self.context.is_serialised(node):
            return
        function = self.context.function(node)
        calls = [] if function is None else list(self.context.calls(function))
        releases = (one for one in calls if self.context.name(one) == _RELEASE and one.start_byte >= node.end_byte)
        end = next(releases, None)
        if function is None or end is None:
            return
        between = self.context.code[node.end_byte : end.start_byte].decode()
        if _PYTHON.search(between) or not all(
            _NO_PYTHON.fullmatch(self.context.name(one))
            for one in calls
            if node.end_byte <= one.start_byte < end.start_byte
        ):
            return
        writes = (write for variable in self.context.statics for write in variable.writes)
        if _FIELD.search(between) or any(node.end_byte <= one.start_byte < end.start_byte for one in writes):
            self.report(
                node,
                f"`{_ENSURE}` locks nothing on a free-threaded build, and nothing here calls Python.",
                help="Use a `PyMutex`, also in all other code that uses this data.",
                symbol=_ENSURE,
            )

    def visit_if_statement(self, node: Node) -> None:
        condition = node.child_by_field_name("condition")
        match = None if condition is None else _TESTED.fullmatch(self.context.text(condition))
        if match is None:
            return
        branches = [node.child_by_field_name(field) for field in ("consequence", "alternative")]
        held, other = reversed(branches) if match["negated"] else branches
        if self._locks(other) and not self._locks(held):
            self.report(
                node.child_by_field_name("condition") or node,
                f"`{_CHECK}` is true for many threads at a time on a free-threaded build: these take no lock.",
                help="Take the lock in any case.",
                symbol=_CHECK,
            )

    def _locks(self, branch: Node | None) -> bool:
        """Whether a lock is taken in a branch."""
        if branch is None:
            return False
        calls = self.context.calls(self.context.function(branch))
        return any(
            branch.start_byte <= one.start_byte < branch.end_byte and self.context.takes_lock(one) for one in calls
        )
