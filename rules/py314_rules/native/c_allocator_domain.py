"""EXT211 c-allocator-domain."""

from __future__ import annotations

import re
from dataclasses import dataclass

from py314_check.api import Confidence, Impact, Level, NativeRule, Node, Words, load_facts


@dataclass(frozen=True)
class Row:
    """A function that allocates or releases memory; see allocators.toml."""

    domain: str
    release: str | None = None
    resizes: bool = False


ALLOCATORS = load_facts("py314_rules.facts", "allocators.toml", Row)
_OBJECT_DOMAINS = ("object", "collected object")
_MAKES_OBJECT = frozenset({"PyObject_Init", "PyObject_InitVar", "PyObject_INIT", "PyObject_INIT_VAR"})
_NOTHING = frozenset({"NULL", "nullptr", "0"})
_PLAIN = frozenset("char short int long float double wchar_t size_t Py_ssize_t Py_UCS1 Py_UCS2 Py_UCS4 uint8_t".split())


class CAllocatorDomain(NativeRule):
    """Memory that is released by another family of functions than the one it is from.

    ## What it does
    Reports memory that `malloc`, `PyMem_Malloc`, `PyMem_RawMalloc`, `PyObject_Malloc` or one of their families gave and
    that a function of another family releases or resizes; memory of other families than `PyObject_Malloc` that
    `PyObject_Init` makes an object of; and plain data in memory from `PyObject_Malloc`.

    Followed are variables of a function and fields of structures to which the file assigns nothing else.

    ## Why it matters
    Each family has a heap of its own. With the GIL, some of these mistakes went unnoticed, because two families shared
    one. On a free-threaded build, objects live on heaps of their own that the collector walks: there, it is required
    that all objects, and nothing but objects, are from `PyObject_Malloc` or `PyObject_New`. Others crash everywhere, or
    as soon as `PYTHONMALLOC` or a debug build changes the allocator.

    Seen in real code: NumPy 2.0 kept plain data of arrays in memory from `PyObject_Malloc`.

    ## Example
    ```c
    #include <Python.h>

    static PyObject *
    copy(PyObject *self, PyObject *value)
    {
        char *buffer = PyMem_Malloc(100);
        PyObject *result = fill(buffer, value);
        free(buffer);
        return result;
    }
    ```

    ## Use instead
    ```c
    #include <Python.h>

    static PyObject *
    copy(PyObject *self, PyObject *value)
    {
        char *buffer = PyMem_Malloc(100);
        PyObject *result = fill(buffer, value);
        PyMem_Free(buffer);
        return result;
    }
    ```

    ## Fix safety
    There is no fix: which of the two is the right family depends on who else uses the memory.

    ## References
    - [Memory management](https://docs.python.org/3/c-api/memory.html)
    - [Free threading: memory allocation APIs](https://docs.python.org/3/howto/free-threading-extensions.html#memory-allocation-apis)
    """

    code, name = "EXT211", "c-allocator-domain"
    level, impact, confidence = Level.WARNING, Impact.BREAKS, Confidence.HIGH
    free_threading = True
    words = (Words(test=re.compile(rb"\bPy(?:Mem|Object)_\w+").search),)

    def visit_init_declarator(self, node: Node) -> None:
        value, around = node.child_by_field_name("value"), node.parent
        kind = None if around is None else around.child_by_field_name("type")
        source = None if value is None else self._allocator(value)
        if value is None or source is None or kind is None or self.context.is_own(source):
            return
        if ALLOCATORS[source].domain == "object" and self.context.text(kind).split()[-1] in _PLAIN:
            self.report(
                value,
                f"`{source}` is for objects alone on free-threaded builds, not for plain data.",
                help="Use `PyMem_Malloc` and `PyMem_Free`.",
                symbol=source,
                confidence=Confidence.MEDIUM,
            )

    def visit_call_expression(self, node: Node) -> None:
        name, arguments = self.context.name(node), self.context.arguments(node)
        row = ALLOCATORS.get(name)
        if not arguments or not (name in _MAKES_OBJECT or (row and (row.resizes or row.release is None))):
            return
        source = self._source(_bare(arguments[0]))
        if source is None or self.context.is_own(source) or self.context.is_own(name):
            return
        given = ALLOCATORS[source]
        if row is None and given.domain not in _OBJECT_DOMAINS:
            self.report(
                node,
                f"`{name}` makes an object in memory from `{source}`, where free-threaded builds expect none.",
                help="Allocate it with the type's `tp_alloc`, `PyObject_New` or `PyObject_Malloc`.",
                symbol=name,
            )
        elif row is not None and row.domain != given.domain:
            self.report(
                node,
                f"`{name}` gets memory that `{source}` gave: the two work on different heaps.",
                help=f"Release it with `{given.release}`.",
                symbol=name,
                confidence=None if "C" in (row.domain, given.domain) else Confidence.MEDIUM,
            )

    def _source(self, memory: Node) -> str | None:
        """The one function that gives what a variable or field points to; None where that is not certain."""
        values = self.context.values(memory)
        sources = {self._allocator(value) for value in values or () if self.context.text(value) not in _NOTHING}
        domains = {ALLOCATORS[source].domain for source in sources if source is not None}
        return min(filter(None, sources)) if None not in sources and len(domains) == 1 else None

    def _allocator(self, value: Node) -> str | None:
        value = _bare(value)
        name = self.context.name(value) if value.type == "call_expression" else ""
        return name if name in ALLOCATORS and ALLOCATORS[name].release is not None else None


def _bare(node: Node) -> Node:
    """An expression without the casts and parentheses around it."""
    while node.type in ("cast_expression", "parenthesized_expression"):
        inner = node.child_by_field_name("value") or next(iter(node.named_children), None)
        if inner is None:
            break
        node = inner
    return node
