"""EXT212 c-set-item-on-shared."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, NativeRule, Node, Owner, Words

_INSTEAD = {
    "PyList_SET_ITEM": "Use `PyList_SetItem`, which locks.",
    "PyTuple_SET_ITEM": "Make a new tuple.",
    "PyTuple_SetItem": "Make a new tuple.",
    "PyStructSequence_SET_ITEM": "Make a new one.",
    "PyStructSequence_SetItem": "Make a new one.",
    "_PyTuple_Resize": "Make a new tuple.",
    "_PyBytes_Resize": "Make a new one.",
}


class CSetItemOnShared(NativeRule):
    """An item set without a lock in a list or tuple that is not new.

    ## What it does
    Reports `PyList_SET_ITEM`, `PyTuple_SET_ITEM`, `_PyBytes_Resize` and others that are meant for new objects alone, on
    what is in a field of an object or a variable of the file, where the function did not just put it there (confidence
    medium). On what is of unknown origin, confidence is low.

    ## Why it matters
    These write, and do not lock; `PyList_SET_ITEM` and `PyTuple_SET_ITEM` do not release the old item either. With the
    GIL, reusing a tuple that only one's own code held was a trick that worked. On a free-threaded build, two threads
    fill it at a time, and each passes on what the other put there.

    Seen in real code: uWSGI passes each request to its greenlet in one tuple that all of them use.

    ## Example
    ```c
    #include <Python.h>

    static PyObject *
    Caller_call(Caller *self, PyObject *value)
    {
        PyTuple_SET_ITEM(self->arguments, 0, Py_NewRef(value));
        return PyObject_CallObject(self->function, self->arguments);
    }
    ```

    ## Use instead
    ```c
    #include <Python.h>

    static PyObject *
    Caller_call(Caller *self, PyObject *value)
    {
        return PyObject_CallOneArg(self->function, value);
    }
    ```

    ## Fix safety
    There is no fix: a list is to be locked, a tuple to be made anew.

    ## References
    - [PyList_SET_ITEM](https://docs.python.org/3/c-api/list.html#c.PyList_SET_ITEM)
    - [PyTuple_SET_ITEM](https://docs.python.org/3/c-api/tuple.html#c.PyTuple_SET_ITEM)
    """

    code, name = "EXT212", "c-set-item-on-shared"
    level, impact, confidence = Level.WARNING, Impact.RACES, Confidence.MEDIUM
    free_threading = True
    words = tuple(Words(name) for name in _INSTEAD)

    def visit_call_expression(self, node: Node) -> None:
        name, arguments = self.context.name(node), self.context.arguments(node)
        if name not in _INSTEAD or not arguments or self.context.function(node) is None:
            return
        container = arguments[0].child_by_field_name("argument") if name.startswith("_") else arguments[0]
        owner = Owner.UNKNOWN if container is None else self.context.owner(container)
        if container is None or owner is Owner.PRIVATE or self.context.is_serialised(node):
            return
        if self.context.values_here(container):  # new, if not in every loop: others seldom know it yet
            return
        self.report(
            node,
            f"`{name}` is for new objects alone: other threads may use this one, and it does not lock.",
            help=_INSTEAD[name],
            symbol=name,
            confidence=None if owner is Owner.SHARED else Confidence.LOW,
        )
