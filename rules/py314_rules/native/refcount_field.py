"""EXT103 refcount-field."""

from __future__ import annotations

import re

from py314_check.api import Confidence, Directive, Impact, Level, NativeRule, Node, Words
from py314_rules.native.macro_bodies import macro_words, word_in

_FIELD = "ob_refcnt"
_ACCESS = re.compile(rf"(?:->|\.)\s*{_FIELD}\b")


class RefcountField(NativeRule):
    """The field `ob_refcnt`, which objects do not have on a free-threaded build.

    ## What it does
    Reports `object->ob_refcnt` and `object.ob_refcnt` in code that a free-threaded build compiles, also
    behind macros of the file.

    ## Why it matters
    There the count is kept in two fields, `ob_ref_local` and `ob_ref_shared`: the extension does not build.

    ## Example
    ```c
    #include <Python.h>

    static Py_ssize_t
    count(PyObject *object)
    {
        return object->ob_refcnt;
    }
    ```

    ## Use instead
    ```c
    #include <Python.h>

    static Py_ssize_t
    count(PyObject *object)
    {
        return Py_REFCNT(object);
    }
    ```

    ## Fix safety
    There is no fix yet. `Py_REFCNT` reads, `Py_SET_REFCNT` (Python 3.9, or pythoncapi-compat) writes. A count of 1 does
    not say that no other thread holds the object: from Python 3.14 on, `PyUnstable_Object_IsUniquelyReferenced` does.

    ## References
    - [C API extension support for free threading](https://docs.python.org/3/howto/free-threading-extensions.html)
    - [PEP 703: biased reference counting](https://peps.python.org/pep-0703/#biased-reference-counting)
    """

    code, name = "EXT103", "refcount-field"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    free_threading = True
    words = (Words(_FIELD),)

    def visit_field_expression(self, node: Node) -> None:
        if self.context.name(node) == _FIELD:
            self._found(node)

    def visit_Directive(self, directive: Directive) -> None:
        if _ACCESS.search(directive.rest) and macro_words(self.context, directive, (_FIELD,)):
            self._found(directive, part=word_in(directive, _FIELD))

    def _found(self, node: Node | Directive, *, part: tuple[int, int] | None = None) -> None:
        self.report(
            node,
            f"Objects have no field `{_FIELD}` on a free-threaded build: this does not compile there.",
            help="Use `Py_REFCNT` to read the count, and `Py_SET_REFCNT` to write it.",
            symbol=_FIELD,
            part=part,
        )
