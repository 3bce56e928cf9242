"""EXT208 c-mutex-not-released."""

from __future__ import annotations

import re

from py314_check.api import Confidence, Impact, Level, NativeRule, Node, Words

_OBJECT_LOCK = re.compile(r"&.*->\s*ob_mutex|&.*\.\s*ob_mutex")
_COPIED = frozenset({"identifier", "field_expression", "pointer_expression", "subscript_expression"})


class CMutexNotReleased(NativeRule):
    """A mutex that stays locked on a way out, is an object's own, or is copied.

    ## What it does
    Reports `return`, `goto`, `break` and `continue` between a call that locks (`PyMutex_Lock`, `PyThread_acquire_lock`,
    `pthread_mutex_lock`, also behind macros of the file) and the one in the same block that unlocks, where nothing on
    their way unlocks. Where what is called may do it, nothing is reported.

    Reports `PyMutex_Lock(&object->ob_mutex)`, and variables and parameters of the type `PyMutex` that are copies.

    ## Why it matters
    The next thread that wants the lock waits for ever, and so does this one when it comes back: a `PyMutex` cannot be
    locked twice. With the GIL, one seldom had locks of one's own, so such ways out are new with them.

    The lock `ob_mutex` in each object of a free-threaded build is the interpreter's: while you hold it, a critical
    section of that object waits for ever, and Python's own functions have many. A copy of a mutex is another mutex,
    whose waiting threads nobody wakes.

    Seen in real code: an error in pygame's `transform.average_color` leaves the surface locked.

    ## Example
    ```c
    #include <Python.h>

    static PyMutex mutex;

    static PyObject *
    next_number(PyObject *self, PyObject *unused)
    {
        PyMutex_Lock(&mutex);
        if (last == LONG_MAX) {
            return PyErr_Format(PyExc_OverflowError, "no more numbers");
        }
        long number = ++last;
        PyMutex_Unlock(&mutex);
        return PyLong_FromLong(number);
    }
    ```

    ## Use instead
    ```c
    #include <Python.h>

    static PyMutex mutex;

    static PyObject *
    next_number(PyObject *self, PyObject *unused)
    {
        PyMutex_Lock(&mutex);
        if (last == LONG_MAX) {
            PyMutex_Unlock(&mutex);
            return PyErr_Format(PyExc_OverflowError, "no more numbers");
        }
        long number = ++last;
        PyMutex_Unlock(&mutex);
        return PyLong_FromLong(number);
    }
    ```

    ## Fix safety
    There is no fix: what is to be undone besides on such a way is not known.

    ## References
    - [PyMutex](https://docs.python.org/3/c-api/synchronization.html#c.PyMutex)
    - [gh-125053: PyMutex and ob_mutex](https://github.com/python/cpython/issues/125053)
    """

    code, name = "EXT208", "c-mutex-not-released"
    level, impact, confidence = Level.WARNING, Impact.RACES, Confidence.HIGH
    free_threading = True
    words = (Words(test=re.compile(rb"(?i)lock|acquire|EnterCriticalSection").search),)

    def visit_call_expression(self, node: Node) -> None:
        name, arguments = self.context.name(node), self.context.arguments(node)
        if name == "PyMutex_Lock" and arguments and _OBJECT_LOCK.fullmatch(self.context.text(arguments[0])):
            self.report(
                node,
                "`ob_mutex` is the interpreter's own: locking it by hand deadlocks with critical sections.",
                help="Use `Py_BEGIN_CRITICAL_SECTION(object)`, or a `PyMutex` of your own.",
                symbol="ob_mutex",
            )
        for jump in self.context.leaves_locked(node):
            what = (
                self.context.text(jump).rstrip(";") if jump.type == "expression_statement" else jump.type.split("_")[0]
            )
            self.report(
                jump,
                f"`{what}` keeps the lock that `{name}` took: nothing on this way gives it back.",
                help="Unlock it on this way, too.",
                symbol=name,
            )

    def visit_init_declarator(self, node: Node) -> None:
        value, declarator = node.child_by_field_name("value"), node.child_by_field_name("declarator")
        if value is None or declarator is None or declarator.type != "identifier" or value.type not in _COPIED:
            return
        if self._is_mutex(node.parent):
            self._copied(declarator)

    def visit_parameter_declaration(self, node: Node) -> None:
        declarator = node.child_by_field_name("declarator")
        if declarator is not None and declarator.type == "identifier" and self._is_mutex(node):
            self._copied(declarator)

    def _is_mutex(self, declaration: Node | None) -> bool:
        kind = None if declaration is None else declaration.child_by_field_name("type")
        return kind is not None and self.context.text(kind) == "PyMutex"

    def _copied(self, declarator: Node) -> None:
        self.report(
            declarator,
            f"`{self.context.text(declarator)}` is a copy of a mutex: it locks nothing that others lock.",
            help="Pass a pointer to the mutex.",
            symbol="PyMutex",
        )
