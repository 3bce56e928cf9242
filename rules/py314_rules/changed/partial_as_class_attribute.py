"""CHG204 partial-as-class-attribute."""

from __future__ import annotations

import ast
from collections import defaultdict

from py314_check.api import Confidence, Context, Impact, Level, Outline, Rule, Words, cst
from py314_rules.called import is_call_of, other_names
from py314_rules.values import reached

_FIELD_MAKERS = {"dataclass", "dataclasses", "attrs", "attr", "s", "define", "frozen", "mutable", "NamedTuple"}


def _may_be_attribute(outline: Outline) -> bool:
    """Whether a class may be given a partial as an attribute, in its body or from outside."""
    makers = other_names(outline, "partial")
    given = [
        one.value
        for scope in outline.scopes
        for one in scope.of(ast.Assign, ast.AnnAssign)
        if one.value is not None and (isinstance(scope.node, ast.ClassDef) or _is_attribute(one))
    ]
    return any(is_call_of(one, makers) for one in reached(outline, *given))


def _is_attribute(assign: ast.Assign | ast.AnnAssign) -> bool:
    """Whether an attribute is set on what is not called `self`."""
    targets = assign.targets if isinstance(assign, ast.Assign) else [assign.target]
    return any(isinstance(one, ast.Attribute) and getattr(one.value, "id", "") != "self" for one in targets)


class PartialAsClassAttribute(Rule):
    """A `functools.partial` as a class attribute, which has become a method.

    ## What it does
    Reports `functools.partial(...)` assigned to an attribute of a class, in its body or from outside, and as the value
    of an Enum member.

    Not reported: `staticmethod(partial(...))`, `partialmethod`, fields of dataclasses, and attributes that the file
    uses only in the class body or only through the class.

    ## Why it matters
    Since Python 3.14 a partial binds like a function: called through an instance it is also given the instance, as its
    first positional argument after those that it holds. In an Enum it is no member any more, but a method.

    ## Example
    ```python
    from functools import partial

    class Shape:
        unit = partial(print, 1)

    Shape().unit(2)
    ```

    ## Use instead
    ```python
    from functools import partial

    class Shape:
        unit = staticmethod(partial(print, 1))

    Shape().unit(2)
    ```

    ## Fix safety
    There is no fix yet: what is called through an instance with the instance as an argument stays as it is.

    ## References
    - [What's New in Python 3.14: functools](https://docs.python.org/3/whatsnew/3.14.html#changes-in-the-python-api)
    - [functools.partial](https://docs.python.org/3/library/functools.html#functools.partial)
    """

    code, name = "CHG204", "partial-as-class-attribute"
    level, impact, confidence = Level.WARNING, Impact.CHANGES, Confidence.HIGH
    since = "3.14"
    words = (Words("functools", "partial", "class", outline=_may_be_attribute),)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._found: list[tuple[str, cst.BaseExpression, cst.ClassDef]] = []
        self._accesses: defaultdict[str, list[cst.Attribute]] = defaultdict(list)
        self._names: defaultdict[str, list[cst.Name]] = defaultdict(list)

    def visit_Assign(self, node: cst.Assign) -> None:
        for target in node.targets:
            self._check(target.target, node.value)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        owner = self._owner(node)
        if node.value is not None and owner is not None and not self._makes_fields(owner):
            self._check(node.target, node.value)

    def visit_Attribute(self, node: cst.Attribute) -> None:
        self._accesses[node.attr.value].append(node)

    def visit_Name(self, node: cst.Name) -> None:
        self._names[node.value].append(node)

    def leave_Module(self, node: cst.Module) -> None:
        for name, value, owner in self._found:
            if "enum.Enum" in self.context.bases(owner):
                self._report(
                    value, owner, f"is a method of the Enum `{owner.name.value}`, no member; before, it was one"
                )
            elif self._may_be_bound(name, owner):
                self._report(
                    value, owner, f"also gets the instance when `{name}` is called through one; before, it did not"
                )

    def _report(self, value: cst.BaseExpression, owner: cst.ClassDef, what: str) -> None:
        in_enum = "Enum" in what
        self.report(
            value,
            f"Since Python 3.14 this functools.partial {what}.",
            help="Wrap it in enum.member(...)." if in_enum else "Wrap it in staticmethod(...).",
            symbol="functools.partial in Enum" if in_enum else "functools.partial class attribute",
            module="functools",
        )

    def _check(self, target: cst.BaseExpression, value: cst.BaseExpression) -> None:
        owner: cst.CSTNode | None = None
        if isinstance(target, cst.Name):
            owner = self._owner(target)
        elif isinstance(target, cst.Attribute) and isinstance(target.value, cst.Name):
            owner = self.context.definition(target.value)
        if not isinstance(owner, cst.ClassDef) or not isinstance(target, (cst.Name, cst.Attribute)):
            return
        made = self.context.value(value)
        if isinstance(made, cst.Call) and "functools.partial" in self.context.resolve(made.func):
            name = target.value if isinstance(target, cst.Name) else target.attr.value
            self._found.append((name, value, owner))

    def _owner(self, node: cst.CSTNode) -> cst.ClassDef | None:
        """The class whose body assigns at this node."""
        inner: cst.CSTNode | None = self.context.enclosing(node, cst.ClassDef, cst.FunctionDef, cst.Lambda)
        return inner if isinstance(inner, cst.ClassDef) else None

    def _makes_fields(self, owner: cst.ClassDef) -> bool:
        """Whether annotated attributes are fields, which every instance has for itself."""
        marks = [
            one.decorator.func if isinstance(one.decorator, cst.Call) else one.decorator for one in owner.decorators
        ]
        names = {part for mark in marks for part in self.context.dotted(mark).split(".")}
        if names & _FIELD_MAKERS:
            return True
        known = all(isinstance(self.context.definition(base.value), cst.ClassDef) for base in owner.bases)
        return not known or bool(owner.keywords)  # a model, a NamedTuple ...

    def _may_be_bound(self, name: str, owner: cst.ClassDef) -> bool:
        """Whether the attribute may be fetched from an instance."""
        accesses = [one for one in self._accesses[name] if not self._is_assigned(one)]
        if any(self._is_assigned(one) and self.context.dotted(one.value) == "self" for one in self._accesses[name]):
            return False  # instances have their own
        if accesses:
            return not all(self._is_class(one.value) for one in accesses)
        return not any(self._owner(one) is owner and not self._is_target(one) for one in self._names[name])

    def _is_class(self, node: cst.BaseExpression) -> bool:
        if isinstance(node, cst.Name) and node.value in ("cls", "mcs"):
            return True
        if isinstance(node, cst.Call) and self.context.dotted(node.func) == "type":
            return True
        if isinstance(node, cst.Attribute) and node.attr.value == "__class__":
            return True
        return isinstance(self.context.definition(node), cst.ClassDef)

    def _is_assigned(self, node: cst.CSTNode) -> bool:
        return isinstance(next(self.context.ancestors(node)), (cst.AssignTarget, cst.AnnAssign, cst.Del))

    def _is_target(self, node: cst.Name) -> bool:
        parent = next(self.context.ancestors(node))
        return isinstance(parent, cst.AssignTarget) or (isinstance(parent, cst.AnnAssign) and parent.target is node)
