"""DPR005 throw-with-three-arguments."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from py314_check.api import Confidence, Impact, Level, Outline, Rule, Words, cst, once
from py314_rules.called import may_be

_GENERATORS = {"types.GeneratorType", "types.CoroutineType", "types.AsyncGeneratorType"}


@once
def _throws_several(outline: Outline) -> bool:
    """Whether something is called that is named so, with several arguments."""
    calls = (one for one in outline.of(ast.Call) if may_be(one.func, ("throw", "athrow")))
    return any(
        len(one.args) > 1 or one.keywords or any(isinstance(arg, ast.Starred) for arg in one.args) for one in calls
    )


class ThrowWithThreeArguments(Rule):
    """An exception thrown into a generator as type, value and traceback.

    ## What it does
    Reports `throw` and `athrow` with two or three arguments, or with `*sys.exc_info()`, on what is certainly a
    generator, an asynchronous generator or a coroutine.

    Not reported: `throw` of what may be something else, such as a greenlet, which takes three arguments for good.

    ## Why it matters
    Since Python 3.12 it is deprecated, and a future version may take the exception alone.

    ## Example
    ```python
    def numbers():
        yield 1


    generator = numbers()
    generator.throw(ValueError, ValueError("x"), None)
    ```

    ## Use instead
    ```python
    def numbers():
        yield 1


    generator = numbers()
    generator.throw(ValueError("x"))
    ```

    ## Fix safety
    There is no fix yet: a traceback has to be moved to `exception.with_traceback(...)`.

    ## References
    - [generator.throw](https://docs.python.org/3/reference/expressions.html#generator.throw)
    - [What's New in Python 3.12: deprecated](https://docs.python.org/3/whatsnew/3.12.html#deprecated)
    """

    code, name = "DPR005", "throw-with-three-arguments"
    level, impact, confidence = Level.NOTE, Impact.WARNS, Confidence.HIGH
    since = "3.12"
    words = tuple(
        Words(method, maker, outline=_throws_several)
        for method in ("throw", "athrow")
        for maker in ("yield", "async", "await", "Generator", "AsyncGenerator", "Coroutine", "coroutine", "asyncio")
    )

    def visit_Call(self, node: cst.Call) -> None:
        if not isinstance(node.func, cst.Attribute) or node.func.attr.value not in ("throw", "athrow"):
            return
        if not self._are_several(node.args):
            return
        if any(name.rpartition(".")[0] in _GENERATORS for name in self.context.member(node.func).names):
            self.report(
                node.func.attr,
                f"Since Python 3.12 `{node.func.attr.value}` with a type, a value and a traceback is deprecated.",
                help="Pass the exception alone.",
                symbol=f"generator.{node.func.attr.value}",
            )

    def _are_several(self, arguments: Sequence[cst.Arg]) -> bool:
        if len(arguments) == 1 and arguments[0].star == "*":
            call = self.context.value(arguments[0].value)
            return isinstance(call, cst.Call) and "sys.exc_info" in self.context.resolve(call.func)
        return len(arguments) in (2, 3) and not any(arg.star or arg.keyword for arg in arguments)
