"""EXT203 c-dict-next-unlocked."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, NativeRule, Node, Words
from py314_rules.native.borrowing import confidence


class CDictNextUnlocked(NativeRule):
    """A loop with `PyDict_Next` over a dictionary that other threads may change meanwhile.

    ## What it does
    Reports calls of `PyDict_Next` outside of a critical section, where other threads may reach the dictionary: it is in
    a field of an object or a variable of the file, and the file changes it in place or hands it out as an attribute
    (confidence high), or it is an argument (medium). All else is of low confidence, and hidden unless asked for: what
    the file never changes, and what is of unknown origin.

    Not reported are dictionaries that the function has just made, also where it is handed them by functions of the file
    that have, dictionaries of keyword arguments, and calls under a lock or in a critical section, also that of all
    callers.

    ## Why it matters
    `PyDict_Next` does not lock. When another thread inserts or deletes a key between two calls, keys are seen twice or
    not at all, and when the dictionary grows, the call reads memory that has been freed. Key and value are borrowed,
    and may be gone before they are used.

    A critical section is suspended when code in it blocks: in a loop that calls back into Python, take references of
    key and value at once, or loop over a copy.

    Seen in real code: simplejson's encoder loops over a dictionary of its caller with `PyDict_Next`, in a critical
    section around the whole loop.

    ## Example
    ```c
    #include <Python.h>

    static int
    count(PyObject *self, PyObject *dict)
    {
        PyObject *key, *value;
        Py_ssize_t position = 0;
        while (PyDict_Next(dict, &position, &key, &value)) {
            add(self, value);
        }
        return 0;
    }
    ```

    ## Use instead
    ```c
    #include <Python.h>

    static int
    count(PyObject *self, PyObject *dict)
    {
        PyObject *key, *value;
        Py_ssize_t position = 0;
        Py_BEGIN_CRITICAL_SECTION(dict);
        while (PyDict_Next(dict, &position, &key, &value)) {
            add(self, value);
        }
        Py_END_CRITICAL_SECTION();
        return 0;
    }
    ```

    ## Fix safety
    There is no fix: nothing may jump or return out of a critical section.

    ## References
    - [PyDict_Next](https://docs.python.org/3/c-api/dict.html#c.PyDict_Next)
    - [Critical section API](https://docs.python.org/3/c-api/synchronization.html#python-critical-section-api)
    """

    code, name = "EXT203", "c-dict-next-unlocked"
    level, impact, confidence = Level.WARNING, Impact.RACES, Confidence.HIGH
    free_threading = True
    words = (Words("PyDict_Next"),)

    def visit_call_expression(self, node: Node) -> None:
        arguments = self.context.arguments(node)
        if self.context.name(node) != "PyDict_Next" or not arguments or self.context.function(node) is None:
            return
        sure = confidence(self.context, arguments[0])
        if sure is not None and not self.context.is_serialised(node):
            self.report(
                node,
                "`PyDict_Next` is called outside of a critical section, on a dictionary that others can change.",
                help="Put the whole loop between `Py_BEGIN_CRITICAL_SECTION(dict)` and `Py_END_CRITICAL_SECTION()`,"
                " without jumping out of it, or loop over a copy.",
                symbol="PyDict_Next",
                confidence=sure,
            )
