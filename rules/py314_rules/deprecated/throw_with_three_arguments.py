"""DPR005 throw-with-three-arguments."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from py314_check.api import Confidence, Impact, Level, Rule, Words, cst

_THROWS = re.compile(rb"throw(?<!def throw)[\s\\]*(?:#|\([^,*()]*[,*(])")
_GENERATORS = {"types.GeneratorType", "types.CoroutineType", "types.AsyncGeneratorType"}


@lru_cache(maxsize=1)  # for each pair of words
def _throws_several(data: bytes) -> bool:
    """Whether something is called that is named so, with more than a name."""
    return _THROWS.search(data) is not None


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
        Words(method, maker, test=_throws_several)
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
