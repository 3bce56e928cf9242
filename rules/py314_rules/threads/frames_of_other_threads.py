"""GIL222 frames-of-other-threads."""

from __future__ import annotations

from py314_check.api import Confidence, Context, Function, Impact, Level, Mentions, Rule, Words, cst

_NAME = "sys._current_frames"


class FramesOfOtherThreads(Rule):
    """The local variables of another thread's frame, read while that thread runs.

    ## What it does
    Reports `f_locals` of what comes from `sys._current_frames()`, once in each function, also in functions of the file
    that are handed a frame.

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
    words = (Words("_current_frames", "f_locals", "sys", outline=Mentions("sys", "_current_frames")),)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._homes: dict[Function | cst.Module, None] = {}  # where frames of all threads are asked for, in order
        self._handed: list[cst.FunctionDef] = []

    def visit_Module(self, node: cst.Module) -> None:
        self._module = node

    def visit_Call(self, node: cst.Call) -> None:
        if self._gives_frames(node):
            self._homes[self.context.home(node) or self._module] = None

    def leave_Module(self, node: cst.Module) -> None:
        for home in self._homes:
            self._check(home if isinstance(home, cst.Module) else home.body, set())
        for function in self._handed:  # grows as it is read: they hand frames on
            self._check(function.body, {one.name.value for one in function.params.params} - {"self", "cls"})

    def _check(self, body: cst.CSTNode, names: set[str]) -> None:
        """Follows frames, and what they come in, through the variables of a function, from those that have one."""
        reads: list[cst.Attribute] = []
        for node in self.context.below(body, own=True):
            if isinstance(node, (cst.For, cst.CompFor)) and self._has_frame(node.iter, names):
                names |= self._names_in(node.target)
            elif isinstance(node, cst.Assign) and self._has_frame(node.value, names):
                names |= {name for target in node.targets for name in self._names_in(target.target)}
            elif isinstance(node, cst.Call) and any(self._has_frame(one.value, names) for one in node.args):
                called = self.context.definition(node.func)
                if isinstance(called, cst.FunctionDef) and called not in self._handed:
                    self._handed.append(called)
            elif isinstance(node, cst.Attribute) and node.attr.value == "f_locals" and self._has_frame(node, names):
                reads.append(node)
        for read in reads[:1]:
            self.report(
                read,
                "`f_locals` of a frame that runs in another thread may crash on a free-threaded build.",
                help="Read the variables in the thread that they belong to, or only its traceback.",
                symbol=_NAME,
            )

    def _has_frame(self, node: cst.CSTNode, names: set[str]) -> bool:
        return bool(self._names_in(node) & names) or any(self._gives_frames(one) for one in self.context.below(node))

    def _names_in(self, node: cst.CSTNode) -> set[str]:
        return {one.value for one in self.context.below(node) if isinstance(one, cst.Name)}

    def _gives_frames(self, node: cst.CSTNode) -> bool:
        return isinstance(node, cst.Call) and _NAME in self.context.resolve(node.func)
