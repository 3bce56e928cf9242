"""Functions that tell whether a value is of some type: which value that is, and what they are annotated to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from py314_check.api import Context, cst
from py314_rules.typing.forms import (
    CALLABLE,
    GENERICS,
    NONE,
    Form,
    are_apart,
    is_structural,
    is_within,
    may_be_variable,
    promoted,
    read,
)
from py314_rules.typing.truths import Truth

_STATIC = {"builtins.staticmethod"}
_WHOLE = ("typing.Any", "builtins.object")


@dataclass(frozen=True)
class Predicate:
    """A function annotated ``-> TypeIs[T]`` or ``-> TypeGuard[T]``: ``form`` is ``typing.TypeIs`` or the other.

    ``annotation`` is ``TypeIs[T]``; ``narrowed`` are the alternatives of T, ``accepted`` those of the parameter.
    """

    form: str
    annotation: cst.Subscript
    narrowed: Sequence[Form]
    value: cst.Param
    accepted: Sequence[Form]


def value_of(context: Context, function: cst.FunctionDef) -> cst.Param | None:
    """The parameter whose value a type predicate is about: the first one that is given by position, but ``self``."""
    parameters = [*function.params.posonly_params, *function.params.params]
    decorators = {name for one in function.decorators for name in context.resolve(one.decorator)}
    owner = context.enclosing(function, cst.ClassDef, cst.FunctionDef)
    if isinstance(owner, cst.ClassDef) and not decorators & _STATIC:
        del parameters[:1]
    return parameters[0] if parameters else None


def accepted_by(context: Context, value: cst.Param) -> Sequence[Form]:
    """The alternatives of a parameter's annotation; ``Any`` where there is none."""
    return read(context, None if value.annotation is None else value.annotation.annotation)


def predicate(context: Context, function: cst.FunctionDef) -> Predicate | None:
    """What a function says of itself, if it is annotated as a type predicate and has a value to tell the type of."""
    written = None if function.returns is None else context.annotation(function.returns.annotation)
    value = value_of(context, function)
    if not isinstance(written, cst.Subscript) or len(written.slice) != 1 or value is None:
        return None
    names = {name.replace("typing_extensions.", "typing.") for name in context.resolve(written.value)}
    inner = written.slice[0].slice
    if names not in ({"typing.TypeIs"}, {"typing.TypeGuard"}) or not isinstance(inner, cst.Index):
        return None
    return Predicate(names.pop(), written, read(context, inner.value), value, accepted_by(context, value))


def is_whole(form: Form) -> bool:
    """Whether all instances of a class belong to a type: it says nothing of the arguments, or allows any."""
    if not form.arguments:
        return True
    given = [[one.name for one in argument] for argument in form.arguments]
    if form.name in (CALLABLE, "builtins.tuple"):
        ellipsis = form.arguments[0 if form.name == CALLABLE else -1][0].node
        return len(given) == 2 and isinstance(ellipsis, cst.Ellipsis) and given[form.name == CALLABLE][0] in _WHOLE
    row = GENERICS.get(form.name) if isinstance(form.name, str) else None
    kinds = "" if row is None else row.parameters
    return all(
        names == ["typing.Any"] or (names == ["builtins.object"] and kinds[index : index + 1] == "c")
        for index, names in enumerate(given)
    )


def narrowed_by(truth: Truth | None, accepted: Sequence[Form]) -> list[Form] | None:
    """The alternatives of the type T that a value certainly is of if and only if a test is true.

    They are subtypes of what the parameter accepts, and not all of it. None where there is no such type, or where it
    cannot be told.
    """
    if truth is None or not truth.is_exact or not truth.forms:
        return None
    if truth.is_negated:
        return left_by(truth, accepted)
    if any(form.is_free for form in accepted):
        found = list(truth.forms)
    else:
        found = []
        for form in truth.forms:
            same = [one for one in accepted if one.name == form.name]
            others = [one for one in accepted if one.name != form.name]
            if not same and not any(is_within(form, one) for one in others):
                return None
            if same and is_structural(form.name) and not all(is_outside(one, form) for one in others):
                return None
            found += same or [form]
        if all(any(is_within(one, form) for form in truth.forms) for one in accepted):
            return None
    names = {form.name for form in truth.forms}
    says_all = all(names.issuperset(promoted(form.name)) for form in found)
    return found if says_all and not any(map(may_be_variable, found)) else None


def left_by(truth: Truth, accepted: Sequence[Form]) -> list[Form] | None:
    """What a parameter accepts, less the classes that a test excludes; None where it cannot be told apart from them."""
    removed = {form.name for form in truth.forms}
    rest = [form for form in accepted if form.name not in removed]
    if not rest or removed.difference(form.name for form in accepted) or any(map(may_be_variable, rest)):
        return None
    apart = all(
        are_apart(form, other) or (other.name != NONE and is_within(other, form) is False)
        for form in rest
        for other in truth.forms
    )
    return rest if apart else None


def is_outside(form: Form, other: Form) -> bool:
    """Whether instances of a class certainly do not belong to a structural one: those of builtins, which are known."""
    known = form.name == NONE or (isinstance(form.name, str) and form.name.startswith("builtins."))
    is_known = isinstance(other.name, str) and other.name.startswith("collections.abc.")
    unknowable = (form.name, other.name) in (("builtins.type", CALLABLE),) or other.name == "collections.abc.Hashable"
    return known and is_known and not unknowable and not is_within(form, other)
