"""GIL221 unguarded-is-gil-enabled."""

from __future__ import annotations

from pathlib import PurePosixPath

from py314_check.api import Confidence, Impact, Level, Mentions, Rule, Words, cst

_LAST = "_is_gil_enabled"
_NAME = f"sys.{_LAST}"
_SINCE = "3.13"


class UnguardedIsGilEnabled(Rule):
    """`sys._is_gil_enabled()` where it may be missing, comes too early, or answers another question.

    ## What it does
    Reports calls of `sys._is_gil_enabled`

    * that run on Pythons that do not have it, where `requires-python` admits such;
    * in a `setup.py`, where they decide what to build;
    * whose answer a variable of the module keeps (with low confidence: it may be meant so).

    ## Why it matters
    The function is there since Python 3.13, and on CPython alone. It tells whether the GIL is on *now*: it may be
    turned on in a free-threaded build by `PYTHON_GIL=1`, and later by any import of an extension module that does not
    declare that it needs none. So it says nothing about the build, and what it said at import may be wrong soon after.

    ## Example
    ```python
    import sys

    HAS_GIL = sys._is_gil_enabled()
    ```

    ## Use instead
    ```python
    import sys

    def has_gil():
        return getattr(sys, "_is_gil_enabled", lambda: True)()
    ```

    ## Fix safety
    There is no fix yet.

    ## References
    - [sys._is_gil_enabled](https://docs.python.org/3/library/sys.html#sys._is_gil_enabled)
    - [Python support for free threading: the GIL in free-threaded Python](https://docs.python.org/3/howto/free-threading-python.html#the-global-interpreter-lock-in-free-threaded-python)
    """

    code, name = "GIL221", "unguarded-is-gil-enabled"
    level, impact, confidence = Level.NOTE, Impact.BREAKS, Confidence.HIGH
    in_tests = False
    words = (Words("sys", "_is_gil_enabled", outline=Mentions("sys", "_is_gil_enabled")),)

    def visit_Call(self, node: cst.Call) -> None:
        if _NAME not in self.context.resolve(node.func):
            return
        if PurePosixPath(self.context.path).name == "setup.py":
            self.report(
                node,
                f"`{_NAME}` tells whether the GIL is on in this process, not whether the build is free-threaded.",
                help='To decide what to build, use sysconfig.get_config_var("Py_GIL_DISABLED").',
                symbol=_NAME,
                level=Level.WARNING,
                impact=Impact.CHANGES,
                free_threading=True,
            )
        elif self._is_kept(node):
            self.report(
                node,
                f"`{_NAME}` is asked once, at import: an extension module that is imported later may turn the GIL on.",
                help="Ask when the answer is needed.",
                symbol=_NAME,
                level=Level.WARNING,
                impact=Impact.CHANGES,
                confidence=Confidence.LOW,
                free_threading=True,
            )
        if isinstance(node.func, cst.Attribute):
            self._report_missing(node.func, "AttributeError")

    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:
        if self.context.dotted(node.module) == "sys" and not isinstance(node.names, cst.ImportStar):
            for alias in node.names:
                if self.context.dotted(alias.name) == _LAST:
                    self._report_missing(alias.name, "ImportError")

    def _report_missing(self, node: cst.CSTNode, raises: str) -> None:
        self.report(
            node,
            f"`{_NAME}` is missing before Python 3.13, and outside CPython{self.context.fails_when(node)}.",
            help=f'Use getattr(sys, "{_LAST}", lambda: True)().',
            symbol=_NAME,
            raises=raises,
            added_in=_SINCE,
        )

    def _is_kept(self, call: cst.Call) -> bool:
        """Whether a variable of the module keeps the answer."""
        if self.context.runs_later(call) or self.context.is_script_body(call):
            return False
        return any(isinstance(one, (cst.Assign, cst.AnnAssign)) for one in self.context.ancestors(call))
