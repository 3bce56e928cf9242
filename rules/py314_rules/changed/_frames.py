"""Whose frame an expression is: only that of a function has lost the dict that `f_locals` was."""

from __future__ import annotations

from collections import defaultdict

from py314_check.api import Context, cst
from py314_rules.instances import is_instance

_OWN = {"sys._getframe", "inspect.currentframe"}
_FRAME = "types.FrameType"


class Frames:
    """Fed with every call of a file; asked when all have been seen."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._calls: defaultdict[cst.CSTNode, list[cst.Call]] = defaultdict(list)

    def see(self, node: cst.Call) -> None:
        called = self._context.definition(node.func)
        if called is not None:
            self._calls[called].append(node)

    def locals_of(self, node: cst.BaseExpression) -> cst.BaseExpression | None:
        """The frame of which an expression is the ``f_locals``; None where it is something else, or may well be."""
        made = self._context.value(node)
        if not isinstance(made, cst.Attribute) or made.attr.value != "f_locals":
            return None
        types = self._context.types(made.value)
        if types:
            return made.value if _FRAME in types else None
        return None if is_instance(self._context, made.value) else made.value

    def is_of_function(self, frame: cst.BaseExpression) -> bool | None:
        """True for the frame of what is certainly a function, False for that of a module or class, else None."""
        made = self._context.value(frame)
        up = 0
        if isinstance(made, cst.Attribute) and made.attr.value == "f_back":
            up, made = 1, self._context.value(made.value)
        found = self._depth(made)
        if found is None or found[1] + up > 1:
            return None
        call, depth = found
        function = self._context.enclosing(call, cst.FunctionDef, cst.Lambda, cst.ClassDef)
        if depth + up == 0:
            return self._is_function(function)
        callers = self._calls[function] if function is not None and self._is_function(function) else []
        homes = {
            self._is_function(self._context.enclosing(one, cst.FunctionDef, cst.Lambda, cst.ClassDef))
            for one in callers
        }
        return homes.pop() if len(homes) == 1 else None

    def _depth(self, made: cst.BaseExpression) -> tuple[cst.Call, int] | None:
        """The call that looks a frame up, and how far above that call the frame is."""
        if isinstance(made, cst.Call) and self._context.resolve(made.func) & _OWN:
            depth = self._context.argument(made, 0, "depth")
            return _counted(made, depth) if made.args else (made, 0)
        by_name = isinstance(made, cst.Attribute) and made.attr.value == "frame"  # inspect.stack()[1].frame
        by_place = isinstance(made, cst.Subscript) and _index(made) == 0  # inspect.stack()[1][0]
        if isinstance(made, (cst.Attribute, cst.Subscript)) and (by_name or by_place):
            made = self._context.value(made.value)
        if not isinstance(made, cst.Subscript):
            return None
        stack, index = self._context.value(made.value), _index(made)
        if index is None or not isinstance(stack, cst.Call) or "inspect.stack" not in self._context.resolve(stack.func):
            return None
        return stack, index

    def _is_function(self, node: cst.CSTNode | None) -> bool:
        return isinstance(node, (cst.FunctionDef, cst.Lambda))


def _counted(call: cst.Call, depth: cst.BaseExpression | None) -> tuple[cst.Call, int] | None:
    return (call, int(depth.evaluated_value)) if isinstance(depth, cst.Integer) else None


def _index(node: cst.Subscript) -> int | None:
    index = node.slice[0].slice
    if len(node.slice) != 1 or not isinstance(index, cst.Index) or not isinstance(index.value, cst.Integer):
        return None
    return int(index.value.evaluated_value)
