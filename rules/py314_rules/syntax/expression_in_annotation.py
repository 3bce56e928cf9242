"""SYN006 expression-in-annotation."""

from __future__ import annotations

import ast
import re

from py314_check.api import Confidence, Impact, Level, Outline, Rule, Words, below, cst, once

_EXPRESSIONS = (ast.NamedExpr, ast.Yield, ast.YieldFrom, ast.Await)


@once
def _may_hold_expression(outline: Outline) -> bool:
    """Whether such an expression may stand in an annotation."""
    annotations = [one.annotation for one in outline.of(ast.arg, ast.AnnAssign)]
    annotations += [one.returns for one in outline.of(ast.FunctionDef, ast.AsyncFunctionDef)]
    return any(
        isinstance(one, _EXPRESSIONS) or (isinstance(one, ast.comprehension) and one.is_async)
        for one in below(*annotations)
    )


class ExpressionInAnnotation(Rule):
    """An assignment expression, `yield` or `await` in an annotation.

    ## What it does
    Reports `:=`, `yield` and `await`, and comprehensions with `await` or `async for`, where Python 3.13 allowed them in
    an annotation and Python 3.14 does not.

    ## Why it matters
    Python 3.14 keeps annotations in a function of their own, which is called when they are asked for. What would have
    to run in the surrounding code is a `SyntaxError`: the file cannot be imported.

    ## Example
    ```python
    def scale(image, factor: (Number := float)) -> None:
        image.scale(Number(factor))
    ```

    ## Use instead
    ```python
    Number = float

    def scale(image, factor: Number) -> None:
        image.scale(Number(factor))
    ```

    ## Fix safety
    There is no fix: the expression has to move to a place where it runs at the right time.

    ## References
    - [PEP 649: deferred evaluation of annotations](https://peps.python.org/pep-0649/)
    - [Annotations in the language reference](https://docs.python.org/3/reference/executionmodel.html#annotation-scopes)
    """

    code, name = "SYN006", "expression-in-annotation"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    since = "3.14"
    compiled = True
    words = (
        *(Words(word, outline=_may_hold_expression) for word in ("yield", "await", "async")),
        Words(test=re.compile(b":=").search, outline=_may_hold_expression),
    )

    def visit_NamedExpr(self, node: cst.NamedExpr) -> None:
        annotation, _ = self._annotation(node)
        if (
            annotation is None
            or self._has_future()
            or self.context.enclosing(node, cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp) is not None
        ):
            return  # in comprehensions it is an error everywhere, or binds a name outside of the annotation
        if self._scope(annotation) != "generic":
            self._tell(node, "An assignment expression", "walrus")

    def visit_Yield(self, node: cst.Yield) -> None:
        annotation, crossed = self._annotation(node)
        if annotation is None or crossed or self._has_future():
            return
        scope = self._scope(annotation)
        if scope in ("local", "function") or (scope == "coroutine" and not isinstance(node.value, cst.From)):
            self._tell(node, "`yield`", "yield")

    def visit_Await(self, node: cst.Await) -> None:
        annotation, crossed = self._annotation(node)
        if annotation is not None and self._may_wait(annotation, crossed):
            self._tell(node, "`await`", "await")

    def visit_CompFor(self, node: cst.CompFor) -> None:
        annotation, crossed = self._annotation(node)
        if node.asynchronous is not None and annotation is not None and crossed and self._may_wait(annotation, crossed):
            self._tell(node, "An asynchronous comprehension", "await")

    def _may_wait(self, annotation: cst.Annotation, crossed: list[cst.CSTNode]) -> bool:
        """Whether Python 3.13 accepted ``await`` there: by mistake, in comprehensions that were kept as strings."""
        if not all(isinstance(one, (cst.ListComp, cst.SetComp, cst.DictComp)) for one in crossed):
            return False
        if self._has_future():
            return bool(crossed)
        return self._scope(annotation) in ("local", "coroutine")

    def _annotation(self, node: cst.CSTNode) -> tuple[cst.Annotation | None, list[cst.CSTNode]]:
        """The annotation that a node is in, and the comprehensions between them in whose scope it stands."""
        crossed: list[cst.CSTNode] = []
        child = below = node
        for parent in self.context.ancestors(node):
            if isinstance(parent, cst.Annotation):
                return parent, crossed
            if isinstance(parent, cst.BaseStatement | cst.BaseSmallStatement):
                break
            if isinstance(parent, cst.Lambda) and child is parent.body:
                break
            if isinstance(parent, (cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)):
                outside = child is parent.for_in and below is parent.for_in.iter
                crossed += [] if outside else [parent]
            child, below = parent, child
        return None, crossed

    def _scope(self, annotation: cst.Annotation) -> str:
        """Where Python 3.13 evaluated an annotation: ``local`` variables of a function were only compiled."""
        owner = next(self.context.ancestors(annotation))
        if isinstance(owner, cst.AnnAssign):
            inside = self.context.enclosing(annotation, cst.FunctionDef, cst.ClassDef)
            return "local" if isinstance(inside, cst.FunctionDef) else "module"
        function = owner if isinstance(owner, cst.FunctionDef) else None
        for parent in self.context.ancestors(annotation):
            function = function or (parent if isinstance(parent, cst.FunctionDef) else None)
        if function is None or function.type_parameters is not None:
            return "generic"
        outer = self.context.enclosing(function, cst.FunctionDef, cst.ClassDef)
        if not isinstance(outer, cst.FunctionDef):
            return "module"
        return "coroutine" if outer.asynchronous is not None else "function"

    def _has_future(self) -> bool:
        return self.context.has_future("annotations")

    def _tell(self, node: cst.CSTNode, what: str, kind: str) -> None:
        self.report(
            node,
            f"{what} in an annotation is a SyntaxError since Python 3.14; before, it was allowed here.",
            help="Move it out of the annotation, to a line before.",
            symbol=f"{kind} in annotation",
        )
