"""EXT001 c-module-gil-undeclared."""

from __future__ import annotations

import re
from dataclasses import dataclass

from py314_check.api import Confidence, Impact, Level, NativeRule, Node, Words
from py314_rules.native.promise import CONSEQUENCE, PROMISE

_MARKERS = ("Py_mod_gil", "PyUnstable_Module_SetGIL")
_SINGLE_PHASE = frozenset({"PyModule_Create", "PyModule_Create2"})


@dataclass(frozen=True)
class _Initialisation:
    """How a module is made: what declares there that it needs no GIL, and how that is written."""

    marker: str
    remedy: str


_SLOTS = _Initialisation(
    "Py_mod_gil",
    "Add `{Py_mod_gil, Py_MOD_GIL_NOT_USED}` to the module's slots, under `#if PY_VERSION_HEX >= 0x030D0000`.",
)
_CALL = _Initialisation(
    "PyUnstable_Module_SetGIL",
    "Call `PyUnstable_Module_SetGIL(module, Py_MOD_GIL_NOT_USED)` under `#ifdef Py_GIL_DISABLED` before the module is"
    " returned.",
)

_NOT_USED = "Py_MOD_GIL_NOT_USED"
_DECIDES_LATER = re.compile(rb"(?:->|[\w\]]\.)\w+\s*=[^=;{}]*\b%s\b" % _NOT_USED.encode())
"""A slot that gets its value when the module is imported."""


