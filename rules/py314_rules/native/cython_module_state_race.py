"""EXT221 cython-module-state-race."""

from __future__ import annotations

import re

from py314_check.api import Confidence, CythonVariable, CythonWrite, Impact, Level, Rule, Words


class CythonModuleStateRace(Rule):
    """A variable of a Cython module that functions write to without a lock.

    ## What it does
    Reports variables of a module that its functions write to (`global`), where any thread may run them at any time:
    references held by C (`cdef object`, `cdef dict`, classes of the file), counters, C arrays, structures and C++
    containers that are changed in place, pointers that the first call fills in. A C number or flag that is set, and a
    variable of Python's (one without `cdef`) that is filled on first use or set, are of low confidence, and hidden
    unless asked for: most of these are harmless.

    Not reported is what runs only while the module is imported, under a lock (`with lock`, `cython.critical_section`,
    `lock.acquire()`), also that of all callers, or when the module is taken down; nor variables that are constant,
    thread-local or atomic. Items of dictionaries and lists are not reported: Python locks these.

    ## Why it matters
    A function compiled by Cython ran from one call of Python to the next without another thread in between, as long as
    there was the GIL. On a free-threaded build, two threads that count at a time lose counts. Where a reference is
    replaced by two threads at a time, both release the old object, and it is freed while others use it; what is filled
    on first use is made twice, or found half made. Where the code runs without the GIL (`nogil`), it is a race on
    every build.

    ## Example
    ```cython
    # cython: freethreading_compatible=True
    cdef dict _names = None

    def names():
        global _names
        if _names is None:
            _names = load()
        return _names
    ```

    ## Use instead
    ```cython
    # cython: freethreading_compatible=True
    import threading

    cdef dict _names = None
    _lock = threading.Lock()

    def names():
        global _names
        with _lock:
            if _names is None:
                _names = load()
            return _names
    ```

    ## Fix safety
    There is no fix: whether to fill the variable when the module is imported, to keep it for each object or thread, or
    to lock, is a matter of design.

    ## References
    - [Cython: free threading](https://cython.readthedocs.io/en/latest/src/userguide/freethreading.html)
    """

    code, name = "EXT221", "cython-module-state-race"
    level, impact, confidence = Level.WARNING, Impact.RACES, Confidence.MEDIUM
    free_threading = True
    languages = frozenset({"cython"})
    words = (Words("global"), Words("cdef"))

    def visit_CythonVariable(self, variable: CythonVariable) -> None:
        writes = [one for one in variable.writes if not one.is_serialised]
        if not writes:
            return
        grades = [(_grade(variable, one), one) for one in writes]
        (how, confidence), write = max(grades, key=lambda one: one[0][1].rank)
        self.report(
            write,
            f"`{variable.name}` is shared by all threads and {how} without a lock.",
            help="Fill it when the module is imported, keep it for each object or thread, or write it under a lock"
            " (`cython.pymutex`, `threading.Lock`).",
            symbol=variable.name,
            confidence=confidence,
            free_threading=write.has_gil,
        )


def _grade(variable: CythonVariable, write: CythonWrite) -> tuple[str, Confidence]:
    """What a write does that goes wrong when two threads do it, and how surely."""
    if write.operator or re.match(rf"{re.escape(variable.name)}\s*[-+]", write.value):
        return "is counted in", Confidence.MEDIUM
    if write.part:
        return "is changed in place", Confidence.MEDIUM
    if write.fills:
        is_pointer = "*" in variable.type
        sure = Confidence.HIGH if variable.is_object else Confidence.MEDIUM if is_pointer else Confidence.LOW
        return "is filled on first use", sure
    return "is written", Confidence.MEDIUM if variable.is_object else Confidence.LOW
