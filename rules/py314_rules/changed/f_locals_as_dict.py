"""CHG210 f-locals-as-dict."""

from __future__ import annotations

import ast

from py314_check.api import Confidence, Context, Impact, Level, Outline, Rule, Words, cst
from py314_rules.called import may_be, other_names
from py314_rules.changed._frames import Frames

_FAILS = {
    **dict.fromkeys(("copy.copy", "copy.deepcopy", "pickle.dumps", "json.dumps", "marshal.dumps"), (0, "obj")),
    **dict.fromkeys(("pickle.dump", "json.dump", "marshal.dump"), (0, "obj")),
    **dict.fromkeys(("builtins.eval", "builtins.exec"), (1, "globals")),
    "builtins.type": (2, "dict"),
}
_TO_JSON = {"json.dumps", "json.dump"}
_GONE = {"clear", "popitem"}
_TEST, _COPY = "Test for collections.abc.Mapping.", "Use dict(frame.f_locals)."


def _may_need_dict(outline: Outline) -> bool:
    """Whether an ``f_locals``, or a name for one, is given to a function, or loses a method."""
    names = other_names(outline, "f_locals")
    needed = [value for call in outline.of(ast.Call) for value in (*call.args, *(one.value for one in call.keywords))]
    needed += [one.value for method in _GONE for one in outline.attributes.get(method, ())]
    return any(may_be(one, names) for one in needed)


class FLocalsAsDict(Rule):
    """The `f_locals` of a frame, used where only a real dict will do.

    ## What it does
    Reports `isinstance(frame.f_locals, dict)`, and `f_locals` that is copied with `copy`, pickled, dumped as JSON,
    given to `eval` or `exec` as the globals, or emptied.

    Not reported: the frame of a module or class, as `sys._getframe()` gives outside of functions.

    ## Why it matters
    Since Python 3.13 the `f_locals` of a function's frame is a proxy that writes through to the variables, and no dict:
    the test is false and the calls raise `TypeError`. The frames of modules and classes still have a dict.

    ## Example
    ```python
    import json
    import sys

    def save():
        frame = sys._getframe(1)
        return json.dumps(frame.f_locals)
    ```

    ## Use instead
    ```python
    import json
    import sys

    def save():
        frame = sys._getframe(1)
        return json.dumps(dict(frame.f_locals))
    ```

    ## Fix safety
    There is no fix yet: in a copy the variables do not change.

    ## References
    - [PEP 667](https://peps.python.org/pep-0667/)
    - [frame.f_locals](https://docs.python.org/3/reference/datamodel.html#frame.f_locals)
    """

    code, name = "CHG210", "f-locals-as-dict"
    level, impact, confidence = Level.WARNING, Impact.BREAKS, Confidence.MEDIUM
    since = "3.13"
    words = (Words("f_locals", outline=_may_need_dict),)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._frames = Frames(context)
        self._found: list[tuple[cst.CSTNode, cst.BaseExpression, str, str, str | None]] = []

    def visit_Call(self, node: cst.Call) -> None:
        self._frames.see(node)
        functions = self.context.resolve(node.func)
        if "builtins.isinstance" in functions and len(node.args) == 2:
            if self._is_dict(node.args[1].value):
                self._check(node, node.args[0].value, "is no dict, so that this is false", _TEST)
            return
        for name in sorted(functions & _FAILS.keys()):
            given = self.context.argument(node, *_FAILS[name])
            if given is None:
                continue
            keywords = {one.keyword.value for one in node.args if one.keyword is not None}
            if name in _TO_JSON and keywords & {"default", "cls"}:
                self._check(node, given, f"is no dict, so that {name} leaves it to the encoder", _COPY)
            else:
                what = f"is no dict, so that {name.removeprefix('builtins.')} raises TypeError"
                self._check(node, given, what, _COPY, "TypeError")
            return
        if isinstance(node.func, cst.Attribute) and node.func.attr.value in _GONE:
            what = f"has no method `{node.func.attr.value}`"
            self._check(node, node.func.value, what, _COPY, "AttributeError")

    def visit_Comparison(self, node: cst.Comparison) -> None:
        made, other = node.left, node.comparisons[0].comparator
        if not isinstance(made, cst.Call) or len(made.args) != 1 or not self._is_dict(other):
            return
        if "builtins.type" in self.context.resolve(made.func):
            self._check(node, made.args[0].value, "is no dict, so that this is false", _TEST)

    def leave_Module(self, node: cst.Module) -> None:
        for place, frame, what, advice, raises in self._found:
            if self._frames.is_of_function(frame) is not False:
                self.report(
                    place,
                    f"Since Python 3.13 the f_locals of a function's frame {what}; before, it was a dict.",
                    help=advice,
                    symbol="frame.f_locals",
                    raises=raises,
                    impact=Impact.BREAKS if raises else Impact.CHANGES,
                )

    def _check(
        self, place: cst.CSTNode, given: cst.BaseExpression, what: str, advice: str, raises: str | None = None
    ) -> None:
        frame = self._frames.locals_of(given)
        if frame is not None:
            self._found.append((place, frame, what, advice, raises))

    def _is_dict(self, node: cst.BaseExpression) -> bool:
        return "builtins.dict" in self.context.resolve(node)
