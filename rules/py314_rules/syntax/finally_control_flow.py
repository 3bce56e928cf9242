"""SYN002 finally-control-flow."""

from __future__ import annotations

import ast

from py314_check.api import Confidence, Impact, Level, Outline, Rule, Words, below, cst, once


@once
def _may_leave(outline: Outline) -> bool:
    """Whether such a statement may stand in a ``finally`` block."""
    blocks = (one.finalbody for one in outline.of(ast.Try, getattr(ast, "TryStar", ast.Try)))
    return any(isinstance(one, (ast.Return, ast.Break, ast.Continue)) for block in blocks for one in below(*block))


class FinallyControlFlow(Rule):
    """A `return`, `break` or `continue` that leaves a `finally` block.

    ## What it does
    Reports what the compiler of Python 3.14 warns of: `return`, and `break` or `continue` of a loop outside, in a
    `finally` block. Functions defined in the block and loops inside it have a control flow of their own; like the
    compiler, the rule says nothing of a `return` in such a loop.

    ## Why it matters
    Leaving the block this way throws away an exception that is on its way, `KeyboardInterrupt` included. Python 3.14
    draws a `SyntaxWarning` when it compiles the file, which is an error under `-W error`.

    ## Example
    ```python
    def first_line(path):
        file = open(path)
        try:
            return file.readline()
        finally:
            file.close()
            return ""
    ```

    ## Use instead
    ```python
    def first_line(path):
        try:
            with open(path) as file:
                return file.readline()
        except OSError:
            return ""
    ```

    ## Fix safety
    There is no fix: moving the statement changes which exceptions get through.

    ## References
    - [PEP 765: control flow that exits a finally block](https://peps.python.org/pep-0765/)
    - [What's New in Python 3.14](https://docs.python.org/3/whatsnew/3.14.html#pep-765-control-flow-in-finally-blocks)
    """

    code, name = "SYN002", "finally-control-flow"
    level, impact, confidence = Level.WARNING, Impact.WARNS, Confidence.HIGH
    since = "3.14"
    compiled = True
    words = tuple(Words("finally", word, outline=_may_leave) for word in ("return", "break", "continue"))

    def visit_Return(self, node: cst.Return) -> None:
        self._check(node, "return")

    def visit_Break(self, node: cst.Break) -> None:
        self._check(node, "break")

    def visit_Continue(self, node: cst.Continue) -> None:
        self._check(node, "continue")

    def _check(self, node: cst.CSTNode, keyword: str) -> None:
        child = node
        for parent in self.context.ancestors(node):
            if isinstance(parent, (cst.FunctionDef, cst.Lambda, cst.ClassDef)) or (
                isinstance(parent, (cst.For, cst.While)) and child is parent.body
            ):
                return
            if isinstance(parent, cst.Finally):
                self.report(
                    node,
                    f"Since Python 3.14 `{keyword}` in a `finally` block draws a SyntaxWarning: it throws away an"
                    " exception that is on its way.",
                    help=f"Move the `{keyword}` behind the `try`, or catch the exceptions that may be ignored.",
                    symbol=f"{keyword} in finally",
                    part=(0, len(keyword)),
                )
                return
            child = parent
