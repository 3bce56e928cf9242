"""JIT001 unguarded-jit-module."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, Mentions, Rule, Words, cst
from py314_rules.patching import patched_attribute

_NAME = "sys._jit"


class UnguardedJitModule(Rule):
    """A use of `sys._jit`, which Python has since 3.14, without a test for it.

    ## What it does
    Reports `sys._jit` where the code does not ask whether it is there: no test of the version or of `hasattr`, no
    `getattr` with a default, no handler of the exception. Nothing is reported in projects whose `requires-python`
    admits no Python before 3.14.

    ## Why it matters
    Before Python 3.14, and on implementations other than CPython, this raises `AttributeError`. On 3.14 the functions
    are there in every build, with a JIT or without: `sys._jit.is_available()` says which.

    ## Example
    ```python
    import sys

    jit = sys._jit.is_enabled()
    ```

    ## Use instead
    ```python
    import sys

    jit = hasattr(sys, "_jit") and sys._jit.is_enabled()
    ```

    ## Fix safety
    There is no fix.

    ## References
    - [sys._jit](https://docs.python.org/3/library/sys.html#sys._jit)
    """

    code, name = "JIT001", "unguarded-jit-module"
    level, impact, confidence = Level.NOTE, Impact.BREAKS, Confidence.HIGH
    words = (Words("_jit", "sys", outline=Mentions("sys", "_jit")),)

    def visit_Attribute(self, node: cst.Attribute) -> None:
        if node.attr.value == "_jit" and _NAME in self.context.resolve(node):
            self._missed(node, "AttributeError")

    def visit_ImportFrom(self, node: cst.ImportFrom | cst.LazyImportFrom) -> None:
        if node.relative or self.context.dotted(node.module) != "sys" or isinstance(node.names, cst.ImportStar):
            return
        for alias in node.names:
            if self.context.dotted(alias.name) == "_jit":
                self._missed(alias.name, "ImportError")

    visit_LazyImportFrom = visit_ImportFrom

    def visit_Call(self, node: cst.Call) -> None:
        owner, attribute = patched_attribute(self.context, node)
        if attribute is not None and attribute.value == "_jit" and "sys" in self.context.resolve(owner):
            self._missed(attribute.node, "AttributeError")

    def _missed(self, node: cst.CSTNode, raises: str) -> None:
        self.report(
            node,
            f"`{_NAME}` raises {raises} before Python 3.14, and on other implementations.",
            help='Ask `hasattr(sys, "_jit")` first.',
            symbol=_NAME,
            raises=raises,
            module="sys",
            added_in="3.14",
        )
