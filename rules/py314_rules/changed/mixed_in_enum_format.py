"""CHG206 mixed-in-enum-format."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator

from py314_check.api import Confidence, Context, Impact, Level, Outline, Rule, Words, cst, once
from py314_rules.called import derived

_KEEP_VALUE = {"enum.ReprEnum", "enum.StrEnum", "enum.IntEnum", "enum.IntFlag"}
_OWN = {"__str__", "__format__"}


@once
def _may_mix(outline: Outline) -> bool:
    """Whether something is formatted, and a class may be an enumeration with another base."""
    formats = any(outline.of(ast.FormattedValue)) or b"format" in outline.words
    return formats and any(len(one.node.bases) > 1 for one in derived(outline, "Enum", "Flag"))


class MixedInEnumFormat(Rule):
    """A member of an Enum with a mixed-in type such as `str`, in an f-string or in `format`.

    ## What it does
    Reports members of enumerations like `class Color(str, Enum)` of the same file in f-strings, in `format(...)` and in
    `"...".format(...)`, where the class has no `__str__` or `__format__` of its own.

    Not reported: `StrEnum`, `IntEnum` and `IntFlag`, `.value`, and the conversions `!s` and `!r`.

    ## Why it matters
    Since Python 3.11 the text is `Color.RED`. Before, it was that of the value, `red`.

    ## Example
    ```python
    from enum import Enum

    class Color(str, Enum):
        RED = "red"

    print(f"color={Color.RED}")
    ```

    ## Use instead
    ```python
    from enum import Enum

    class Color(str, Enum):
        RED = "red"

    print(f"color={Color.RED.value}")
    ```

    ## Fix safety
    There is no fix yet: the new text may be wanted.

    ## References
    - [What's New in Python 3.11: enum](https://docs.python.org/3/whatsnew/3.11.html#enum)
    - [enum.Enum.\\_\\_format\\_\\_](https://docs.python.org/3/library/enum.html#enum.Enum.__format__)
    """

    code, name = "CHG206", "mixed-in-enum-format"
    level, impact, confidence = Level.WARNING, Impact.CHANGES, Confidence.HIGH
    since = "3.11"
    words = (Words("enum", "Enum", outline=_may_mix), Words("enum", "Flag", outline=_may_mix))

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._formatted: list[cst.BaseExpression] = []
        self._enums: list[cst.ClassDef] = []

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        bases = self.context.bases(node)
        if "enum.Enum" in bases and not bases & _KEEP_VALUE and any(not base.startswith("enum.") for base in bases):
            self._enums.append(node)

    def visit_FormattedStringExpression(self, node: cst.FormattedStringExpression) -> None:
        if node.conversion is None and node.equal is None:
            self._formatted.append(node.expression)

    def visit_Call(self, node: cst.Call) -> None:
        if "builtins.format" in self.context.resolve(node.func) and node.args:
            self._formatted.append(node.args[0].value)
        elif isinstance(node.func, cst.Attribute) and node.func.attr.value == "format":
            text = self.context.string(node.func.value)
            if text is not None:
                self._formatted += _plain_arguments(text, node)

    def leave_Module(self, node: cst.Module) -> None:
        for expression in self._formatted if self._enums else []:
            found = self._enum_of(expression)
            if found is not None:
                self.report(
                    expression,
                    f"Since Python 3.11 formatting a member of `{found.name.value}` gives its name, as in"
                    f" `{found.name.value}.MEMBER`; before, it gave its value.",
                    help="Format `.value`, or derive from enum.StrEnum or enum.IntEnum.",
                    symbol="mixed-in Enum format",
                    module="enum",
                )

    def _enum_of(self, node: cst.BaseExpression) -> cst.ClassDef | None:
        """The class of the file that an expression is certainly a member of, if it formats anew."""
        owner: cst.CSTNode | None = None
        made = self.context.value(node)
        if isinstance(made, cst.Attribute):
            owner = self.context.definition(made.value)
            if isinstance(owner, cst.ClassDef) and made.attr.value not in _set_by(owner):
                return None
        elif isinstance(made, cst.Call):
            owner = self.context.definition(made.func)
        elif isinstance(made, cst.Subscript):
            owner = self.context.definition(made.value)
        if isinstance(owner, cst.ClassDef):
            return owner if owner in self._enums and not self._has_own(owner) else None
        types = self.context.types(node)
        if "enum.Enum" not in types or types & _KEEP_VALUE or all(one.startswith("enum.") for one in types):
            return None
        return None if any(self._has_own(one) for one in self._enums) else self._enums[0]

    def _has_own(self, node: cst.ClassDef) -> bool:
        """Whether a class, or one of its bases, says itself how it is formatted; or whether that is not known."""
        if not _OWN.isdisjoint(_defined_by(node)):
            return True
        for base in node.bases:
            found = self.context.definition(base.value)
            if isinstance(found, cst.ClassDef):
                if self._has_own(found):
                    return True
            elif not any(one.startswith(("enum.", "builtins.")) for one in self.context.resolve(base.value)):
                return True
        return False


def _plain_arguments(text: str, call: cst.Call) -> Iterator[cst.BaseExpression]:
    """The arguments that a format string puts in as they are, without a conversion."""
    positional = [one.value for one in call.args if one.keyword is None and not one.star]
    named = {one.keyword.value: one.value for one in call.args if one.keyword is not None}
    try:
        fields = [(name, conversion) for _, name, _, conversion in string.Formatter().parse(text) if name is not None]
    except ValueError:
        return
    automatic = iter(positional)
    for name, conversion in fields:
        if name.isdecimal():
            value = positional[int(name)] if int(name) < len(positional) else None
        else:
            value = named.get(name) if name and name[0] not in ".[" else next(automatic, None)
        if value is not None and conversion is None and not name.startswith((".", "[")):
            yield value


def _set_by(node: cst.ClassDef) -> set[str]:
    """The names that a class body assigns."""
    found: set[str] = set()
    for line in node.body.body:
        for one in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            if isinstance(one, cst.Assign):
                found |= {target.target.value for target in one.targets if isinstance(target.target, cst.Name)}
            elif isinstance(one, cst.AnnAssign) and isinstance(one.target, cst.Name):
                found.add(one.target.value)
    return found


def _defined_by(node: cst.ClassDef) -> set[str]:
    return _set_by(node) | {one.name.value for one in node.body.body if isinstance(one, cst.FunctionDef)}
