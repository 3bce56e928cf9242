"""What rules about threads ask of a function that runs in them: who shares its variables, and under which lock."""

from __future__ import annotations

import re

from py314_check.api import Context, Function, InThreads, cst

LOCKS = {
    *("threading.Lock", "threading.RLock", "threading.Condition", "threading.Semaphore"),
    *("multiprocessing.synchronize.SemLock", "multiprocessing.synchronize.Condition"),
}
_LIKE_LOCK = re.compile(r"lock|mutex|cond|sem|guard|synchron", re.IGNORECASE)


def is_shared(context: Context, use: InThreads, owner: Function | None) -> bool:
    """Whether several threads have a variable: one of the module, or of one call of the function that owns it."""
    if owner is None:
        return use.many
    inside = [start for start in use.starts if any(one is owner for one in context.ancestors(start.node))]
    return len(inside) > 1 or any(start.many for start in inside)


def is_lock_held(context: Context, node: cst.CSTNode) -> bool:
    """Whether a ``with`` or an ``acquire`` before it, or a decorator, may keep other threads out of a node.

    What is named like a lock counts, so that nothing is said of locks of classes that nobody knows.
    """
    home = context.home(node)
    child = node
    for parent in context.ancestors(node):
        if isinstance(parent, cst.With) and any(_is_like_lock(context, item.item) for item in parent.items):
            return True
        if isinstance(parent, (cst.IndentedBlock, cst.Module)):
            for statement in parent.body:
                if statement is child:
                    break
                if any(_acquires(one) for one in context.below(statement, own=True)):
                    return True
        if parent is home:
            break
        child = parent
    decorators = home.decorators if isinstance(home, cst.FunctionDef) else ()
    return any(_is_like_lock(context, one.decorator) for one in decorators)


def _is_like_lock(context: Context, node: cst.BaseExpression) -> bool:
    names = (one.value for one in context.below(node) if isinstance(one, cst.Name))
    return not context.types(node).isdisjoint(LOCKS) or any(map(_LIKE_LOCK.search, names))


def _acquires(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value == "acquire"
