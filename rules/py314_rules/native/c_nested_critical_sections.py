"""EXT209 c-nested-critical-sections."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, NativeRule, Node, Words

_BEGIN = "Py_BEGIN_CRITICAL_SECTION"


class CNestedCriticalSections(NativeRule):
    """A critical section inside another one, which does not hold both locks.

    ## What it does
    Reports `Py_BEGIN_CRITICAL_SECTION` in a critical section that was begun in the same function for another object.

    ## Why it matters
    A critical section is suspended when its thread has to wait, so that threads cannot deadlock: while the inner
    section waits for its object, the outer one lets go of its own. Only the innermost is certain to be held. What was
    read of the outer object before may have changed when the inner section begins.

    Where the two objects have nothing to do with each other, that is no harm, and saying so in a comment helps.

    Seen in real code: nothing yet.

    ## Example
    ```c
    #include <Python.h>

    static PyObject *
    Box_move(Box *self, PyObject *other)
    {
        Py_BEGIN_CRITICAL_SECTION(self);
        Py_BEGIN_CRITICAL_SECTION(other);
        ((Box *)other)->size += self->size;
        self->size = 0;
        Py_END_CRITICAL_SECTION();
        Py_END_CRITICAL_SECTION();
        Py_RETURN_NONE;
    }
    ```

    ## Use instead
    ```c
    #include <Python.h>

    static PyObject *
    Box_move(Box *self, PyObject *other)
    {
        Py_BEGIN_CRITICAL_SECTION2(self, other);
        ((Box *)other)->size += self->size;
        self->size = 0;
        Py_END_CRITICAL_SECTION2();
        Py_RETURN_NONE;
    }
    ```

    ## Fix safety
    There is no fix: whether the outer section's state matters in the inner one is for its author to say.

    ## References
    - [Critical section API](https://docs.python.org/3/c-api/synchronization.html#python-critical-section-api)
    """

    code, name = "EXT209", "c-nested-critical-sections"
    level, impact, confidence = Level.WARNING, Impact.RACES, Confidence.MEDIUM
    free_threading = True
    words = (Words(_BEGIN),)

    def visit_call_expression(self, node: Node) -> None:
        if self.context.name(node) != _BEGIN:
            return
        outer = self.context.critical_section(node)
        if outer is None or self.context.name(outer) != _BEGIN:
            return
        inner_object, outer_object = (
            "".join(map(self.context.text, self.context.arguments(one))) for one in (node, outer)
        )
        if inner_object != outer_object:
            self.report(
                node,
                f"While this waits for `{inner_object}`, the critical section of `{outer_object}` around it is"
                " suspended: both are not held.",
                help=f"Use one `{_BEGIN}2({outer_object}, {inner_object})` for both.",
                symbol=_BEGIN,
            )
