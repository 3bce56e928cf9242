"""What the rules about unions have in common: code that tells them apart, and what an outline says of them."""

from __future__ import annotations

import ast

from py314_check.api import Context, Outline, below, cst
from py314_rules.called import may_be, other_names
from py314_rules.values import reached


def may_be_union(outline: Outline, *nodes: ast.expr) -> bool:
    """Whether an expression may be a union, one of its parts, or `Union` itself."""
    names = other_names(outline, "Union", "Optional")
    parts = (
        part
        for one in reached(outline, *nodes)
        for part in (below(one) if isinstance(one, ast.Subscript) else [one])
        if isinstance(part, (ast.Name, ast.Attribute, ast.Call))
    )
    return any(may_be(part, names) for part in parts)


def knows_more(context: Context, node: cst.CSTNode) -> bool:
    """Whether the function around a node also knows unions as they are on Python 3.14: by class, origin or text."""
    function = context.enclosing(node, cst.FunctionDef)
    for one in context.below(function.body) if function is not None else ():
        if isinstance(one, cst.Name) and ("UnionType" in one.value or one.value == "get_origin"):
            return True
        if isinstance(one, cst.SimpleString) and (context.string(one) or "").strip() == "|":
            return True
    return False
