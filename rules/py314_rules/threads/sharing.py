"""What the rules about shared state have in common: which uses of a variable race."""

from __future__ import annotations

import re

from py314_check.api import Context, Function, InThreads, cst

RESIZES = {
    *("[]=", "del", "add", "append", "appendleft", "clear", "difference_update", "discard", "extend", "extendleft"),
    *("insert", "intersection_update", "move_to_end", "pop", "popitem", "popleft", "remove", "setdefault", "update"),
    "symmetric_difference_update",
}
"""The changes after which an iterator over a dictionary, a set or a deque raises RuntimeError."""
_RESOURCE = re.compile(
    r"(?i)thread|popen|executor|pool$|socket|connect(?:ion)?$|client$|session$|engine$|server$|mkdtemp|mkstemp"
    r"|tempor|^open$|_open$|(?<![bc])lock$|semaphore$|condition$|contextvar$|(?-i:Queue$|^Timer$|^Monitor$|^Observer$|Scheduler$)"
)


def races(context: Context, node: cst.CSTNode) -> bool:
    """Whether several threads may run a node at a time, and are likely to."""
    return not context.is_serialised(node) and not is_unlikely(context, node)


def is_unlikely(context: Context, node: cst.CSTNode) -> bool:
    """Whether a node runs once, when something is set up or taken down, or in what one thread runs: an event loop, or a
    file that is written for one.
    """
    return context.runs_seldom(node) or context.is_cooperative or context.runs_in_loop(node)


def is_resource(context: Context, value: cst.BaseExpression) -> bool:
    """Whether an expression makes something of which there must not be two: a thread, a connection, a lock, a file."""
    value = context.value(value)
    if not isinstance(value, cst.Call):
        return False
    if any(name.startswith("multiprocessing.") for name in context.resolve(value.func)):
        return True
    return _RESOURCE.search(_called(context, value)) is not None


def is_stateful(context: Context, value: cst.BaseExpression) -> bool:
    """Whether an expression makes an object that keeps what its users put there, of a class of the file."""
    value = context.value(value)
    if not isinstance(value, cst.Call):
        return False
    made = context.definition(value.func)
    if not isinstance(made, cst.ClassDef):
        return any(name.startswith("weakref.Weak") for name in context.resolve(value.func))
    methods = [one for one in context.below(made) if isinstance(one, cst.FunctionDef) and one.name.value != "__init__"]
    return any(_changes_self(context, one) for method in methods for one in context.below(method.body))


def _changes_self(context: Context, node: cst.CSTNode) -> bool:
    """Whether a node gives ``self`` an attribute, or changes a container that it has."""
    if isinstance(node, cst.AssignTarget):
        target = node.target.value if isinstance(node.target, cst.Subscript) else node.target
        return context.dotted(target).startswith("self.")
    if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute):
        return False
    return node.func.attr.value in RESIZES and context.dotted(node.func.value).startswith("self.")


def through_instance(context: Context, node: cst.BaseExpression) -> bool:
    """Whether a class's variable is used as ``self.name`` where nothing shows threads: objects of such classes are
    mostly each one thread's own, if there are several at all.
    """
    return isinstance(node, cst.Attribute) and context.dotted(node.value) == "self" and not context.handles_threads


def _called(context: Context, call: cst.Call) -> str:
    return call.func.attr.value if isinstance(call.func, cst.Attribute) else context.dotted(call.func)


def function_name(context: Context, node: cst.CSTNode) -> str:
    """The name of the function around a node, as it is called."""
    function = context.enclosing(node, cst.FunctionDef)
    return "a lambda" if function is None else f"`{function.name.value}`"


def is_shared(context: Context, use: InThreads, owner: Function | None) -> bool:
    """Whether several threads have a variable: one of the module, or of one call of the function that owns it."""
    if owner is None:
        return use.many
    inside = [start for start in use.starts if any(one is owner for one in context.ancestors(start.node))]
    return len(inside) > 1 or any(start.many for start in inside)
