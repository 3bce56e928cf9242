"""EXT205 c-reference-count-test."""

from __future__ import annotations

import re

from py314_check.api import Confidence, Impact, Level, NativeRule, Node, Owner, Words

_COUNT = re.compile(r"Py_REFCNT\b")  # a field `ob_refcnt` does not compile there, which another rule says
_COMPARES = frozenset({"==", "!=", "<", "<=", ">", ">="})
_ASSERTS = re.compile(r"(?i)assert|d?check")


class CReferenceCountTest(NativeRule):
    """A test for a reference count of one, which does not show that no other thread has the object.

    ## What it does
    Reports comparisons of `Py_REFCNT(object)` with 1 or 2. Assertions are not reported, nor are objects that the
    function has just made, functions that take an object down, and what runs only while the module is made. Of an
    object that is neither an argument nor kept in a field or a variable of the file, the finding is of low confidence,
    and hidden unless asked for: often a function has just returned a reference of its own.

    ## Why it matters
    Code asks for a count of one to find out whether it may change an object in place, or take it apart. On a
    free-threaded build the count is kept in two parts, and between the test and the change another thread may take a
    reference of its own, from a list or a weak reference say: then the object changes under its hands.

    From Python 3.14 on, builds with the GIL are concerned as well: the interpreter lends the arguments of a call
    without counting, so an argument with a count of one may still be a variable of the caller.

    Seen in real code: zstandard asked for a count of one before it resized a bytes object, and asks
    `PyUnstable_Object_IsUniquelyReferenced` since 0.25. greenlet decides by counts whether the main greenlet of a
    finished thread has leaked.

    ## Example
    ```c
    #include <Python.h>

    static PyObject *
    add(PyObject *left, PyObject *right)
    {
        if (Py_REFCNT(left) == 1) {
            return add_in_place(left, right);
        }
        return add_to_copy(left, right);
    }
    ```

    ## Use instead
    ```c
    #include <Python.h>

    static PyObject *
    add(PyObject *left, PyObject *right)
    {
        if (PyUnstable_Object_IsUniqueReferencedTemporary(left)) {
            return add_in_place(left, right);
        }
        return add_to_copy(left, right);
    }
    ```

    ## Fix safety
    There is no fix: of an argument, ask `PyUnstable_Object_IsUniqueReferencedTemporary`, of other objects
    `PyUnstable_Object_IsUniquelyReferenced`; either may say no of an object that is yours alone.

    ## References
    - [PyUnstable_Object_IsUniquelyReferenced](https://docs.python.org/3/c-api/object.html#c.PyUnstable_Object_IsUniquelyReferenced)
    - [PyUnstable_Object_IsUniqueReferencedTemporary](https://docs.python.org/3/c-api/object.html#c.PyUnstable_Object_IsUniqueReferencedTemporary)
    """

    code, name = "EXT205", "c-reference-count-test"
    level, impact, confidence = Level.WARNING, Impact.RACES, Confidence.MEDIUM
    free_threading = True
    words = (Words("Py_REFCNT"),)

    def visit_binary_expression(self, node: Node) -> None:
        operator, left, right = (node.child_by_field_name(field) for field in ("operator", "left", "right"))
        if operator is None or left is None or right is None or operator.type not in _COMPARES:
            return
        count, number = (right, left) if left.type == "number_literal" else (left, right)
        function = self.context.function(node)
        if (
            function is None
            or self.context.text(number) not in ("1", "2")
            or not _COUNT.match(self.context.text(count))
        ):
            return
        arguments = self.context.arguments(count)
        owner = self.context.owner(arguments[0]) if arguments else Owner.UNKNOWN
        if owner is Owner.PRIVATE:
            return
        if self.context.is_teardown(function) or self.context.is_init_only(self.context.name(function)):
            return
        if not self._is_asserted(node):
            self.report(
                node,
                f"`{self.context.text(node)}` does not show that no other thread can reach the object.",
                help="Ask `PyUnstable_Object_IsUniquelyReferenced`, or of an argument"
                " `PyUnstable_Object_IsUniqueReferencedTemporary`; both are new in Python 3.14.",
                symbol="Py_REFCNT",
                confidence=Confidence.LOW if owner is Owner.UNKNOWN else None,
            )

    def _is_asserted(self, node: Node) -> bool:
        around = node.parent
        while around is not None and around.type.endswith(("_expression", "argument_list")):
            if around.type == "call_expression" and _ASSERTS.search(self.context.name(around)):
                return True
            around = around.parent
        return False
