"""EXT207 c-static-state-race."""

from __future__ import annotations

import re

from py314_check.api import Confidence, Directive, Impact, Level, NativeRule, Node, Static, Words
from py314_rules.native.c_static_object_race import OBJECT
from py314_rules.native.racing import first_use, racing_writes

_TABLES = re.compile(r"Py\w*(?:Def|Def_Slot|Slot|Spec|Desc|TypeObject|Methods|Procs)\b")
"""What describes modules and types to Python: filled by whoever makes them, seldom anything else."""
_PYTHON = re.compile(rb"Python\.h|PyObject|pybind11|nanobind")
"""Without any of these, what serialises calls of the code is not to be told."""
_EMBEDS = ("Py_Initialize(", "Py_InitializeEx(", "Py_InitializeFromConfig(")
"""What programs call that embed Python. What they run at their start does not show in the code."""


class CStaticStateRace(NativeRule):
    """A static variable that holds other state than objects and is written without a lock.

    ## What it does
    Reports variables of a file, and static ones of functions, that are written by a function that any thread may call:
    counters, arrays and structures that are changed in place, C++ containers, pointers that the first call fills, and
    lists of free blocks. A mere flag or number that is set, and a pointer that is replaced, are of low confidence, and
    hidden unless asked for: most of these are harmless. So is what stands under a condition of the preprocessor that
    cannot be told, such as `#ifdef DEBUG`. Variables that hold Python objects are the business of `EXT201`.

    Writes are fine, and not reported, where no two threads make them at a time: in what runs only while the module is
    made (`PyInit_NAME`, `Py_mod_exec` slots, and functions that these alone call), under a lock or in a critical
    section, also that of all callers; and in functions that take the module down. Variables that are thread-local or
    atomic, or whose address is given to functions that work on atomics, are not reported either; nor is anything in
    projects that embed Python (`Py_Initialize`): what they run before any thread does not show in the code.

    ## Why it matters
    With the GIL, no other thread ran between two calls into Python. On a free-threaded build, two threads that count at
    a time lose counts, and hand out the same number twice; two that take from one list of free blocks get the same
    block; of two that fill one buffer, each reads what the other wrote. A C++ container that is changed while another
    thread uses it crashes.

    Seen in real code: pygame hands out the numbers of event types from such a counter; NumPy 2.0 kept a list of free
    blocks in such an array; PyGObject writes the text of `repr` into such a buffer.

    ## Example
    ```c
    #include <Python.h>

    static unsigned long long last_version;

    static PyObject *
    next_version(PyObject *self, PyObject *unused)
    {
        return PyLong_FromUnsignedLongLong(++last_version);
    }
    ```

    ## Use instead
    ```c
    #include <Python.h>

    static unsigned long long last_version;
    static PyMutex versions;

    static PyObject *
    next_version(PyObject *self, PyObject *unused)
    {
        unsigned long long version;
        PyMutex_Lock(&versions);
        version = ++last_version;
        PyMutex_Unlock(&versions);
        return PyLong_FromUnsignedLongLong(version);
    }
    ```

    ## Fix safety
    There is no fix: whether to keep it for each object or each thread, to make it atomic, or to lock is a matter of
    design.

    ## References
    - [Protecting internal extension state](https://docs.python.org/3/howto/free-threading-extensions.html#protecting-internal-extension-state)
    """

    code, name = "EXT207", "c-static-state-race"
    level, impact, confidence = Level.WARNING, Impact.RACES, Confidence.MEDIUM
    free_threading = True
    words = (Words(test=_PYTHON.search),)
    _is_about_python = False

    def visit_Directive(self, directive: Directive) -> None:
        self._is_about_python = self._is_about_python or _PYTHON.search(directive.text.encode()) is not None

    def visit_translation_unit(self, node: Node) -> None:
        if not self._is_about_python and not _PYTHON.search(self.context.code):
            return
        for variable in self.context.statics:
            if not (OBJECT.fullmatch(variable.type) or _TABLES.search(variable.type)):
                self._check(variable)

    def _check(self, variable: Static) -> None:
        if any(word.encode() in self.context.code for word in _EMBEDS):
            return
        writes = racing_writes(self.context, variable)
        grades = [(self._grade(variable, write) if self.context.is_certain(write) else "", write) for write in writes]
        if not grades:
            return
        how, write = next(((how, write) for how, write in grades if how), ("", writes[0]))
        self.report(
            write,
            f"`{variable.name}` is shared by all threads and {how or 'is written'} without a lock.",
            help="Keep it for each object, thread or module, make it atomic, or write it under a `PyMutex`.",
            symbol=variable.name,
            confidence=None if how else Confidence.LOW,
            unless=_EMBEDS,
        )

    def _grade(self, variable: Static, write: Node) -> str:
        """What a write does that goes wrong when two threads do it; empty where it may well be harmless."""
        operator = write.child_by_field_name("operator")
        target = write.child_by_field_name("left") or write.child_by_field_name("argument")
        if write.type == "update_expression" or (operator is not None and operator.type != "="):
            return "is counted in"
        if target is None or target.type != "identifier":
            return "is changed in place"
        name, value = re.escape(variable.name), write.child_by_field_name("right")
        written = "" if value is None else self.context.text(value)
        if not variable.type.endswith("*"):
            return "is counted in" if re.match(rf"{name}\s*[-+]", written) else ""
        if re.search(rf"(?<![\w.>]){name}\b", written):
            return "is changed in steps"
        if first_use(self.context, variable, [write]) is not None:
            return "is filled on first use"
        return "is relinked" if self._is_list(variable, write) else ""

    def _is_list(self, variable: Static, write: Node) -> bool:
        """Whether a function links to what a pointer points to, or goes on to what that links to."""
        function = self.context.function(write)
        code = "" if function is None else self.context.text(function)
        name = re.escape(variable.name)
        return re.search(rf"->\s*\w+\s*=\s*{name}\b(?!\s*->)|\b{name}\s*=[^;=]*->\s*\w*next\w*\b", code) is not None
