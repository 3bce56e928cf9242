"""TIS003 inconsistent-typeis."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, Rule, Words, cst
from py314_rules.typing._outlined import returned
from py314_rules.typing.forms import are_assignable
from py314_rules.typing.predicates import predicate


class InconsistentTypeis(Rule):
    """A `TypeIs[T]` whose T is no subtype of what its parameter accepts.

    ## What it does
    Reports functions annotated `-> TypeIs[T]` where T certainly cannot be assigned to the annotation of the parameter:
    another class, or the same one with other arguments where it is invariant, as `list`, `set` and `dict` are.

    Not reported: classes of which it cannot be told how they are related, such as imported ones, and protocols.

    ## Why it matters
    `TypeIs` narrows the type that an argument has, so T must be a part of it; type checkers reject anything else:
    mypy with `[narrowed-type-not-subtype]`. A `list[str]` is not a `list[object]`: to that, one may append an `int`.

    ## Example
    ```python
    from typing import TypeIs


    def is_str_list(values: list[object]) -> TypeIs[list[str]]:
        return all(isinstance(one, str) for one in values)
    ```

    ## Use instead
    ```python
    from typing import TypeGuard


    def is_str_list(values: list[object]) -> TypeGuard[list[str]]:
        return all(isinstance(one, str) for one in values)
    ```

    ## Fix safety
    There is no fix: `TypeGuard` is right where T cannot be a subtype; elsewhere it may be the parameter's annotation
    that is too narrow, and `Sequence[object]`, which is covariant, would do.

    ## References
    - [PEP 742](https://peps.python.org/pep-0742/)
    - [Typing specification: TypeIs](https://typing.python.org/en/latest/spec/narrowing.html#typeis)
    """

    code, name = "TIS003", "inconsistent-typeis"
    level, impact, confidence = Level.WARNING, Impact.CHANGES, Confidence.HIGH
    words = (Words("TypeIs", outline=returned("TypeIs")),)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        written = predicate(self.context, node)
        if written is None or written.form != "typing.TypeIs" or node.returns is None:
            return
        if are_assignable(written.narrowed, written.accepted) is False:
            self.report(
                node.returns.annotation,
                f"What this `TypeIs` narrows to is no subtype of what `{written.value.name.value}` is annotated with:"
                " type checkers reject it.",
                help="Use TypeGuard, or a parameter type that includes it: list, set and dict are invariant.",
                symbol="typing.TypeIs",
            )
