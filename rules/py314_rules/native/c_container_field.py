"""EXT213 c-container-field."""

from __future__ import annotations

import re
from dataclasses import dataclass

from py314_check.api import Confidence, Context, Impact, Level, NativeRule, Node, Words, load_facts
from py314_rules.native.borrowing import confidence


@dataclass(frozen=True)
class Row:
    """A field of a container; see container_fields.toml."""

    instead: str


FIELDS = load_facts("py314_rules.facts", "container_fields.toml", Row)
_STRUCTURES = {name.partition(".")[0] for name in FIELDS}


class CContainerField(NativeRule):
    """A field of a list, dictionary, set or bytearray, used without the container's lock.

    ## What it does
    Reports, once for each way of writing it in a function, fields such as `((PyListObject *)x)->ob_item` outside of a
    critical section, where other threads may reach the container: it is in a field of an object or a variable of the
    file that the file changes in place (confidence high), or it is an argument (medium). All else is of low confidence,
    and hidden unless asked for.

    Not reported are containers that the function has just made, and what runs under a lock or in a critical section,
    also that of all callers.

    ## Why it matters
    Python's own functions lock a container before they touch its fields. Without the lock, another thread that makes
    the list grow frees the array that `ob_item` pointed to a moment ago.

    Seen in real code: mypyc's library resizes lists by hand.

    ## Example
    ```c
    #include <Python.h>

    static PyObject *
    total(PyObject *self, PyObject *values)
    {
        PyObject **items = ((PyListObject *)values)->ob_item;
        return add(items, PyList_GET_SIZE(values));
    }
    ```

    ## Use instead
    ```c
    #include <Python.h>

    static PyObject *
    total(PyObject *self, PyObject *values)
    {
        PyObject *result;
        Py_BEGIN_CRITICAL_SECTION(values);
        PyObject **items = ((PyListObject *)values)->ob_item;
        result = add(items, PyList_GET_SIZE(values));
        Py_END_CRITICAL_SECTION();
        return result;
    }
    ```

    ## Fix safety
    There is no fix: what takes a field's place gives references of one's own, or must not be jumped out of.

    ## References
    - [C API extension support for free threading](https://docs.python.org/3/howto/free-threading-extensions.html)
    """

    code, name = "EXT213", "c-container-field"
    level, impact, confidence = Level.WARNING, Impact.RACES, Confidence.HIGH
    free_threading = True
    words = (Words(test=re.compile(rb"\b(?:%s)\b" % "|".join(sorted(_STRUCTURES)).encode()).search),)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._seen: set[tuple[int, str]] = set()

    def visit_field_expression(self, node: Node) -> None:
        container, field = node.child_by_field_name("argument"), node.child_by_field_name("field")
        function = self.context.function(node)
        if container is None or field is None or function is None:
            return
        row = FIELDS.get(f"{self.context.type_name(container)}.{self.context.text(field)}")
        if row is None:
            return
        place = (function.start_byte, self.context.text(node))
        sure = confidence(self.context, container)
        if sure is not None and place not in self._seen and not self.context.is_serialised(node):
            self._seen.add(place)
            self.report(
                node,
                f"`{self.context.text(field)}` of a container is used without the container's lock.",
                help=f"Use {row.instead}.",
                symbol=self.context.text(field),
                confidence=sure,
            )