class CModuleGilUndeclared(NativeRule):
    """An extension module in C or C++ that does not declare that it can run without the GIL.

    ## What it does
    Reports functions through which Python makes a module (`PyInit_NAME`, also where macros write them, and from Python
    3.15 on `PyModExport_NAME`) where nothing declares that the module needs no GIL: the slot `Py_mod_gil` in
    multi-phase initialisation, a call of `PyUnstable_Module_SetGIL` in single-phase initialisation.

    The code is read as a free-threaded build compiles it, so a declaration that stands behind a test that is false
    there does not count: `PY_VERSION_HEX >= 0x03130000` is Python 3.19, and neither `PyUnstable_Module_SetGIL` nor
    `PyMutex` is a macro that `#ifdef` could find. Nor does a call of `PyUnstable_Module_SetGIL` in a `Py_mod_exec`
    slot: it has no effect. Two `Py_mod_gil` slots make the import fail.

    A module that declares `Py_MOD_GIL_USED` says so on purpose, and is a note.

    ## Why it matters
    On a free-threaded build, the first import of such a module turns the GIL on for the whole process, whatever its
    other modules declare, and says so in a `RuntimeWarning`.

    Declaring support is a promise, not a proof: nothing is checked when the module is imported.

    ## Example
    ```c
    #include <Python.h>

    static PyModuleDef_Slot slots[] = {
        {Py_mod_exec, fill},
        {0, NULL}
    };

    static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "fast", .m_slots = slots};

    PyMODINIT_FUNC PyInit_fast(void)
    {
        return PyModuleDef_Init(&module);
    }
    ```

    ## Use instead
    ```c
    #include <Python.h>

    static PyModuleDef_Slot slots[] = {
        {Py_mod_exec, fill},
    #if PY_VERSION_HEX >= 0x030D0000
        {Py_mod_gil, Py_MOD_GIL_NOT_USED},
    #endif
        {0, NULL}
    };

    static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "fast", .m_slots = slots};

    PyMODINIT_FUNC PyInit_fast(void)
    {
        return PyModuleDef_Init(&module);
    }
    ```

    ## Fix safety
    There is no fix: the declaration is right only when the module's code can be run by several threads at a time.

    ## References
    - [C API extension support for free threading](https://docs.python.org/3/howto/free-threading-extensions.html)
    - [PEP 703](https://peps.python.org/pep-0703/)
    """

    code, name = "EXT001", "c-module-gil-undeclared"
    level, impact, confidence = Level.WARNING, Impact.BLOCKS_FREE_THREADING, Confidence.HIGH
    free_threading = True
    words = (Words(test=re.compile(rb"Py(?:Init|ModExport)U?_|Py(?:MODINIT|MODEXPORT)_FUNC").search),)

    def visit_translation_unit(self, node: Node) -> None:
        for function in self.context.module_inits:
            exported = self.context.name(function).startswith("PyModExport")
            if not exported or self.context.target.version >= (3, 15):
                self._check(function, exported=exported)

    def _check(self, function: Node, *, exported: bool) -> None:
        calls = [call for one in self.context.runs(function) for call in self.context.calls(one)]
        called = {self.context.name(call) for call in calls}
        if exported:
            self._check_slots(function, None)
        elif "PyModuleDef_Init" in called:
            definition = next(call for call in calls if self.context.name(call) == "PyModuleDef_Init")
            self._check_slots(function, definition)
        elif _SINGLE_PHASE & called:
            self._check_calls(function, calls)
        elif not any(marker.encode() in self.context.code for marker in _MARKERS):
            self._undeclared(function, _SLOTS, whole=False)

    def _check_slots(self, function: Node, call: Node | None) -> None:
        if b"Py_mod_gil" not in self.context.code:
            self._undeclared(function, _SLOTS, whole=call is None or self._is_whole(call))
            return
        slots = None if call is None else self._slots(call)
        if slots is None:  # written in a way that we cannot follow, and yet declared
            return
        declared = [slot[1] for slot in slots if len(slot) > 1 and self.context.text(slot[0]) == "Py_mod_gil"]
        if not declared:
            self._undeclared(function, _SLOTS)
        elif len(declared) > 1:
            self.report(
                function,
                f"`{self.context.name(function)}` makes a module with two `Py_mod_gil` slots: importing it fails with"
                " SystemError.",
                help="Leave one of them.",
                symbol="Py_mod_gil",
                level=Level.ERROR,
                impact=Impact.BREAKS,
            )
        else:
            self._check_value(function, declared[0], _SLOTS)

    def _check_calls(self, function: Node, calls: list[Node]) -> None:
        setting = [call for call in calls if self.context.name(call) == "PyUnstable_Module_SetGIL"]
        if setting:
            self._check_value(function, self.context.arguments(setting[0])[-1], _CALL)
        elif b"PyUnstable_Module_SetGIL" not in self.context.code:
            self._undeclared(function, _CALL)

    def _check_value(self, function: Node, value: Node, how: _Initialisation) -> None:
        text = self.context.text(value)
        if "Py_MOD_GIL_USED" in text and _NOT_USED not in text and not _DECIDES_LATER.search(self.context.code):
            self.report(
                function,
                f"`{self.context.name(function)}` makes a module that asks for the GIL (`Py_MOD_GIL_USED`):"
                f" {CONSEQUENCE}.",
                help=f"Declare `Py_MOD_GIL_NOT_USED` once it can do without. {PROMISE}",
                symbol=how.marker,
                level=Level.NOTE,
            )

    def _undeclared(self, function: Node, how: _Initialisation, *, whole: bool = True) -> None:
        """Reports a module. Where the file does not show the ``whole`` of how it is made, others may declare it."""
        if self.context.is_left_out(how.marker):
            why = f" `{how.marker}` stands in this file only where no free-threaded build compiles it."
        elif how is _SLOTS and b"PyUnstable_Module_SetGIL" in self.context.code:
            why = " `PyUnstable_Module_SetGIL` has no effect in multi-phase initialisation."
        else:
            why = ""
        name = self.context.name(function)
        self.report(
            function,
            f"`{name}` makes a module that does not declare that it needs no GIL: {CONSEQUENCE}.",
            help=f"{how.remedy}{why} {PROMISE}",
            symbol=how.marker,
            confidence=None if whole else Confidence.MEDIUM,
            unless=() if whole else _MARKERS,
        )

    def _slots(self, call: Node) -> list[list[Node]] | None:
        """The slots of the module that a call of PyModuleDef_Init makes; None where the file does not show them."""
        definition = self.context.initializer(self.context.name(self.context.arguments(call)[0]))
        for field in () if definition is None else definition.named_children:
            array = self.context.initializer(self.context.name(field))
            slots = [] if array is None else [list(row) for row in self.context.entries(array)]
            if any(self.context.text(slot[0]).startswith("Py_mod_") for slot in slots if slot):
                return slots
        return None

    def _is_whole(self, call: Node) -> bool:
        """Whether the file shows the definition of the module, whose slots no other file can add to."""
        arguments = self.context.arguments(call)
        return bool(arguments) and self.context.initializer(self.context.name(arguments[0])) is not None
