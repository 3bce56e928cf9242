"""CHG416 infinite-resource-limit."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, Mentions, Rule, Words, cst

_INFINITY = "resource.RLIM_INFINITY"
_GETTERS = {"resource.getrlimit", "resource.prlimit"}
_SETTERS = {"resource.setrlimit": (1, "limits"), "resource.prlimit": (2, "limits")}


class InfiniteResourceLimit(Rule):
    """An infinite resource limit written as -1.

    ## What it does
    Reports comparisons of `resource.RLIM_INFINITY` and of a limit that `resource.getrlimit` gave (`getrlimit(...)[0]`,
    or `soft` of `soft, hard = getrlimit(...)`) with -1 or 0, and -1 among the limits given to `resource.setrlimit`.

    ## Why it matters
    Since Python 3.15 `resource.RLIM_INFINITY` is a large positive number on all systems, and so is what `getrlimit`
    gives: the comparison never holds. A negative number given to `setrlimit` is deprecated.

    ## Example
    ```python
    import resource

    soft = resource.getrlimit(resource.RLIMIT_CORE)[0]
    if soft == -1:
        print("no limit")
    ```

    ## Use instead
    ```python
    import resource

    soft = resource.getrlimit(resource.RLIMIT_CORE)[0]
    if soft == resource.RLIM_INFINITY:
        print("no limit")
    ```

    ## Fix safety
    There is no fix yet.

    ## References
    - [What's New in Python 3.15: resource](https://docs.python.org/3.15/whatsnew/3.15.html#resource)
    """

    code, name = "CHG416", "infinite-resource-limit"
    level, impact, confidence = Level.WARNING, Impact.CHANGES, Confidence.HIGH
    since = "3.15"
    words = tuple(
        Words("resource", name, outline=Mentions("resource", name))
        for name in ("getrlimit", "prlimit", "setrlimit", "RLIM_INFINITY")
    )

    def visit_Comparison(self, node: cst.Comparison) -> None:
        sides = [node.left, *(part.comparator for part in node.comparisons)]
        operators = [part.operator for part in node.comparisons]
        for operator, left, right in zip(operators, sides, sides[1:], strict=False):
            for limit, number, below in ((left, right, cst.LessThan), (right, left, cst.GreaterThan)):
                equal = isinstance(operator, (cst.Equal, cst.NotEqual)) and self._is_minus_one(number)
                negative = isinstance(operator, below) and isinstance(number, cst.Integer) and number.value == "0"
                if (equal or negative) and self._is_limit(limit):
                    self._report(node, "an infinite limit is a positive number; before, it was -1")

    def visit_Call(self, node: cst.Call) -> None:
        for name in sorted(self.context.resolve(node.func) & _SETTERS.keys()):
            given = self.context.argument(node, *_SETTERS[name])
            limits = None if given is None else self.context.value(given)
            if isinstance(limits, (cst.Tuple, cst.List)) and any(self._is_minus_one(e.value) for e in limits.elements):
                self._report(limits, "a negative limit is deprecated", Level.NOTE, Impact.WARNS)

    def _is_limit(self, node: cst.BaseExpression) -> bool:
        if _INFINITY in self.context.resolve(node):
            return True
        call, _ = self.context.element(node) or (None, 0)
        return isinstance(call, cst.Call) and bool(self.context.resolve(call.func) & _GETTERS)

    def _is_minus_one(self, node: cst.BaseExpression) -> bool:
        node = self.context.value(node)
        if not isinstance(node, cst.UnaryOperation) or not isinstance(node.operator, cst.Minus):
            return False
        return isinstance(node.expression, cst.Integer) and node.expression.value == "1"

    def _report(
        self, node: cst.CSTNode, what: str, level: Level = Level.WARNING, impact: Impact = Impact.CHANGES
    ) -> None:
        self.report(
            node,
            f"Since Python 3.15 {what}.",
            help="Use resource.RLIM_INFINITY.",
            symbol=_INFINITY,
            module="resource",
            level=level,
            impact=impact,
        )
