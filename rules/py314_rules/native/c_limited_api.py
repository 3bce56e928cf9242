"""EXT105 c-limited-api."""

from __future__ import annotations

import re

from py314_check.api import Confidence, Directive, Impact, Level, NativeRule, Words

_MACRO, _TARGET = "Py_LIMITED_API", "Py_TARGET_ABI3T"
_DEFINED = re.compile(rf"(?P<macro>{_MACRO}|{_TARGET})\b\s*(?P<version>0[xX][0-9a-fA-F]+|[1-9]\d*|)")
_NOT_IN_ABI3T = re.compile(
    rb"\bPy(?:Object_HEAD|Object_VAR_HEAD|ModuleDef_HEAD_INIT|(?:Var)?Object_HEAD_INIT)\b"
    rb"|->\s*ob_(?:refcnt|type|size)\b|\bsizeof\s*\(\s*Py(?:Var)?Object\s*\)|\bPy(?:Var)?Object\s+\w+\s*;"
)
"""What needs to see the structures of objects and modules."""
_FIRST_ABI3T = 0x030F0000


class CLimitedApi(NativeRule):
    """A definition of `Py_LIMITED_API`, which free-threaded builds do not compile with.

    ## What it does
    Reports `#define Py_LIMITED_API` where a free-threaded build comes to it. A test of `Py_GIL_DISABLED` around it
    helps only where the build sets that macro, or behind `#include <pyconfig.h>`: it is that header which defines it.

    For Python 3.15 and later, reports it where the file does not compile with abi3t, and reports
    `#define Py_TARGET_ABI3T`, which chooses abi3t on every build, in the same way.

    ## Why it matters
    The limited API has no free-threaded variant before Python 3.15: there, `Python.h` stops with an error. From Python
    3.15 on, the definition chooses the stable ABI for free-threaded builds, abi3t. That begins with version 3.15 of the
    limited API: with an earlier one, the headers call `Py_IS_TYPE` without a declaration, and for `Py_TARGET_ABI3T`
    they stop with an error. And abi3t shows neither `PyObject` nor `PyModuleDef` from inside: code with
    `PyObject_HEAD`, `PyModuleDef_HEAD_INIT` or `sizeof(PyObject)` does not compile.

    ## Example
    ```c
    #define Py_LIMITED_API 0x030A0000
    #include <Python.h>
    ```

    ## Use instead
    ```c
    #include <pyconfig.h>
    #ifndef Py_GIL_DISABLED
    #define Py_LIMITED_API 0x030A0000
    #endif
    #include <Python.h>
    ```

    ## Fix safety
    There is no fix: the tags of the wheels depend on it, so the build has to know as well.

    ## References
    - [C API extension support for free threading](https://docs.python.org/3/howto/free-threading-extensions.html#limited-c-api-and-stable-abi)
    - [PEP 803: abi3t](https://peps.python.org/pep-0803/)
    """

    code, name = "EXT105", "c-limited-api"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    free_threading = True
    words = tuple(
        Words(macro, test=re.compile(rb"#[ \t]*define[ \t]+%s\b" % macro.encode()).search)
        for macro in (_MACRO, _TARGET)
    )

    def visit_Directive(self, directive: Directive) -> None:
        defined = _DEFINED.fullmatch(directive.rest) if directive.name == "define" else None
        if defined is None:
            return
        macro, version = defined["macro"], self.context.target.version
        builds = "free-threaded builds" if macro == _MACRO else "any build"
        if version < (3, 15):
            if macro == _TARGET:
                return
            message = f"`{macro}` does not compile on free-threaded builds of Python {version[0]}.{version[1]}."
        elif int(defined["version"] or "0", 0) < _FIRST_ABI3T:
            message = f"`{macro}` of a version before 3.15 does not compile on {builds}."
        elif _NOT_IN_ABI3T.search(self.context.code):
            message = f"`{macro}` chooses abi3t on {builds}, with which this file does not compile."
        else:
            return
        self.report(
            directive,
            message,
            help="Define it under `#ifndef Py_GIL_DISABLED`, behind `#include <pyconfig.h>`, and build wheels of their"
            " own for free-threaded Pythons."
            if macro == _MACRO
            else "Give it the version 0x030F0000, and reach objects and modules by functions alone.",
            symbol=macro,
            confidence=None if directive.certain else Confidence.LOW,
            unless_built_with=("Py_GIL_DISABLED",) if macro == _MACRO else (),
            free_threading=macro == _MACRO,
        )
