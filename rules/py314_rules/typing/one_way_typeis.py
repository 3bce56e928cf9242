"""TIS004 one-way-typeis."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, Rule, Words, cst
from py314_rules.typing._outlined import returned
from py314_rules.typing.forms import CALLABLE, Form, is_within, promoted
from py314_rules.typing.predicates import Predicate, is_whole, left_by, predicate
from py314_rules.typing.truths import Truth, Truths


class OneWayTypeis(Rule):
    """A `TypeIs` function that is false for some values of its type.

    ## What it does
    Reports functions annotated `-> TypeIs[T]` that test for T and for something else besides, so that they return
    false for some T: `isinstance(x, int) and x > 0`, `type(x) is int`, `isinstance(x, Sequence) and not
    isinstance(x, str)`. So do `isinstance(x, float)` for `TypeIs[float]`, since an annotation `float` admits `int` as
    well, and tests for a part of T only.

    Not reported: T with arguments, or one that is not the class that is tested for, such as a `NewType`, a `TypedDict`
    or `list[str]`: there the rest of the test may be what makes it a T.

    ## Why it matters
    Where the function returns false, type checkers take the value to be no T at all. `TypeIs[int]` for positive
    numbers makes them believe that 0 is no `int`, and the code behind it is checked for the wrong type.

    ## Example
    ```python
    from typing import TypeIs


    def is_count(value: int | str) -> TypeIs[int]:
        return isinstance(value, int) and value > 0
    ```

    ## Use instead
    ```python
    from typing import TypeGuard


    def is_count(value: int | str) -> TypeGuard[int]:
        return isinstance(value, int) and value > 0
    ```

    ## Fix safety
    There is no fix yet: `TypeGuard` does not narrow where the function is false, and callers may count on that.

    ## References
    - [PEP 742: how to write a correct TypeIs function](https://peps.python.org/pep-0742/#how-to-teach-this)
    - [Typing specification: special cases for float and complex](https://typing.python.org/en/latest/spec/special-types.html#special-cases-for-float-and-complex)
    """

    code, name = "TIS004", "one-way-typeis"
    level, impact, confidence = Level.WARNING, Impact.CHANGES, Confidence.HIGH
    words = (Words("TypeIs", outline=returned("TypeIs")),)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        written = predicate(self.context, node)
        if written is None or written.form != "typing.TypeIs" or node.returns is None:
            return
        if self.context.bound(written.value.name.value, node.body) != (written.value,):
            return
        truth = Truths(self.context, node, written.value.name.value).returned()
        missed = None if truth is None else _missed(truth, written)
        if missed:
            self.report(
                node.returns.annotation,
                f"This `TypeIs` is false for {missed}, and type checkers then take `{written.value.name.value}` to be"
                " no such value.",
                help="Use TypeGuard, which says nothing where the function is false, or test for the whole type.",
                symbol="typing.TypeIs",
            )


def _missed(truth: Truth, written: Predicate) -> str:
    """The values of T for which a test is certainly false; empty where none are known."""
    forms = left_by(truth, written.accepted) if truth.is_negated else list(truth.forms)
    if not forms or not all(form.name and is_whole(form) for form in written.narrowed):
        return ""
    names = {form.name for form in forms}
    if not truth.is_exact:
        return "some values of its type" if names == {form.name for form in written.narrowed} else ""
    if truth.is_negated or CALLABLE in names or not all(_is_part(form, written) for form in forms):
        return ""
    for form in written.narrowed:
        if form.name in names and not names.issuperset(promoted(form.name)):
            return "an `int`, which the annotation admits as well"
        if all(is_within(form, one) is False for one in forms):
            return "some values of its type"
    return ""


def _is_part(form: Form, written: Predicate) -> bool:
    """Whether a class is certainly a part of T."""
    return any(is_within(form, one) for one in written.narrowed)
