"""EXT222 cython-borrowed-reference."""

from __future__ import annotations

import re

from py314_check.api import Confidence, CythonCall, Impact, Level, Owner, Rule, Words
from py314_rules.native.borrowing import CONFIDENCE, LENDERS

_NEXT = "PyDict_Next"


class CythonBorrowedReference(Rule):
    """A reference that Cython code borrows from a container that other threads may change at any time.

    ## What it does
    Reports calls of `PyList_GET_ITEM`, `PyDict_GetItem`, `PyWeakref_GetObject` and others that lend what a mutable
    container holds, and of `PyDict_Next`, where other threads may reach the container: it is an attribute or a variable
    of the module, and the file changes it (confidence high), or it is an argument (medium). All else is of low
    confidence, and hidden unless asked for.

    Not reported are containers that the function has just made, also where a `cdef` function is handed them by all that
    call it, `*args` and `**kwargs`, attributes of an object that is being made or taken down, calls under a lock or in
    a critical section, also that of all callers, and calls whose result is only compared with `NULL`.

    ## Why it matters
    Between the call and the cast to `<object>`, which takes a reference, another thread may replace the item or clear
    the container. On a free-threaded build that frees the item, and the pointer dangles. What Cython itself makes of
    `items[0]` and `names[key]` takes a reference in time.

    ## Example
    ```cython
    # cython: freethreading_compatible=True
    from cpython.list cimport PyList_GET_ITEM

    cdef class Registry:
        cdef list items

        def first(self):
            return <object>PyList_GET_ITEM(self.items, 0)

        def add(self, item):
            self.items.append(item)
    ```

    ## Use instead
    ```cython
    # cython: freethreading_compatible=True
    cdef class Registry:
        cdef list items

        def first(self):
            return self.items[0]

        def add(self, item):
            self.items.append(item)
    ```

    ## Fix safety
    There is no fix: what happens without an item (an exception, `NULL`) differs.

    ## References
    - [Borrowed references](https://docs.python.org/3/howto/free-threading-extensions.html#borrowed-references)
    - [Cython: free threading](https://cython.readthedocs.io/en/latest/src/userguide/freethreading.html)
    """

    code, name = "EXT222", "cython-borrowed-reference"
    level, impact, confidence = Level.WARNING, Impact.RACES, Confidence.HIGH
    free_threading = True
    languages = frozenset({"cython"})
    words = (Words(test=re.compile(rb"\b(?:%s)\b" % "|".join([*LENDERS, _NEXT]).encode()).search),)

    def visit_CythonCall(self, call: CythonCall) -> None:
        if call.is_serialised or call.owner is Owner.PRIVATE:
            return
        sure = CONFIDENCE[call.owner]
        if call.owner is Owner.SHARED and not call.is_changed and "Weakref" not in call.name:
            sure = Confidence.LOW
        if call.name == _NEXT:
            self.report(
                call,
                f"`{_NEXT}` is called without a lock, on a dictionary that others can change.",
                help="Put the loop into `with cython.critical_section(names)`, or loop over `list(names.items())`.",
                symbol=_NEXT,
                confidence=sure,
            )
        elif call.name in LENDERS and not call.is_only_tested:
            self.report(
                call,
                f"`{call.name}` lends a reference that another thread can take away before it is used.",
                help="Write it as Python code (`names[key]`, `names.get(key)`), or lock around it"
                " (`with cython.critical_section(names)`).",
                symbol=call.name,
                confidence=sure,
            )
