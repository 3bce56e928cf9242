"""Proposing ``-> TypeIs[T]``: which functions may be annotated so, and how the file would spell it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from py314_check.api import Change, Context, Imported, Insert, Replace, Rule, cst
from py314_rules.typing.forms import CALLABLE, GENERICS, NONE, Form
from py314_rules.typing.predicates import accepted_by, narrowed_by, value_of
from py314_rules.typing.truths import Truths

TYPEIS = ("typing.TypeIs", "typing_extensions.TypeIs")
_PLAIN = {"builtins.staticmethod", "builtins.classmethod", "typing.final", "typing_extensions.final"}
"""Decorators that leave the function's type as it is."""
_SAYS_NOTHING = {"builtins.object", "typing.Generic", "typing_extensions.Generic"}
_VARIABLES = {"typing.TypeVar", "typing_extensions.TypeVar"}
_SINCE = (3, 13)
"""The first Python whose typing has TypeIs."""
_LAZY = (3, 14)
"""The first Python that evaluates annotations only when they are asked for."""

Text = tuple["str | Imported", ...]


@dataclass(frozen=True)
class Proposal:
    """What a function is to be annotated with, and the edit that does it."""

    message: str
    annotation: Text
    edit: Insert | Replace


class ProposalRule(Rule):
    """A rule that proposes ``TypeIs`` for functions of which every result tells exactly whether a value is a T."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._defined: set[cst.ClassDef] = set()
        self._imports: dict[cst.CSTNode, str] = {}
        self._proposals: list[tuple[cst.FunctionDef, Proposal]] = []

    def proposal(self, function: cst.FunctionDef, value: cst.Param, narrowed: Sequence[Form]) -> Proposal | None:
        """What to propose for a function that may be annotated anew, or None."""
        raise NotImplementedError

    def visit_ImportFrom(self, node: cst.ImportFrom | cst.LazyImportFrom) -> None:
        if not node.relative and not isinstance(node.names, cst.ImportStar):
            module = self.context.dotted(node.module)
            self._imports |= {alias: f"{module}.{self.context.dotted(alias.name)}" for alias in node.names}

    visit_LazyImportFrom = visit_ImportFrom

    def leave_ClassDef(self, node: cst.ClassDef) -> None:
        self._defined.add(node)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        value = value_of(self.context, node)
        if value is None or not self._may_be_annotated(node, value):
            return
        truth = Truths(self.context, node, value.name.value).returned()
        narrowed = narrowed_by(truth, accepted_by(self.context, value))
        if narrowed is None or any(isinstance(one, cst.Yield) for one in self.context.below(node.body, own=True)):
            return
        proposal = self.proposal(node, value, narrowed)
        if proposal is not None:
            self._proposals.append((node, proposal))

    def leave_Module(self, _: cst.Module) -> None:
        for function, proposal in self._proposals:
            if not self._is_overridden(function):
                self.report(
                    function.name,
                    proposal.message,
                    help=f"Write `-> {''.join(self._shown(proposal.annotation, function))}`.",
                    symbol=TYPEIS[0],
                    fix=Change(
                        f"Annotate `{function.name.value}` as a `TypeIs`",
                        proposal.edit,
                        safe=self._is_safe(function, proposal.annotation),
                    ),
                )

    def _shown(self, text: Text, at: cst.CSTNode) -> Iterator[str]:
        for part in text:
            if isinstance(part, Imported):
                yield self.context.spelled(part.name, at) or part.name.rpartition(".")[2]
            else:
                yield part

    # Which functions may be annotated so.

    def _may_be_annotated(self, function: cst.FunctionDef, value: cst.Param) -> bool:
        """Whether a new annotation is one of this function alone, and type checkers go by it at every call."""
        context, name = self.context, function.name.value
        positional = [*function.params.posonly_params, *function.params.params]
        return (
            function.asynchronous is None
            and all(one.default is not None for one in positional[positional.index(value) + 1 :])
            and value.default is None
            and all(context.resolve(one.decorator) & _PLAIN for one in function.decorators)
            and not (name.startswith("__") and name.endswith("__"))
            and context.bound(name, function) == (function,)
            and context.bound(value.name.value, function.body) == (value,)
            and not self._may_override(context.enclosing(function, cst.ClassDef, cst.FunctionDef), name)
        )

    def _may_override(self, owner: cst.CSTNode | None, name: str) -> bool:
        """Whether a base class has a method of this name, or is one of which that is not known."""
        for base in owner.bases if isinstance(owner, cst.ClassDef) else ():
            value = base.value.value if isinstance(base.value, cst.Subscript) else base.value
            if self.context.resolve(value) & _SAYS_NOTHING:
                continue
            above = self.context.definition(value)
            if not isinstance(above, cst.ClassDef) or above not in self._defined:
                return True
            if _has(above, name) or self._may_override(above, name):
                return True
        return False

    def _is_overridden(self, function: cst.FunctionDef) -> bool:
        """Whether a class of the file that derives from the method's own has a method of this name, too."""
        owner = self.context.enclosing(function, cst.ClassDef, cst.FunctionDef)
        return isinstance(owner, cst.ClassDef) and any(
            one is not owner and _has(one, function.name.value) and owner in self.context.mro(one)
            for one in self._defined
        )

    def _is_safe(self, function: cst.FunctionDef, annotation: Text) -> bool:
        """Whether the fix needs nothing that may not be there, and no override elsewhere that says otherwise."""
        if isinstance(self.context.enclosing(function, cst.ClassDef, cst.FunctionDef), cst.ClassDef):
            return False
        return Imported(TYPEIS[0]) not in annotation or self._is_at_least(_SINCE)

    # How the file would spell it.

    def typeis(self, function: cst.FunctionDef) -> tuple[str | Imported, bool]:
        """What the file calls TypeIs, and whether type checkers alone see that name."""
        for alias, name in self._imports.items():
            if name in TYPEIS and isinstance(alias, cst.ImportAlias):
                local = alias.evaluated_alias or alias.evaluated_name
                bound = self.context.bound(local, function)
                if alias in bound and all(self._imports.get(one) in TYPEIS for one in bound):
                    return local, any(self._is_for_checkers(one) for one in bound)
        extends = any(name.startswith("typing_extensions.") for name in self._imports.values())
        extends = extends or self.context.spelled(TYPEIS[1], function) != ""
        return Imported(TYPEIS[extends and not self._is_at_least(_SINCE)]), False

    def annotation(self, function: cst.FunctionDef, narrowed: Sequence[Form]) -> Text:
        """``TypeIs[T]`` for the alternatives of T, in quotes where it could not be evaluated when the file is run."""
        typeis, is_hidden = self.typeis(function)
        union = self.context.spelled("typing.Union", function) if len(narrowed) > 1 and self._is_evaluated() else ""
        text: list[str | Imported] = [typeis, f"[{union}[" if union else "["]
        is_late = is_hidden
        for index, form in enumerate(narrowed):
            if index:
                text.append(", " if union else " | ")
            text += self._written(form)
            is_unknown_yet = isinstance(form.name, cst.ClassDef) and form.name not in self._defined
            is_late = is_late or is_unknown_yet or (form.is_quoted and form.name != NONE)
        text.append("]]" if union else "]")
        return quoted(text) if is_late and self._is_evaluated() else tuple(text)

    def _written(self, form: Form) -> Iterator[str | Imported]:
        yield Imported(CALLABLE) if form.node is None else cst.Module([]).code_for_node(form.node)
        if form.name == CALLABLE and not form.arguments:
            yield "[..., object]"
        for index in range(0 if form.arguments else self._parameters(form)):
            yield from (", " if index else "[", Imported("typing.Any"))
            if index + 1 == self._parameters(form):
                yield ", ...]" if form.name == "builtins.tuple" else "]"

    def _parameters(self, form: Form) -> int:
        """How many type arguments a class wants, where that is known."""
        if isinstance(form.name, str):
            return len(GENERICS[form.name].parameters) if form.name in GENERICS else 0
        if form.name.type_parameters is not None:
            return len(form.name.type_parameters.params)
        found: dict[str, None] = {}
        for base in form.name.bases:
            for part in base.value.slice if isinstance(base.value, cst.Subscript) else ():
                value = self.context.value(part.slice.value) if isinstance(part.slice, cst.Index) else None
                if isinstance(value, cst.Call) and self.context.resolve(value.func) & _VARIABLES:
                    found[self.context.string(value.args[0].value) or ""] = None
        return len(found)

    def _is_evaluated(self) -> bool:
        """Whether annotations are evaluated when the file is run, on the oldest Python that it is for."""
        return not (self.context.has_future("annotations") or self._is_at_least(_LAZY))

    def _is_at_least(self, version: tuple[int, int]) -> bool:
        return self.context.floor is not None and self.context.floor >= version

    def _is_for_checkers(self, node: cst.CSTNode) -> bool:
        """Whether a node stands below ``if TYPE_CHECKING``."""
        return any(
            isinstance(one, cst.If) and self.context.dotted(one.test).endswith("TYPE_CHECKING")
            for one in self.context.ancestors(node)
        )


def quoted(text: Sequence[str | Imported]) -> Text:
    """An annotation as a string."""
    quote = "'" if any('"' in part for part in text if isinstance(part, str)) else '"'
    return (quote, *text, quote)


def _has(owner: cst.ClassDef, name: str) -> bool:
    """Whether the body of a class defines a name."""
    lines = (
        one for line in owner.body.body for one in (line.body if isinstance(line, cst.SimpleStatementLine) else [line])
    )
    return any(isinstance(one, cst.FunctionDef) and one.name.value == name for one in lines)
