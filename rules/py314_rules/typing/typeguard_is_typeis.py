"""TIS002 typeguard-is-typeis."""

from __future__ import annotations

from collections.abc import Sequence

from py314_check.api import Confidence, Impact, Level, Replace, Words, cst
from py314_rules.typing._outlined import may_be_type_guard
from py314_rules.typing.forms import Form
from py314_rules.typing.predicates import is_whole, predicate
from py314_rules.typing.proposals import Proposal, ProposalRule, Text, quoted


class TypeguardIsTypeis(ProposalRule):
    """A `TypeGuard` that holds in both directions, as `TypeIs` has it.

    ## What it does
    Reports functions annotated `-> TypeGuard[T]` that return true if and only if the argument is a T, by tests as
    those of [TIS001](TIS001.md), where T is a subtype of what the parameter accepts.

    Not reported: bodies that are false for some T, and T that says more than the body looks at: `TypeGuard[list[str]]`
    for `isinstance(x, list)`.

    ## Why it matters
    `TypeGuard` takes the type to be T where the result is true, whatever was known of it before, and tells nothing
    where it is false. `TypeIs` (PEP 742, Python 3.13 or typing_extensions 4.10) narrows in both branches, and keeps
    what was known.

    ## Example
    ```python
    from typing import TypeGuard


    def is_text(value: object) -> TypeGuard[str]:
        return isinstance(value, str)
    ```

    ## Use instead
    ```python
    from typing import TypeIs


    def is_text(value: object) -> TypeIs[str]:
        return isinstance(value, str)
    ```

    ## Fix safety
    The fix writes `TypeIs` for `TypeGuard`, and the import, with the safety of [TIS001](TIS001.md). Code that hands the
    function on as a `Callable[..., TypeGuard[T]]` will be told by its type checker that it is none any more.

    ## References
    - [PEP 742](https://peps.python.org/pep-0742/)
    - [Python documentation: typing.TypeIs](https://docs.python.org/3/library/typing.html#typing.TypeIs)
    """

    code, name = "TIS002", "typeguard-is-typeis"
    level, impact, confidence = Level.NOTE, Impact.OPPORTUNITY, Confidence.HIGH
    for_annotations = True
    words = (Words("TypeGuard", outline=may_be_type_guard),)

    def proposal(self, function: cst.FunctionDef, value: cst.Param, narrowed: Sequence[Form]) -> Proposal | None:
        written = predicate(self.context, function)
        if written is None or written.form != "typing.TypeGuard" or function.returns is None:
            return None
        if {form.name for form in written.narrowed} != {form.name for form in narrowed}:
            return None
        known = [form for form in narrowed if form.arguments]
        if not all(is_whole(form) or _is_among(form, known) for form in written.narrowed):
            return None
        typeis, _ = self.typeis(function)
        inner = cst.Module([]).code_for_node(written.annotation.slice[0])
        annotation: Text = (typeis, "[", inner, "]")
        if function.returns.annotation is written.annotation:
            edit = Replace(written.annotation.value, typeis)
        else:
            annotation = quoted(annotation)
            edit = Replace(function.returns.annotation, *annotation)
        message = (
            f"`{function.name.value}` is a `TypeGuard` that also holds in its False branch, which `TypeIs` would say."
        )
        return Proposal(message, annotation, edit)


def _is_among(form: Form, known: Sequence[Form]) -> bool:
    """Whether a type is written as one that the parameter accepts."""
    return form.node is not None and any(one.node is not None and form.node.deep_equals(one.node) for one in known)
