"""GIL222 frames-of-other-threads."""

from __future__ import annotations

from py314_check.api import Confidence, Context, Function, Impact, Level, Mentions, Rule, Words, cst


class FramesOfOtherThreads(Rule):
    """The local variables of another thread's frame, read while that thread runs.

    ## What it does
    Reports `f_locals` in functions that call `sys._current_frames`, and in functions of the file that these hand a
    frame to.

    ## Why it matters
    With the GIL, the other threads stand still while their frames are read. On a free-threaded build they go on:
    the documentation warns that reading `f_locals` of a frame that runs in another thread may crash the interpreter.

    ## Example
    ```python
    import sys

    for ident, frame in sys._current_frames().items():
        print(ident, frame.f_locals)
    ```

    ## Use instead
    ```python
    import faulthandler

    faulthandler.dump_traceback(all_threads=True)
    ```

    ## Fix safety
    There is no fix: there is no other way to read the variables of a running thread.

    ## References
    - [Python support for free threading: frame objects](https://docs.python.org/3/howto/free-threading-python.html#frame-objects)
    - [sys._current_frames](https://docs.python.org/3/library/sys.html#sys._current_frames)
    """

    code, name = "GIL222", "frames-of-other-threads"
    level, impact, confidence = Level.WARNING, Impact.RACES, Confidence.MEDIUM
    free_threading = True
    in_tests = False
    words = (Words("_current_frames", "f_locals", "sys", test=Mentions("sys", "_current_frames")),)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._homes: dict[Function | cst.Module, None] = {}

    def visit_Module(self, node: cst.Module) -> None:
        self._module = node

    def visit_Call(self, node: cst.Call) -> None:
        if self._gives_frames(node):
            self._homes[self.context.home(node) or self._module] = None

    def leave_Module(self, node: cst.Module) -> None:
        for home in [*self._homes]:
            names = self._derived(home)
            for call in self.context.below(home.body if isinstance(home, cst.FunctionDef) else home, own=True):
                if isinstance(call, cst.Call) and any(self._is_derived(one.value, names) for one in call.args):
                    definition = self.context.definition(call.func)
                    if isinstance(definition, cst.FunctionDef):
                        self._homes[definition] = None
