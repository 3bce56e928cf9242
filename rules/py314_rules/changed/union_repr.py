"""CHG211 union-repr."""

from __future__ import annotations

import ast
import re

from py314_check.api import Confidence, Context, Impact, Level, Outline, Rule, Words, cst, once
from py314_rules.called import may_be, other_names
from py314_rules.changed._unions import knows_more, may_be_union

_UNIONS = {"typing.Union", "typing.Optional"}
_TO_TEXT = {"builtins.str", "builtins.repr", "builtins.ascii", "builtins.format", "builtins.print"}
_OLD_TEXT = re.compile(r"typing\.(?:Union|Optional)\[|typing\.Union$")
_OLD_PART = re.compile(r"typing\.(?:Union|Optional)(?:\[|$)")
_ASSERTS = {"assertEqual", "assertEquals", "assertNotEqual", "assertIn", "assertNotIn"}
_TEXT_METHODS = {"startswith", "replace", "split", "partition", "removeprefix", "find", "index", "count", "__eq__"}


@once
def _may_become_text(outline: Outline) -> bool:
    """Whether a union may be made a text, or given to a function of the file."""
    values = [one.value for one in outline.of(ast.FormattedValue)]
    values += [one.right for one in outline.of(ast.BinOp) if isinstance(one.op, ast.Mod)]
    functions = {one.name for one in outline.of(ast.FunctionDef, ast.AsyncFunctionDef)}
    takers = other_names(outline, *(name.removeprefix("builtins.") for name in _TO_TEXT), *functions)
    values += [given for one in outline.of(ast.Call) if may_be(one.func, takers) for given in one.args]
    return may_be_union(outline, *values)


def _may_compare_text(outline: Outline) -> bool:
    """Whether the text of a union, as it was, stands in the file."""
    return any(text.startswith(("typing.Union", "typing.Optional")) for text in outline.strings)


