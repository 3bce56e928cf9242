"""EXT102 removed-c-field."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, NativeRule, Node, Words, load_facts, parse_version
from py314_rules.native.removed_c_name import Row, remedy

ROWS = load_facts("py314_rules.facts", "c_fields.toml", Row)


class RemovedCField(NativeRule):
    """A field that a structure of Python's C API no longer has.

    ## What it does
    Reports `value->field` and `value.field` where a structure of the C API had the field, and the target's headers do
    not have it any more. Not reported: code that the target's build leaves out.

    ## Why it matters
    The extension does not build.

    ## Example
    ```c
    #include <Python.h>

    static uint64_t
    version(PyDictObject *dictionary)
    {
        return dictionary->ma_version_tag;
    }
    ```

    ## Use instead
    ```c
    #include <Python.h>

    static int
    watch(int watcher, PyObject *dictionary)
    {
        return PyDict_Watch(watcher, dictionary);
    }
    ```

    ## Fix safety
    There is no fix: no field has a drop-in replacement.

    ## References
    - [PEP 699: remove the private dict version field](https://peps.python.org/pep-0699/)
    - [Python 3.12: changes in the C API](https://docs.python.org/3/whatsnew/3.12.html#id2)
    """

    code, name = "EXT102", "removed-c-field"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    words = tuple(Words(name) for name in ROWS)

    def visit_field_expression(self, node: Node) -> None:
        name = self.context.name(node)
        row = ROWS.get(name)
        if row is not None and parse_version(row.removed_in) <= self.context.target.version:
            self.report(
                node,
                f"The field `{name}` was removed from the C API in Python {row.removed_in}.",
                help=remedy(row),
                symbol=name,
                removed_in=row.removed_in,
            )
