"""EXT106 c-set-gil-unguarded."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, NativeRule, Node, Words

_FUNCTION = "PyUnstable_Module_SetGIL"


class CSetGilUnguarded(NativeRule):
    """A call of `PyUnstable_Module_SetGIL` that builds with the GIL compile, too.

    ## What it does
    Reports calls of `PyUnstable_Module_SetGIL` that are not left out by `#ifdef Py_GIL_DISABLED`, for targets with the
    GIL.

    ## Why it matters
    The function exists on free-threaded builds alone. Elsewhere the extension does not build; older compilers only
    warn, and then the import fails.

    ## Example
    ```c
    #include <Python.h>

    PyMODINIT_FUNC PyInit_fast(void)
    {
        PyObject *module = PyModule_Create(&definition);
        PyUnstable_Module_SetGIL(module, Py_MOD_GIL_NOT_USED);
        return module;
    }
    ```

    ## Use instead
    ```c
    #include <Python.h>

    PyMODINIT_FUNC PyInit_fast(void)
    {
        PyObject *module = PyModule_Create(&definition);
    #ifdef Py_GIL_DISABLED
        PyUnstable_Module_SetGIL(module, Py_MOD_GIL_NOT_USED);
    #endif
        return module;
    }
    ```

    ## Fix safety
    There is no fix yet.

    ## References
    - [PyUnstable_Module_SetGIL](https://docs.python.org/3/c-api/module.html#c.PyUnstable_Module_SetGIL)
    """

    code, name = "EXT106", "c-set-gil-unguarded"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    words = (Words(_FUNCTION),)

    def visit_call_expression(self, node: Node) -> None:
        if self.context.target.free_threaded or self.context.name(node) != _FUNCTION:
            return
        if self.context.is_certain(node) and not self.context.is_own(_FUNCTION):
            self.report(
                node,
                f"`{_FUNCTION}` exists on free-threaded builds alone: this does not build on others.",
                help="Call it under `#ifdef Py_GIL_DISABLED`.",
                symbol=_FUNCTION,
                unless=(f"define {_FUNCTION}",),
            )
