"""RMV004 removed-visitor-method."""

from __future__ import annotations

from py314_check.api import Confidence, Context, Impact, Level, Rule, Words, cst

_OLD = frozenset(f"visit_{node}" for node in ("Num", "Str", "Bytes", "NameConstant", "Ellipsis"))
_COPING = frozenset({"visit_Constant", "visit"})


class RemovedVisitorMethod(Rule):
    """A visitor method for a node that `ast` no longer dispatches: it is silently never called.

    ## What it does
    Reports `visit_Num`, `visit_Str`, `visit_Bytes`, `visit_NameConstant` and `visit_Ellipsis` in subclasses of
    `ast.NodeVisitor` and `ast.NodeTransformer`, direct or through classes of the same file.

    Not reported: classes that also have `visit_Constant` (they cope), that dispatch by a `visit` of their own, or that
    call the method themselves.

    ## Why it matters
    Up to Python 3.13 `NodeVisitor.visit_Constant` called these methods. Python 3.14 took it away: constants go to
    `generic_visit`, and the method never runs. Nothing fails; the result is wrong.

    ## Example
    ```python
    import ast


    class Strings(ast.NodeVisitor):
        def visit_Str(self, node):
            print(node.lineno)
    ```

    ## Use instead
    ```python
    import ast


    class Strings(ast.NodeVisitor):
        def visit_Constant(self, node):
            if isinstance(node.value, str):
                print(node.lineno)
    ```

    ## Fix safety
    There is no fix: how the methods become one is for the author to say.

    ## References
    - [Python 3.14: removed from ast](https://docs.python.org/3/whatsnew/3.14.html#ast)
    """

    code, name = "RMV004", "removed-visitor-method"
    level, impact, confidence = Level.WARNING, Impact.CHANGES, Confidence.HIGH
    since = "3.14"
    words = tuple(map(Words, sorted(_OLD)))

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._defined: list[tuple[cst.ClassDef, cst.Name]] = []
        self._used: set[str] = set()

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._define(node.name)

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        if isinstance(node.target, cst.Name):
            self._define(node.target)

    def visit_Attribute(self, node: cst.Attribute) -> None:
        self._used.add(node.attr.value)

    def leave_Module(self, node: cst.Module) -> None:
        for owner, name in self._defined:
            if name.value not in _OLD or name.value in self._used or self._copes(owner):
                continue
            if "ast.NodeVisitor" in self.context.bases(owner):
                self._say(name)

    def _define(self, name: cst.Name) -> None:
        if name.value in _OLD or name.value in _COPING:
            owner = self.context.enclosing(name, cst.ClassDef, cst.FunctionDef)
            if isinstance(owner, cst.FunctionDef) and owner.name is name:
                owner = self.context.enclosing(owner, cst.ClassDef, cst.FunctionDef)
            if isinstance(owner, cst.ClassDef):
                self._defined.append((owner, name))

    def _copes(self, owner: cst.ClassDef) -> bool:
        """Whether a class, or a base of it in this file, takes constants or dispatches by itself."""
        if any(other is owner and name.value in _COPING for other, name in self._defined):
            return True
        bases = (self.context.definition(base.value) for base in owner.bases)
        return any(isinstance(base, cst.ClassDef) and base is not owner and self._copes(base) for base in bases)

    def _say(self, name: cst.Name) -> None:
        self.report(
            name,
            f"Since Python 3.14 `{name.value}` is never called, all constants go to `visit_Constant`; before, it was.",
            help="Define visit_Constant and test the type of node.value.",
            symbol=f"ast.NodeVisitor.{name.value}",
            removed_in="3.14",
            module="ast",
        )
