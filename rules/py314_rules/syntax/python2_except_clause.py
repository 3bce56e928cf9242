"""SYN005 python2-except-clause."""

from __future__ import annotations

import builtins
import re

from py314_check.api import PIECE, Confidence, Context, Impact, Level, Rule, Words, cst

_EXCEPT = re.compile(rb"except\b(?![ \t]*(?:[\w.]+(?:[ \t]+as[ \t]+\w+)?[ \t]*)?:)")  # but for the most common clauses
_MARGIN = 200  # bytes of a line that are read before a word
_REACH = 2000  # bytes of a clause that are read; a longer one may hold anything
_BLANK = re.compile(rb"(?:^|[\r\n])[ \t\f]*\Z")
_TOKENS = re.compile(PIECE + rb"|\\(?:\r\n|.)|[\r\n,:]|[(\[{]|[)\]}]|\blambda\b", re.VERBOSE | re.DOTALL)


def _may_hold_comma(data: bytes) -> bool:
    """Whether a comma stands behind an ``except``, outside of brackets and strings."""
    return any(
        _BLANK.search(data[max(clause.start() - _MARGIN, 0) : clause.start()])
        and _has_comma(data[clause.end() : clause.end() + _REACH])
        for clause in _EXCEPT.finditer(data)
    )


def _has_comma(text: bytes) -> bool:
    depth = 0
    for token in (match[0] for match in _TOKENS.finditer(text)):
        if token in (b"(", b"[", b"{"):
            depth += 1
        elif token in (b")", b"]", b"}"):
            depth -= 1
        elif token == b"lambda":
            return True  # a colon may follow that does not end the clause
        elif depth == 0 and token in (b"\r", b"\n", b",", b":"):
            return token == b","
    return len(text) == _REACH


_TYPICAL = ("e", "ex", "exc", "err", "error", "exception")


class Python2ExceptClause(Rule):
    """An `except A, name:` clause of Python 2, which Python 3.14 compiles and understands otherwise.

    ## What it does
    Reports `except A, name:` where nothing in the file binds `name`; where a star import may, only if the name is one
    like `e` or `error` and the handler uses it. `except A, B:` with two exception classes is correct on 3.14 and not
    reported.

    ## Why it matters
    Up to Python 3.13 this is a `SyntaxError`, which everybody notices. Python 3.14 allows exception classes without
    parentheses: the file compiles, and `NameError` is raised only when an exception gets that far.

    ## Example
    ```python
    try:
        number = int("three")
    except ValueError, error:
        print(error)
    ```

    ## Use instead
    ```python
    try:
        number = int("three")
    except ValueError as error:
        print(error)
    ```

    ## Fix safety
    There is no fix yet: the file comes from Python 2, and the clause is seldom all that has to change.

    ## References
    - [PEP 758: except without parentheses](https://peps.python.org/pep-0758/)
    """

    code, name = "SYN005", "python2-except-clause"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    since = "3.14"
    words = (Words("except", test=_may_hold_comma),)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._found: list[tuple[cst.ExceptHandler, list[cst.Name]]] = []
        self._star_import = False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:
        self._star_import = self._star_import or isinstance(node.names, cst.ImportStar)

    def visit_ExceptHandler(self, node: cst.ExceptHandler) -> None:
        kinds = node.type
        if not isinstance(kinds, cst.Tuple) or kinds.lpar or len(kinds.elements) != 2:
            return
        target = kinds.elements[1].value
        parts = [element.value for element in target.elements] if isinstance(target, cst.Tuple) else [target]
        names = [part for part in parts if isinstance(part, cst.Name) and self._is_unbound(part)]
        if names and len(names) == len(parts):
            self._found.append((node, names))

    def leave_Module(self, _: cst.Module) -> None:
        for handler, names in self._found:
            if self._star_import and not _holds_exception(handler, names[0].value):
                continue
            shown = ", ".join(name.value for name in names)
            self.report(
                handler.type or handler,
                f"Since Python 3.14 `except A, {shown}` means two exception classes, and looking for `{shown}` raises"
                " NameError; before, it was a SyntaxError.",
                help=f"Write `except A as {shown}:`." if len(names) == 1 else "Write `except A as error:`.",
                symbol="except comma",
            )

    def _is_unbound(self, name: cst.Name) -> bool:
        """Whether nothing in the file binds a name; one in capitals may be a builtin of another platform."""
        unbound = f"builtins.{name.value}" in self.context.resolve(name)
        return unbound and not hasattr(builtins, name.value) and (name.value[0].islower() or len(name.value) == 1)


def _holds_exception(handler: cst.ExceptHandler, name: str) -> bool:
    """Whether a name that a star import may bind is used like the exception that was caught."""
    code = cst.Module(body=[]).code_for_node(handler.body)
    return name in _TYPICAL and re.search(rf"\b{name}\b", code) is not None
