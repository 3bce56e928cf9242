"""EXT102 removed-c-field."""

from __future__ import annotations

import re
from dataclasses import dataclass

from py314_check.api import Confidence, Directive, Impact, Level, NativeRule, Node, Words, load_facts, parse_version
from py314_rules.native.macro_bodies import macro_words, word_in
from py314_rules.native.removed_c_name import CORE, Row, remedy, unless_elsewhere


@dataclass(frozen=True)
class FieldRow(Row):
    """A row of facts/c_fields.toml, which says what each key means."""

    distinctive: bool = False


ROWS = load_facts("py314_rules.facts", "c_fields.toml", FieldRow)
DISTINCTIVE = {field.rpartition(".")[2]: field for field, row in ROWS.items() if row.distinctive}


class RemovedCField(NativeRule):
    """A field that a structure of Python's C API no longer has.

    ## What it does
    Reports `value->field` and `value.field` where a structure of the C API had the field, and the target's headers do
    not have it any more, also in macros that the file uses. The structure is told from the declaration of the variable
    or from a cast. Where it cannot be told, only fields with names that no other structure is known to have are
    reported, with medium confidence.

    Not reported: code that the target's build leaves out; names that the project's own structures have as well; and
    what Python's internal headers have still, in projects that use these (`Py_BUILD_CORE`).

    ## Why it matters
    The extension does not build.

    ## Example
    ```c
    #include <Python.h>

    static PyCodeObject *
    code_of(PyFrameObject *frame)
    {
        Py_INCREF(frame->f_code);
        return frame->f_code;
    }
    ```

    ## Use instead
    ```c
    #include <Python.h>

    static PyCodeObject *
    code_of(PyFrameObject *frame)
    {
        return PyFrame_GetCode(frame);
    }
    ```

    ## Fix safety
    There is no fix: what takes the place of a field often gives a new reference, or has no way to write.

    ## References
    - [Python 3.11: changes in the C API](https://docs.python.org/3/whatsnew/3.11.html#whatsnew311-c-api-porting)
    - [PEP 699: remove the private dict version field](https://peps.python.org/pep-0699/)
    - [Python 3.12: changes in the C API](https://docs.python.org/3/whatsnew/3.12.html#id2)
    """

    code, name = "EXT102", "removed-c-field"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    words = tuple(Words(name) for name in {field.rpartition(".")[2] for field in ROWS})

    def visit_field_expression(self, node: Node) -> None:
        structure, field = node.child_by_field_name("argument"), node.child_by_field_name("field")
        if structure is not None and field is not None and structure.type != "this":
            self._check(node, self.context.text(field), self.context.type_name(structure))

    def visit_field_designator(self, node: Node) -> None:
        self._check(node, self.context.text(node).lstrip(". "))

    def visit_Directive(self, directive: Directive) -> None:
        for name in macro_words(self.context, directive, DISTINCTIVE):
            if re.search(rf"(?:->|\.)\s*{name}\b", directive.rest):
                self._check(directive, name, part=word_in(directive, name))

    def _check(
        self, node: Node | Directive, name: str, structure: str = "", *, part: tuple[int, int] | None = None
    ) -> None:
        symbol = f"{structure}.{name}" if structure else DISTINCTIVE.get(name, "")
        row = ROWS.get(symbol)
        if row is None or parse_version(row.removed_in) > self.context.target.version:
            return
        if (row.internal and self.context.is_own(CORE)) or (not structure and self._declares(name)):
            return
        certain = node.certain if isinstance(node, Directive) else self.context.is_certain(node)
        self.report(
            node,
            f"`{symbol.replace('.', '` has no field `')}` from Python {row.removed_in} on.",
            help=remedy(row),
            symbol=symbol,
            removed_in=row.removed_in,
            part=part,
            confidence=[Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH][certain + bool(structure)],
            unless=(*(() if structure else (f" {name};", f"*{name};")), *unless_elsewhere(self.context, node, row)),
            unless_built_with=(CORE,) if row.internal else (),
        )

    def _declares(self, name: str) -> bool:
        """Whether a structure of the file itself may have a field of this name."""
        return re.search(rb"[\s*]%s\s*[;[]" % name.encode(), self.context.code) is not None
