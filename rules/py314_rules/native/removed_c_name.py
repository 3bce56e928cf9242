"""EXT101 removed-c-name."""

from __future__ import annotations

from dataclasses import dataclass

from py314_check.api import Confidence, Directive, Impact, Level, NativeRule, Node, Words, load_facts, parse_version
from py314_rules.native.macro_bodies import macro_words, word_in


@dataclass(frozen=True)
class Row:
    """A row of facts/c_names.toml, which says what each key means."""

    removed_in: str
    instead: str | None = None


_CORE = "Py_BUILD_CORE"
_INTERNAL = (f"define {_CORE}", f"define {_CORE}_", "internal/pycore_")
"""Projects that define it use Python's internal headers, to which many private names have moved."""
ROWS = load_facts("py314_rules.facts", "c_names.toml", Row)


class RemovedCName(NativeRule):
    """A function, macro or type that Python's C API no longer has.

    ## What it does
    Reports names in C and C++ that the headers of the target's C API do not have any more. Names with a leading
    underscore were never public, and are reported with medium confidence.

    In macros, they are reported where the file also uses the macro.

    Not reported: code that the target's build leaves out (`#if PY_VERSION_HEX < 0x030D0000`), names for which the file
    tests with `#ifdef`, and names that the project defines itself; nor private names in projects that use Python's
    internal headers (`Py_BUILD_CORE`), to which many of them have moved.

    ## Why it matters
    The extension does not build. Older compilers only warn of a function that is not declared; then the import fails.

    ## Example
    ```c
    #include <Python.h>

    static PyObject *
    call(PyObject *function, PyObject *arguments)
    {
        return PyEval_CallObject(function, arguments);
    }
    ```

    ## Use instead
    ```c
    #include <Python.h>

    static PyObject *
    call(PyObject *function, PyObject *arguments)
    {
        return PyObject_CallObject(function, arguments);
    }
    ```

    ## Fix safety
    There is no fix: what takes a name's place often has other parameters, or gives a new reference.

    ## References
    - [Python 3.13: C API, removed](https://docs.python.org/3/whatsnew/3.13.html#removed-c-apis)
    - [Python 3.14: C API, removed](https://docs.python.org/3/whatsnew/3.14.html#removed)
    - [pythoncapi-compat](https://pythoncapi-compat.readthedocs.io/), which brings new names to old versions
    """

    code, name = "EXT101", "removed-c-name"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    words = tuple(Words(name) for name in ROWS)

    def visit_identifier(self, node: Node) -> None:
        name = self.context.text(node)
        if name in ROWS and (node.parent is None or node.parent.type != "function_declarator"):
            self._check(node, name)

    visit_type_identifier = visit_identifier

    def visit_Directive(self, directive: Directive) -> None:
        for name in macro_words(self.context, directive, ROWS):
            self._check(directive, name, part=word_in(directive, name))

    def _check(self, node: Node | Directive, name: str, *, part: tuple[int, int] | None = None) -> None:
        row = ROWS[name]
        if parse_version(row.removed_in) > self.context.target.version or self.context.is_own(name):
            return
        private = name.startswith("_")
        if private and self.context.is_own(_CORE):
            return
        self.report(
            node,
            f"`{name}` was removed from the C API in Python {row.removed_in}.",
            help=f"Use `{row.instead}`." if row.instead else "It has no public successor.",
            symbol=name,
            removed_in=row.removed_in,
            part=part,
            confidence=Confidence.MEDIUM if private else None,
            unless=(
                f"define {name}",
                *(_INTERNAL if private else ()),
            ),
            unless_built_with=(_CORE,) if private else (),
        )
