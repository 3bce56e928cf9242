"""CHG205 class-nested-in-enum."""

from __future__ import annotations

import ast

from py314_check.api import Confidence, Impact, Level, Outline, Rule, Words, cst, once
from py314_rules.called import derived

_KINDS = ("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag")
_SAYS = {"enum.member", "enum.nonmember"}


@once
def _may_nest(outline: Outline) -> bool:
    """Whether a class stands right in the body of what may be an enumeration."""
    return any(any(one.of(ast.ClassDef)) for one in derived(outline, *_KINDS))


class ClassNestedInEnum(Rule):
    """A class in the body of an Enum, which has stopped to be a member.

    ## What it does
    Reports classes that are defined directly in the body of an enumeration.

    Not reported: those marked with `enum.member` or `enum.nonmember`, private ones (`__Name`), and those that
    `_ignore_` names.

    ## Why it matters
    Since Python 3.13 the nested class is an ordinary attribute. Before, it was a member: found by iterating, and with
    the class as its `value`.

    ## Example
    ```python
    import enum

    class Shape(enum.Enum):
        ROUND = 1

        class Corner:
            pass
    ```

    ## Use instead
    ```python
    import enum

    class Shape(enum.Enum):
        ROUND = 1

        @enum.nonmember
        class Corner:
            pass
    ```

    ## Fix safety
    There is no fix yet: only you know whether it was meant to be a member.

    ## References
    - [Enum HOWTO: nested classes](https://docs.python.org/3/howto/enum.html)
    - [enum.member, enum.nonmember](https://docs.python.org/3/library/enum.html#enum.member)
    """

    code, name = "CHG205", "class-nested-in-enum"
    level, impact, confidence = Level.WARNING, Impact.CHANGES, Confidence.HIGH
    since = "3.13"
    words = tuple(Words("enum", kind, outline=_may_nest) for kind in _KINDS)

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        if not node.bases or "enum.Enum" not in self.context.bases(node):
            return
        ignored = self._ignored(node)
        for inner in node.body.body:
            if not isinstance(inner, cst.ClassDef) or inner.name.value in ignored or inner.name.value.startswith("__"):
                continue
            if not any(self.context.resolve(one.decorator) & _SAYS for one in inner.decorators):
                self.report(
                    inner.name,
                    f"Since Python 3.13 the class `{inner.name.value}` is no member of the Enum `{node.name.value}`;"
                    " before, it was one.",
                    help="Mark it with enum.member or enum.nonmember.",
                    symbol="enum nested class",
                    module="enum",
                )

    def _ignored(self, node: cst.ClassDef) -> list[str]:
        """The names that ``_ignore_`` lists, as a string or as a list of strings."""
        for line in node.body.body:
            for one in line.body if isinstance(line, cst.SimpleStatementLine) else ():
                if isinstance(one, cst.Assign) and self.context.dotted(one.targets[0].target) == "_ignore_":
                    if isinstance(one.value, (cst.List, cst.Tuple)):
                        return [self.context.string(element.value) or "" for element in one.value.elements]
                    return (self.context.string(one.value) or "").replace(",", " ").split()
        return []
