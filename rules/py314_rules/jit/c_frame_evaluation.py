"""JIT006 c-frame-evaluation."""

from __future__ import annotations

import re

from py314_check.api import Confidence, Impact, Level, NativeRule, Node, Words

_FUNCTION = "_PyInterpreterState_SetEvalFrameFunc"
_DEFAULT = "_PyEval_EvalFrameDefault"


class CFrameEvaluation(NativeRule):
    """A function of C that evaluates frames instead of CPython's own (PEP 523).

    ## What it does
    Reports calls of `_PyInterpreterState_SetEvalFrameFunc` in C and C++, save those that put back
    `_PyEval_EvalFrameDefault` or what `_PyInterpreterState_GetEvalFrameFunc` gave. Tests are left alone.

    CPython 3.14 and 3.15 still have the function under this name; it is private, and its documentation promises
    nothing.

    ## Why it matters
    It throws away all code that the JIT has compiled in the process (in CPython's source, Python/pystate.c invalidates
    all executors). Observed on CPython 3.14.10 and 3.15.2: every compiled loop was gone after the call; putting the
    default back threw nothing away. Where no JIT is on, which is the default, nothing changes.

    ## Example
    ```c
    #include <Python.h>

    static PyObject *trace(PyObject *module, PyObject *args)
    {
        _PyInterpreterState_SetEvalFrameFunc(PyInterpreterState_Get(), evaluate);
        Py_RETURN_NONE;
    }
    ```

    ## Use instead
    ```c
    #include <Python.h>

    static PyObject *untrace(PyObject *module, PyObject *args)
    {
        _PyInterpreterState_SetEvalFrameFunc(PyInterpreterState_Get(), _PyEval_EvalFrameDefault);
        Py_RETURN_NONE;
    }
    ```

    ## Fix safety
    There is no fix. `sys.monitoring` may do what the function is for.

    ## References
    - [PEP 523: adding a frame evaluation API](https://peps.python.org/pep-0523/)
    - [PEP 744: JIT compilation](https://peps.python.org/pep-0744/)
    """

    code, name = "JIT006", "c-frame-evaluation"
    level, impact, confidence = Level.NOTE, Impact.OPPORTUNITY, Confidence.HIGH
    since = "3.14"
    in_tests = False
    words = (Words(_FUNCTION),)

    def visit_call_expression(self, node: Node) -> None:
        if self.context.name(node) != _FUNCTION or self.context.is_own(_FUNCTION):
            return
        arguments = self.context.arguments(node)
        if len(arguments) == 2 and not self._puts_back(self.context.name(arguments[1])):
            self.report(
                node,
                f"`{_FUNCTION}` throws away all code that the JIT has compiled in the process.",
                help="Set it once and early. `sys.monitoring` may do what it is for.",
                symbol=_FUNCTION,
            )

    def _puts_back(self, name: str) -> bool:
        """Whether a variable or function is what evaluated frames before."""
        saved = rf"\b{re.escape(name)}\s*=\s*_PyInterpreterState_GetEvalFrameFunc\b".encode()
        return name == _DEFAULT or (bool(name) and re.search(saved, self.context.code) is not None)
