"""TIS001 typeis-candidate."""

from __future__ import annotations

from collections.abc import Sequence

from py314_check.api import Confidence, Impact, Insert, Level, Replace, Words, cst
from py314_rules.typing._outlined import may_be_type_predicate
from py314_rules.typing.forms import Form
from py314_rules.typing.proposals import Proposal, ProposalRule


class TypeisCandidate(ProposalRule):
    """A function that tells whether a value is of a type, and does not say so to type checkers.

    ## What it does
    Reports functions and methods that return a bool which is true if and only if the first argument is of some type T:
    `isinstance(x, T)`, with several classes, `type(x) is T` for classes that nothing derives from, `x is None`,
    `callable(x)`, and what `or`, `not`, `and`, `if` and conditional expressions make of them. The parameter is
    annotated with what T is a subtype of, or with `object`, `Any` or nothing at all.

    Not reported: tests that are false for some T (`isinstance(x, int) and x > 0`; `isinstance(x, float)`, since an
    annotation `float` admits `int` as well), functions that may be overloads or overrides, that are decorated, that
    need further arguments, and classes of which it cannot be told how they are related to the annotation; nor files
    with a stub (`.pyi`) beside them, which type checkers read in their place.

    ## Why it matters
    With `-> bool`, type checkers learn nothing from a call. With `TypeIs` (PEP 742, Python 3.13 or typing_extensions
    4.10), they know the type of the argument behind it, as behind `isinstance`: that it is a T where the result is
    true, and that it is none where it is false.

    ## Example
    ```python
    def is_text(value: object) -> bool:
        return isinstance(value, (str, bytes))
    ```

    ## Use instead
    ```python
    from typing import TypeIs


    def is_text(value: object) -> TypeIs[str | bytes]:
        return isinstance(value, (str, bytes))
    ```

    ## Fix safety
    The fix writes the annotation, and the import: from `typing` where the project requires Python 3.13 or later, else
    from `typing_extensions`. It is safe where the project requires Python 3.13, or the file imports
    `typing_extensions` already. It is unsafe elsewhere, because the import may fail, and for methods, because
    another file may override them with `-> bool`. No fix changes what the function does.

    ## References
    - [PEP 742](https://peps.python.org/pep-0742/)
    - [Typing specification: TypeIs](https://typing.python.org/en/latest/spec/narrowing.html#typeis)
    """

    code, name = "TIS001", "typeis-candidate"
    level, impact, confidence = Level.NOTE, Impact.OPPORTUNITY, Confidence.HIGH
    for_annotations = True
    words = tuple(
        Words("def", "return", word, outline=may_be_type_predicate)
        for word in ("isinstance", "callable", "None", "type")
    )

    def proposal(self, function: cst.FunctionDef, value: cst.Param, narrowed: Sequence[Form]) -> Proposal | None:
        if function.returns is None:
            if value.annotation is None:
                return None
        elif not self._is_bool(function.returns.annotation):
            return None
        annotation = self.annotation(function, narrowed)
        if function.returns is None:
            edit: Insert | Replace = Insert(function.whitespace_before_colon, " -> ", *annotation, behind=True)
        else:
            edit = Replace(function.returns.annotation, *annotation)
        message = (
            f"`{function.name.value}` tells exactly whether `{value.name.value}` is of a type: `TypeIs` would say so."
        )
        return Proposal(message, annotation, edit)

    def _is_bool(self, annotation: cst.BaseExpression) -> bool:
        meant = self.context.annotation(annotation)
        return (
            meant is not None
            and self.context.dotted(meant).endswith("bool")
            and "builtins.bool" in self.context.resolve(meant)
        )
