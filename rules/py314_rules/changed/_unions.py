"""Code that tells unions apart in more than one way."""

from __future__ import annotations

from py314_check.api import Context, cst


def knows_more(context: Context, node: cst.CSTNode) -> bool:
    """Whether the function around a node also knows unions as they are on Python 3.14: by class, origin or text."""
    function = context.enclosing(node, cst.FunctionDef)
    for one in context.below(function.body) if function is not None else ():
        if isinstance(one, cst.Name) and ("UnionType" in one.value or one.value == "get_origin"):
            return True
        if isinstance(one, cst.SimpleString) and (context.string(one) or "").strip() == "|":
            return True
    return False
