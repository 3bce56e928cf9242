"""EXT202 c-borrowed-reference."""

from __future__ import annotations

import re

from py314_check.api import Confidence, Impact, Level, NativeRule, Node, Words
from py314_rules.native.borrowing import LENDERS, confidence


class CBorrowedReference(NativeRule):
    """A reference borrowed from a container that other threads may change at any time.

    ## What it does
    Reports calls of `PyList_GetItem`, `PyDict_GetItem`, `PyWeakref_GetObject` and others that lend what a mutable
    container holds, where other threads may reach the container: it is in a field of an object or a variable of the
    file, and the file changes it in place or hands it out as an attribute (confidence high), or it is an argument
    (medium). All else is of low confidence, and hidden unless asked for: what the file never changes, what
    `__setstate__` is given, and what is of unknown origin.

    Not reported are containers that the function has just made, also where it is handed them by functions of the file
    that have, dictionaries of keyword arguments, fields of an object that is being taken down, calls under a lock or in
    a critical section, also that of all callers, and calls whose result is only compared with `NULL`. The comment
    `// noqa: borrowed-ref OK` of NumPy's own linter is heeded.

    ## Why it matters
    Between the call and the use of what it returned, another thread may replace the item or clear the container. On a
    free-threaded build that frees the item, and the pointer dangles. A `Py_INCREF` right behind the call does not help:
    the item may be gone before it. Such code crashes within seconds when threads share the container; with the GIL, it
    was right.

    Seen in real code: simplejson looked up keys in the memo of a scanner that threads share, and takes references of
    its own since 4.0; so do multidict since 6.2 and regex since 2026 where they met it.

    ## Example
    ```c
    #include <Python.h>

    static PyObject *
    Registry_first(Registry *self, PyObject *unused)
    {
        PyObject *item = PyList_GetItem(self->items, 0);
        Py_XINCREF(item);  /* too late */
        return item;
    }

    static PyObject *
    Registry_clear(Registry *self, PyObject *unused)
    {
        PyList_Clear(self->items);
        Py_RETURN_NONE;
    }
    ```

    ## Use instead
    ```c
    #include <Python.h>

    static PyObject *
    Registry_first(Registry *self, PyObject *unused)
    {
        return PyList_GetItemRef(self->items, 0);
    }
    ```

    ## Fix safety
    There is no fix: the new reference must be released on every way out.

    ## References
    - [Borrowed references](https://docs.python.org/3/howto/free-threading-extensions.html#borrowed-references)
    - [pythoncapi-compat](https://pythoncapi-compat.readthedocs.io/), for the functions on older versions
    """

    code, name = "EXT202", "c-borrowed-reference"
    level, impact, confidence = Level.WARNING, Impact.RACES, Confidence.HIGH
    free_threading = True
    noqa = ("borrowed-ref",)
    words = (Words(test=re.compile(rb"\b(?:%s)\b" % "|".join(LENDERS).encode()).search),)

    def visit_call_expression(self, node: Node) -> None:
        lender = self.context.name(node)
        arguments = self.context.arguments(node)
        if lender not in LENDERS or not arguments or self.context.function(node) is None:
            return
        sure = confidence(self.context, arguments[0], changes="List" in lender or "Dict" in lender)
        if sure is None or self.context.is_serialised(node) or self.context.is_only_tested(node):
            return
        row = LENDERS[lender]
        compat = "" if row.since == "3.0" else f" Before Python {row.since}, pythoncapi-compat has it."
        self.report(
            node,
            f"`{lender}` lends a reference that another thread can take away before it is used.",
            help=f"Use `{row.instead}` and release what it returns: a `Py_INCREF` comes too late.{compat}",
            symbol=lender,
            confidence=sure,
        )
