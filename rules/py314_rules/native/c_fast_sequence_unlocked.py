"""EXT204 c-fast-sequence-unlocked."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, NativeRule, Node, Words
from py314_rules.native.borrowing import confidence

_ACCESSES = ("PySequence_Fast_GET_ITEM", "PySequence_Fast_ITEMS")


class CFastSequenceUnlocked(NativeRule):
    """Items of a `PySequence_Fast` that may be a list which other threads change meanwhile.

    ## What it does
    Reports, once for each sequence and function, `PySequence_Fast_GET_ITEM` and `PySequence_Fast_ITEMS` outside of a
    critical section, where other threads may reach what `PySequence_Fast` was given: it is in a field of an object or a
    variable of the file that the file changes in place (confidence high), or comes from a caller (medium). All else is
    of low confidence, and hidden unless asked for.

    Not reported are sequences that the function has just made, functions that ask `PyTuple_Check` first, and what runs
    under a lock or in a critical section, also that of all callers.

    ## Why it matters
    Of a list, `PySequence_Fast` returns the list itself, not a copy. The macros read its array without a lock and
    without a check of the index: when another thread shortens the list or makes it grow, they read memory that has been
    freed, and the items that they lend may be gone.

    Seen in real code: multidict took the pairs it is given apart like this; since 6.2, free-threaded builds do without.

    ## Example
    ```c
    #include <Python.h>

    static PyObject *
    total(PyObject *self, PyObject *values)
    {
        double sum = 0.0;
        PyObject *fast = PySequence_Fast(values, "expected a sequence");
        if (fast == NULL) {
            return NULL;
        }
        for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(fast); i++) {
            sum += PyFloat_AsDouble(PySequence_Fast_GET_ITEM(fast, i));
        }
        Py_DECREF(fast);
        return PyFloat_FromDouble(sum);
    }
    ```

    ## Use instead
    ```c
    #include <Python.h>

    static PyObject *
    total(PyObject *self, PyObject *values)
    {
        double sum = 0.0;
        PyObject *items = PySequence_Tuple(values);  /* of a list, a copy; of a tuple, the tuple itself */
        if (items == NULL) {
            return NULL;
        }
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(items); i++) {
            sum += PyFloat_AsDouble(PyTuple_GET_ITEM(items, i));
        }
        Py_DECREF(items);
        return PyFloat_FromDouble(sum);
    }
    ```

    ## Fix safety
    There is no fix: a copy costs time, and a critical section on what `PySequence_Fast` was given must not be jumped
    out of.

    ## References
    - [PySequence_Fast](https://docs.python.org/3/c-api/sequence.html#c.PySequence_Fast)
    - [C API extension support for free threading](https://docs.python.org/3/howto/free-threading-extensions.html)
    """

    code, name = "EXT204", "c-fast-sequence-unlocked"
    level, impact, confidence = Level.WARNING, Impact.RACES, Confidence.HIGH
    free_threading = True
    words = tuple(Words(access) for access in _ACCESSES)

    def visit_translation_unit(self, node: Node) -> None:
        seen = set()
        for call in self.context.calls():
            function = self.context.function(call)
            arguments = self.context.arguments(call)
            if self.context.name(call) not in _ACCESSES or function is None or not arguments:
                continue
            place = (function.start_byte, self.context.text(arguments[0]))
            if place not in seen and self._check(call, arguments[0]):
                seen.add(place)

    def _check(self, call: Node, sequence: Node) -> bool:
        sure = confidence(self.context, sequence)
        if sure is None or self.context.is_serialised(call):
            return False
        if any("PyTuple_Check" in self.context.text(test) for test in self.context.tests(call)):
            return False
        name = self.context.name(call)
        self.report(
            call,
            f"`{name}` reads what may be a list of others without a lock: `PySequence_Fast` does not copy lists.",
            help="Use `PySequence_Tuple`, or hold a critical section on what `PySequence_Fast` was given.",
            symbol=name,
            confidence=sure,
        )
        return True
