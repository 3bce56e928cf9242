"""EXT101 removed-c-name."""

from __future__ import annotations

import re
from dataclasses import dataclass

from py314_check.api import (
    Confidence,
    Directive,
    Impact,
    Level,
    NativeContext,
    NativeRule,
    Node,
    Words,
    load_facts,
    parse_version,
)
from py314_rules.native.macro_bodies import macro_words, word_in


@dataclass(frozen=True)
class Row:
    """A row of facts/c_names.toml, which says what each key means."""

    removed_in: str
    instead: str | None = None
    advice: str | None = None
    internal: bool = False


@dataclass(frozen=True)
class NewName:
    """A row of facts/c_new_names.toml, which says what each key means."""

    since: str
    compat: bool = False


CORE = "Py_BUILD_CORE"
"""Projects that define it use Python's internal headers, to which many names have moved."""
ROWS = load_facts("py314_rules.facts", "c_names.toml", Row)
NEW_NAMES = load_facts("py314_rules.facts", "c_new_names.toml", NewName)
_NAME = re.compile(r"\w+")


def remedy(row: Row) -> str:
    """What to do about a name or field that is gone, in a sentence or two."""
    says = []
    if row.instead:
        name = _NAME.match(row.instead)
        new = NEW_NAMES.get(name[0]) if name else None
        since = f"new in Python {new.since}" if new else ""
        if new and new.compat:
            since += "; pythoncapi-compat has it for older versions"
        says.append(f"Use `{row.instead}` ({since})." if since else f"Use `{row.instead}`.")
    if row.advice:
        says.append(row.advice)
    return " ".join(says) or "It has no public successor."


def unless_elsewhere(context: NativeContext, node: Node | Directive, row: Row) -> list[str]:
    """What says in other sources that the target does not compile this: they define the macros that decide it, by
    the version for all one can tell; or the project uses the internal headers, which have what the row is about.
    """
    decides = [] if isinstance(node, Directive) else context.doubts(node)
    core = [f"define {CORE}", f"define {CORE}_", "internal/pycore_"] if row.internal else []
    return [f"define {macro}" for macro in decides] + core


class RemovedCName(NativeRule):
    """A function, macro or type that Python's C API no longer has.

    ## What it does
    Reports names in C and C++ that the headers of the target's C API do not have any more. Names with a leading
    underscore were never public, and are reported with medium confidence.

    In macros, they are reported where the file also uses the macro.

    Not reported: code that the target's build leaves out (`#if PY_VERSION_HEX < 0x030D0000`), names for which the file
    tests with `#ifdef`, and names that the project defines itself, types among them; nor names that moved to Python's
    internal headers, in projects that use these (`Py_BUILD_CORE`). Where a condition around a name cannot be told,
    confidence is less; nothing is reported where another file of the project defines a macro that it asks for.

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
        if row.internal and self.context.is_own(CORE):
            return
        typedef = f" {name};" if not isinstance(node, Directive) and node.type == "type_identifier" else ""
        if typedef and typedef.encode() in self.context.code:
            return
        certain = node.certain if isinstance(node, Directive) else self.context.is_certain(node)
        confidence = [Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH][certain + (not name.startswith("_"))]
        self.report(
            node,
            f"`{name}` was removed from the C API in Python {row.removed_in}.",
            help=remedy(row),
            symbol=name,
            removed_in=row.removed_in,
            part=part,
            confidence=confidence,
            unless=(f"define {name}", *filter(None, [typedef]), *unless_elsewhere(self.context, node, row)),
            unless_built_with=(CORE,) if row.internal else (),
        )
