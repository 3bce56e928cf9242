"""CHG203 classmethod-wraps-descriptor."""

from __future__ import annotations

import ast

from py314_check.api import Confidence, Impact, Level, Outline, Rule, Words, cst
from py314_rules.called import may_be, other_names

_PROPERTIES = {"builtins.property", "abc.abstractproperty", "types.DynamicClassAttribute"}
_STATIC = "builtins.staticmethod"
_INNER = ("property", "abstractproperty", "DynamicClassAttribute", "staticmethod", "singledispatchmethod")


def _may_wrap(outline: Outline) -> bool:
    """Whether what is right in a classmethod may be one of these, or a descriptor of the file."""
    outer, inner = other_names(outline, "classmethod"), other_names(outline, *_INNER)
    pairs = [
        pair
        for one in outline.of(ast.FunctionDef, ast.AsyncFunctionDef)
        for pair in zip(one.decorator_list, one.decorator_list[1:], strict=False)
    ]
    pairs += [
        (one.func, one.args[0].func) for one in outline.of(ast.Call) if one.args and isinstance(one.args[0], ast.Call)
    ]
    has_own = b"__get__" in outline.words
    return any(may_be(one, outer) and (has_own or may_be(other, inner)) for one, other in pairs)


class ClassmethodWrapsDescriptor(Rule):
    """A `classmethod` around a property or another descriptor.

    ## What it does
    Reports `@classmethod` directly above `@property`, `@staticmethod`, `@functools.singledispatchmethod` or a
    descriptor of the file (a class with `__get__`), and `classmethod(property(...))`.

    ## Why it matters
    Since Python 3.13 `classmethod` does not look through what it wraps: the attribute is a bound method in place of the
    property's value, silently; a static method is called with the class as one argument too many.

    ## Example
    ```python
    class Config:
        @classmethod
        @property
        def name(cls):
            return cls.__name__
    ```

    ## Use instead
    ```python
    class ClassProperty:
        def __init__(self, function):
            self.function = function

        def __get__(self, instance, owner):
            return self.function(owner)

    class Config:
        @ClassProperty
        def name(cls):
            return cls.__name__
    ```

    ## Fix safety
    There is no fix yet: it takes a descriptor of your own, or a property of the metaclass.

    ## References
    - [What's New in Python 3.13: builtins](https://docs.python.org/3/whatsnew/3.13.html#builtins)
    - [classmethod](https://docs.python.org/3/library/functions.html#classmethod)
    """

    code, name = "CHG203", "classmethod-wraps-descriptor"
    level, impact, confidence = Level.WARNING, Impact.CHANGES, Confidence.HIGH
    since = "3.13"
    words = (Words("classmethod", outline=_may_wrap),)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        for outer, inner in zip(node.decorators, node.decorators[1:], strict=False):
            if self._is_classmethod(outer.decorator):
                self._check(outer, inner.decorator)

    def visit_Call(self, node: cst.Call) -> None:
        wrapped = node.args[0].value if len(node.args) == 1 else None
        if isinstance(wrapped, cst.Call) and self._is_classmethod(node.func):
            self._check(node, wrapped.func)

    def _is_classmethod(self, node: cst.BaseExpression) -> bool:
        return "builtins.classmethod" in self.context.resolve(node)

    def _check(self, place: cst.CSTNode, inner: cst.BaseExpression) -> None:
        names = self.context.resolve(inner)
        if names & _PROPERTIES:
            self.report(
                place,
                "Since Python 3.13 a classmethod around a property gives a bound method; before, it gave the property's"
                " value.",
                help="Use a descriptor of your own, or a property of the metaclass.",
                symbol="classmethod property",
            )
        elif _STATIC in names:
            self.report(
                place,
                "Since Python 3.13 a classmethod around a staticmethod calls it with the class; before, it did not.",
                help="Remove one of the two.",
                symbol="classmethod property",
            )
        elif "functools.singledispatchmethod" in names:
            self.report(
                place,
                "Since Python 3.13 a classmethod around a singledispatchmethod raises TypeError when it is called;"
                " before, it chose a function.",
                help="Put singledispatchmethod above classmethod.",
                symbol="classmethod property",
                level=Level.ERROR,
                impact=Impact.BREAKS,
            )
        elif self._is_descriptor(inner):
            self.report(
                place,
                "Since Python 3.13 a classmethod around a descriptor gives a bound method; before, it gave what"
                " `__get__` does.",
                help="Let the descriptor itself use the class, and remove classmethod.",
                symbol="classmethod property",
            )

    def _is_descriptor(self, inner: cst.BaseExpression) -> bool:
        owner = self.context.definition(inner)
        return isinstance(owner, cst.ClassDef) and any(
            isinstance(one, cst.FunctionDef) and one.name.value == "__get__" for one in owner.body.body
        )
