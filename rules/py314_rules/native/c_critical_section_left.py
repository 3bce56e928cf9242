"""EXT206 c-critical-section-left."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, NativeRule, Node, Words


class CCriticalSectionLeft(NativeRule):
    """A jump out of a critical section past the macro that ends it.

    ## What it does
    Reports `return` (`Py_RETURN_NONE` and the like, too), and `goto`, `break` and `continue` to a place outside,
    between `Py_BEGIN_CRITICAL_SECTION` (or another of its family) and the `Py_END_CRITICAL_SECTION` that belongs to it.

    ## Why it matters
    On a free-threaded build, the first macro locks the object and puts the section on a stack of the thread; the second
    one undoes that. After a jump past it, the object stays locked, and the thread's stack of sections points into a
    frame of C that no longer exists: the process aborts or hangs later, in other code. With the GIL, the macros are no
    more than a pair of braces, and tests pass.

    Seen in real code: nothing yet; on a free-threaded CPython 3.14.7, a module with such a `return` aborted.

    ## Example
    ```c
    #include <Python.h>

    static PyObject *
    Box_first(Box *self, PyObject *unused)
    {
        PyObject *item;
        Py_BEGIN_CRITICAL_SECTION(self);
        if (self->size == 0) {
            return PyErr_Format(PyExc_IndexError, "empty");
        }
        item = Py_NewRef(self->items[0]);
        Py_END_CRITICAL_SECTION();
        return item;
    }
    ```

    ## Use instead
    ```c
    #include <Python.h>

    static PyObject *
    Box_first(Box *self, PyObject *unused)
    {
        PyObject *item = NULL;
        Py_BEGIN_CRITICAL_SECTION(self);
        if (self->size != 0) {
            item = Py_NewRef(self->items[0]);
        }
        Py_END_CRITICAL_SECTION();
        if (item == NULL) {
            PyErr_Format(PyExc_IndexError, "empty");
        }
        return item;
    }
    ```

    ## Fix safety
    There is no fix: a variable for the result has to be found or made.

    ## References
    - [Critical section API](https://docs.python.org/3/c-api/synchronization.html#python-critical-section-api)
    """

    code, name = "EXT206", "c-critical-section-left"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    free_threading = True
    words = (
        Words("Py_BEGIN_CRITICAL_SECTION"),
        Words("Py_BEGIN_CRITICAL_SECTION2"),
        Words("Py_BEGIN_CRITICAL_SECTION_MUTEX"),
        Words("Py_BEGIN_CRITICAL_SECTION2_MUTEX"),
    )

    def visit_return_statement(self, node: Node) -> None:
        self._check(node)

    def visit_goto_statement(self, node: Node) -> None:
        self._check(node)

    def visit_break_statement(self, node: Node) -> None:
        self._check(node)

    def visit_continue_statement(self, node: Node) -> None:
        self._check(node)

    def visit_expression_statement(self, node: Node) -> None:
        if self.context.text(node).startswith("Py_RETURN_"):
            self._check(node)

    def _check(self, node: Node) -> None:
        if self.context.leaves_critical_section(node):
            jump = self.context.text(node).rstrip(";") if node.type.startswith("expr") else node.type.split("_")[0]
            self.report(
                node,
                f"`{jump}` leaves a critical section without ending it: free-threaded builds abort or hang.",
                help="Set a variable and go on to `Py_END_CRITICAL_SECTION()`; jump behind it.",
                symbol="Py_END_CRITICAL_SECTION",
            )
