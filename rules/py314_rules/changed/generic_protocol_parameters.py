"""CHG415 generic-protocol-parameters."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from py314_check.api import Confidence, Impact, Level, Outline, Rule, Words, cst, once
from py314_rules.called import derived

_VARIABLES = {"typing.TypeVar", "typing.ParamSpec", "typing.TypeVarTuple"}


@once
def _may_list(outline: Outline) -> bool:
    """Whether a class may have a base `Protocol[...]` and another one with a subscript."""
    classes = derived(outline, "Protocol")
    return any(sum(isinstance(base, ast.Subscript) for base in one.node.bases) > 1 for one in classes)


class GenericProtocolParameters(Rule):
    """A protocol whose bases have a type variable that `Protocol[...]` does not list.

    ## What it does
    Reports classes with a base `Protocol[T]` and another base with a type variable that is not among its parameters.

    ## Why it matters
    Since Python 3.15 making the class raises `TypeError`, as it always has with `Generic[T]`. Before, the type variable
    was lost.

    ## Example
    ```python
    from collections.abc import Iterable
    from typing import Protocol, TypeVar

    S = TypeVar("S")
    T = TypeVar("T")


    class Both(Iterable[S], Protocol[T]): ...
    ```

    ## Use instead
    ```python
    from collections.abc import Iterable
    from typing import Protocol, TypeVar

    S = TypeVar("S")
    T = TypeVar("T")


    class Both(Iterable[S], Protocol[S, T]): ...
    ```

    ## Fix safety
    There is no fix yet: the order of the parameters is for you to choose.

    ## References
    - [What's New in Python 3.15: typing](https://docs.python.org/3.15/whatsnew/3.15.html#typing)
    """

    code, name = "CHG415", "generic-protocol-parameters"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    since = "3.15"
    words = tuple(Words("typing", "Protocol", one.rpartition(".")[2], outline=_may_list) for one in sorted(_VARIABLES))

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        listed: set[str] | None = None
        used: list[str] = []
        for base in node.bases:
            if not isinstance(base.value, cst.Subscript):
                continue
            variables = list(self._variables(base.value.slice))
            if "typing.Protocol" in self.context.resolve(base.value.value):
                listed = set(variables)
            else:
                used += variables
        lost = [variable for variable in dict.fromkeys(used) if listed is not None and variable not in listed]
        if lost:
            names = " and ".join(f"`{variable}`" for variable in lost)
            self.report(
                node.name,
                f"Since Python 3.15 making this class raises TypeError: `Protocol[...]` does not list {names}.",
                help=f"Add {names} to Protocol[...].",
                symbol="typing.Protocol",
                raises="TypeError",
                module="typing",
            )

    def _variables(self, slices: object) -> Iterator[str]:
        """The type variables in a subscript, in order, also inside others; not those in strings or callables' lists."""
        stack: list[object] = [slices]
        while stack:
            node = stack.pop(0)
            if isinstance(node, cst.Name):
                made = self.context.value(node)
                if isinstance(made, cst.Call) and self.context.resolve(made.func) & _VARIABLES:
                    yield node.value
            elif isinstance(node, cst.CSTNode):
                stack[:0] = node.children
            elif isinstance(node, (list, tuple)):
                stack[:0] = node
