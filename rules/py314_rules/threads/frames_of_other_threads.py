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
        self._reads: list[cst.Attribute] = []
        self._homes: set[Function | None] = set()
        self._calls: list[cst.Call] = []

    def visit_Attribute(self, node: cst.Attribute) -> None:
        if node.attr.value == "f_locals":
            self._reads.append(node)

    def visit_Call(self, node: cst.Call) -> None:
        self._calls.append(node)
        if "sys._current_frames" in self.context.resolve(node.func):
            self._homes.add(self.context.home(node))

    def leave_Module(self, node: cst.Module) -> None:
        given = {
            self.context.definition(call.func)
            for call in self._calls
            if self.context.home(call) in self._homes
            and any("frame" in self.context.dotted(argument.value) for argument in call.args)
        }
        for read in self._reads:
            home = self.context.home(read)
            if home in self._homes or (home is not None and home in given):
                self.report(
                    read,
                    "`f_locals` of a frame that runs in another thread may crash on a free-threaded build.",
                    help="Read the variables in the thread that they belong to, or only its traceback.",
                    symbol="sys._current_frames",
                )
