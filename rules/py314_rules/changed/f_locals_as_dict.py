"""CHG210 f-locals-as-dict."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial

from py314_check.api import Confidence, Impact, Level, Rule, Words, cst
from py314_rules.call_words import Given, may_call
from py314_rules.word_tests import names_given

_FAILS = {
    **dict.fromkeys(("copy.copy", "copy.deepcopy", "pickle.dumps", "json.dumps", "marshal.dumps"), (0, "obj")),
    **dict.fromkeys(("pickle.dump", "json.dump", "marshal.dump"), (0, "obj")),
    **dict.fromkeys(("builtins.eval", "builtins.exec"), (1, "globals")),
    "builtins.type": (2, "dict"),
}
_GONE = {"clear", "popitem"}


_TAKERS = {"isinstance": 0, **{name.rpartition(".")[2]: position for name, (position, _) in _FAILS.items()}}


def _may_need_dict(data: bytes) -> bool:
    """Whether an ``f_locals``, or a name for one, is given to a function that wants a dict, or loses a method."""
    names = names_given(data, "f_locals")

    def is_given(given: Sequence[Given], position: int = 0) -> bool:
        wanted = [*given[position : position + 1], *(one for one in given if one.keyword is not None or one.star)]
        return any(name in one.text for one in wanted for name in names)

    lost = rb"\b(?:%b)\s*\.\s*(?:%b)\b" % (b"|".join(sorted(names)), "|".join(sorted(_GONE)).encode())
    return re.search(lost, data) is not None or any(
        may_call(data, taker, partial(is_given, position=position)) for taker, position in _TAKERS.items()
    )


class FLocalsAsDict(Rule):
    """The `f_locals` of a frame, used where only a real dict will do.

    ## What it does
    Reports `isinstance(frame.f_locals, dict)`, and `f_locals` that is copied with `copy`, pickled, dumped as JSON,
    given to `eval` or `exec` as the globals, or emptied.

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
    words = (Words("f_locals", test=_may_need_dict),)

    def visit_Call(self, node: cst.Call) -> None:
        functions = self.context.resolve(node.func)
        if "builtins.isinstance" in functions and len(node.args) == 2:
            if self._is_f_locals(node.args[0].value) and self._is_dict(node.args[1].value):
                self._tell(node, "is no dict, so that this is false", "Test for collections.abc.Mapping.")
            return
        for name in sorted(functions & _FAILS.keys()):
            if self._is_f_locals(self.context.argument(node, *_FAILS[name])):
                what = name.removeprefix("builtins.")
                self._tell(
                    node, f"is no dict, so that {what} raises TypeError", "Use dict(frame.f_locals).", "TypeError"
                )
                return
        if (
            isinstance(node.func, cst.Attribute)
            and node.func.attr.value in _GONE
            and self._is_f_locals(node.func.value)
        ):
            method = node.func.attr.value
            self._tell(node, f"has no method `{method}`", "Use dict(frame.f_locals).", "AttributeError")

    def visit_Comparison(self, node: cst.Comparison) -> None:
        made, other = node.left, node.comparisons[0].comparator
        if not isinstance(made, cst.Call) or len(made.args) != 1 or not self._is_f_locals(made.args[0].value):
            return
        if "builtins.type" in self.context.resolve(made.func) and self._is_dict(other):
            self._tell(node, "is no dict, so that this is false", "Test for collections.abc.Mapping.")

    def _tell(self, node: cst.CSTNode, what: str, advice: str, raises: str | None = None) -> None:
        self.report(
            node,
            f"Since Python 3.13 the f_locals of a function's frame {what}; before, it was a dict.",
            help=advice,
            symbol="frame.f_locals",
            raises=raises,
            impact=Impact.BREAKS if raises else Impact.CHANGES,
        )

    def _is_f_locals(self, node: cst.BaseExpression | None) -> bool:
        made = self.context.value(node) if node is not None else None
        return isinstance(made, cst.Attribute) and made.attr.value == "f_locals"

    def _is_dict(self, node: cst.BaseExpression) -> bool:
        return "builtins.dict" in self.context.resolve(node)
