"""EXT201 c-static-object-race."""

from __future__ import annotations

import re

from py314_check.api import Confidence, Impact, Level, NativeRule, Node, Static, Words
from py314_rules.native.racing import first_use, racing_writes

OBJECT = re.compile(r"(?:struct |const )*\w*Object \*+")
_DECLARED = re.compile(rb"\b\w*Object\s*\*+\s*\w+\s*[=;\[,]")


class CStaticObjectRace(NativeRule):
    """A static variable that holds an object and is written while threads run, without a lock.

    ## What it does
    Reports variables of a file, and static ones of functions, that hold Python objects (`static PyObject *cache`) and
    are written by a function that any thread may call. Most are caches that the first call fills:
    `if (cache == NULL) cache = ...`.

    Writes are fine, and not reported, where no two threads make them at a time: in what runs only while the module is
    made (`PyInit_NAME`, `Py_mod_exec` slots, and functions that these alone call), under a lock or in a critical
    section, also that of all callers; and in functions that take the module down. Variables that are thread-local or
    atomic are not reported either.

    ## Why it matters
    With the GIL, no other thread ran between the test and the write. On a free-threaded build, two threads find the
    variable empty and both fill it. One reference leaks, and threads may go on with different objects, which matters
    where identity does; reading a pointer while another thread writes it is undefined behaviour in C. Where the old
    object is released (`Py_XSETREF`, `Py_DECREF`), another thread may still be using it: that crashes.

    A cache of interned strings that races so seldom does harm. It is as easily made safe.

    Seen in real code: MarkupSafe, regex, simplejson and wrapt had such caches; in the versions that support free
    threading they lock, fill them when the module is made, or do without.

    ## Example
    ```c
    #include <Python.h>

    static PyObject *decimal_type;

    static PyObject *
    is_decimal(PyObject *self, PyObject *value)
    {
        if (decimal_type == NULL) {
            decimal_type = PyImport_ImportModuleAttrString("decimal", "Decimal");
        }
        return PyBool_FromLong(Py_IS_TYPE(value, (PyTypeObject *)decimal_type));
    }
    ```

    ## Use instead
    ```c
    #include <Python.h>

    static PyObject *decimal_type;

    static int
    fill_module(PyObject *module)  /* a Py_mod_exec slot: runs once, under the import lock */
    {
        decimal_type = PyImport_ImportModuleAttrString("decimal", "Decimal");
        return decimal_type == NULL ? -1 : 0;
    }

    static PyModuleDef_Slot slots[] = {
        {Py_mod_exec, fill_module},
        {Py_mod_gil, Py_MOD_GIL_NOT_USED},
        {0, NULL}
    };
    ```

    ## Fix safety
    There is no fix: whether to fill it when the module is made, to keep it in the module's state, or to lock is a
    matter of design.

    ## References
    - [Protecting internal extension state](https://docs.python.org/3/howto/free-threading-extensions.html#protecting-internal-extension-state)
    """

    code, name = "EXT201", "c-static-object-race"
    level, impact, confidence = Level.WARNING, Impact.RACES, Confidence.HIGH
    free_threading = True
    words = (Words(test=_DECLARED.search),)

    def visit_translation_unit(self, node: Node) -> None:
        for variable in self.context.statics:
            if OBJECT.fullmatch(variable.type):
                self._check(variable)

    def _check(self, variable: Static) -> None:
        writes = racing_writes(self.context, variable)
        if not writes:
            return
        lazy = first_use(self.context, variable, writes)
        how = "is written" if lazy is None else "is filled on first use"
        self.report(
            writes[0] if lazy is None else lazy,
            f"`{variable.name}` is shared by all threads and {how} without a lock.",
            help="Fill it when the module is made (`Py_mod_exec`), or write it under a `PyMutex`.",
            symbol=variable.name,
            confidence=Confidence.MEDIUM if lazy is None else None,
        )