class UnionRepr(Rule):
    """The text of a `typing.Union`, which has changed.

    ## What it does
    Reports `str`, `repr`, `print` and f-strings of `Union[...]` and `Optional[...]`, also through a function of the
    same file that is called with one, and comparisons of such text with `"typing.Union[..."` or
    `"typing.Optional[..."`, also by `assertEqual`.

    Not reported: functions that look for the new text, `UnionType` or the origin as well.

    ## Why it matters
    Since Python 3.14 the text is `int | str` and `int | None`. Before, it was `typing.Union[int, str]` and
    `typing.Optional[int]`.

    ## Example
    ```python
    from typing import Union

    print(str(Union[int, str]).startswith("typing.Union["))
    ```

    ## Use instead
    ```python
    from typing import Union, get_origin

    print(get_origin(Union[int, str]) is Union)
    ```

    ## Fix safety
    There is no fix yet: the new text may be just as good.

    ## References
    - [What's New in Python 3.14: typing](https://docs.python.org/3/whatsnew/3.14.html#typing)
    - [typing.Union](https://docs.python.org/3/library/typing.html#typing.Union)
    """

    code, name = "CHG211", "union-repr"
    level, impact, confidence = Level.WARNING, Impact.CHANGES, Confidence.HIGH
    since = "3.14"
    words = (
        Words("Union", outline=_may_become_text),
        Words("Optional", outline=_may_become_text),
        Words("typing", "Union", outline=_may_compare_text),
        Words("typing", "Optional", outline=_may_compare_text),
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._told: set[cst.CSTNode] = set()  # the functions in which, or with a call of which, it has been reported
        self._calls: list[tuple[cst.FunctionDef, cst.BaseExpression]] = []

    def visit_Call(self, node: cst.Call) -> None:
        if isinstance(node.func, cst.Attribute) and node.func.attr.value in _ASSERTS and len(node.args) > 1:
            self._compare(
                [one.value for one in node.args[:2]], _OLD_PART if "In" in node.func.attr.value else _OLD_TEXT
            )
            return
        if isinstance(node.func, cst.Attribute) and node.func.attr.value in _TEXT_METHODS and node.args:
            self._compare([node.func.value, node.args[0].value], _OLD_PART)
            return
        values = [argument.value for argument in node.args if argument.keyword is None and not argument.star]
        unions = [value for value in values if self._is_union(value)]
        if not unions:
            return
        called = self.context.definition(node.func)
        if self.context.resolve(node.func) & _TO_TEXT:
            self._report(unions[0])
        elif isinstance(called, cst.FunctionDef):
            names = [one.name.value for one in called.params.params]
            for value, parameter in zip(values, names, strict=False):
                if value in unions and self._becomes_text(called, parameter):
                    self._calls.append((called, value))
                    return

    def visit_FormattedStringExpression(self, node: cst.FormattedStringExpression) -> None:
        if self._is_union(node.expression):
            self._report(node.expression)

    def visit_BinaryOperation(self, node: cst.BinaryOperation) -> None:
        if isinstance(node.operator, cst.Modulo) and self.context.string(node.left) is not None:
            right = [one.value for one in node.right.elements] if isinstance(node.right, cst.Tuple) else [node.right]
            for value in right:
                if self._is_union(value):
                    self._report(value)

    def visit_Comparison(self, node: cst.Comparison) -> None:
        has_part = isinstance(node.comparisons[0].operator, (cst.In, cst.NotIn))
        self._compare([node.left, *(one.comparator for one in node.comparisons)], _OLD_PART if has_part else _OLD_TEXT)

    def leave_Module(self, node: cst.Module) -> None:
        for called, value in self._calls:
            if called not in self._told:
                self._told.add(called)
                self._report(value)

    def _compare(self, sides: list[cst.BaseExpression], old: re.Pattern[str]) -> None:
        for side in sides:
            if old.match(self.context.string(side) or "") and any(self._is_text_of_type(other) for other in sides):
                function = self.context.enclosing(side, cst.FunctionDef)
                if function is not None:
                    self._told.add(function)
                self._report(side, copes=knows_more(self.context, side))
                return

    def _report(self, node: cst.BaseExpression, *, copes: bool = False) -> None:
        self.report(
            node,
            "Since Python 3.14 the text of a union is `int | str` and `int | None`; before, it was"
            " `typing.Union[int, str]` and `typing.Optional[int]`.",
            help="Use typing.get_origin and typing.get_args, not the text.",
            symbol="Union repr",
            module="typing",
            copes=copes,
        )

    def _is_union(self, node: cst.BaseExpression) -> bool:
        """Whether it is ``Union[...]`` or ``Optional[...]``, or a generic type with one in it."""
        made = self.context.value(node)
        if not isinstance(made, cst.Subscript):
            return False
        items = [one.slice.value for one in made.slice if isinstance(one.slice, cst.Index)]
        names = self.context.resolve(made.value)
        if names & _UNIONS:
            return "typing.Optional" in names or len(items) > 1
        return any(name.startswith("typing.") for name in names) and any(self._is_union(item) for item in items)

    def _becomes_text(self, function: cst.FunctionDef, parameter: str) -> bool:
        for node in self.context.below(function.body):
            if isinstance(node, cst.Call) and node.args and self.context.resolve(node.func) & _TO_TEXT:
                if self.context.dotted(node.args[0].value) == parameter:
                    return True
            elif isinstance(node, cst.FormattedStringExpression) and self.context.dotted(node.expression) == parameter:
                return True
        return False

    def _is_text_of_type(self, node: cst.BaseExpression) -> bool:
        """Whether it is made by ``str`` or ``repr``, perhaps with methods of strings behind."""
        made = self.context.value(node)
        if not isinstance(made, cst.Call):
            return False
        if self.context.resolve(made.func) & {"builtins.str", "builtins.repr"}:
            return True
        return isinstance(made.func, cst.Attribute) and self._is_text_of_type(made.func.value)
